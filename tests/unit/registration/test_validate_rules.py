"""Each rule with what breaks it, at its place; and documents that break none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.registration.findings import FindingId as F
from integrations.registration.findings import Severity
from integrations.registration.object_url import MrapSpelling
from integrations.registration.url_rules import Location, UrlOptions
from integrations.registration.validate import Options, validate
from integrations.reports import registration_findings as reports

S3 = "https://bucket-1.s3.eu-west-2.amazonaws.com"
GCS = "https://storage.cloud.google.com/b"
ARN = "arn:aws:s3::123456789012:accesspoint/abc.mrap"
VIDEO = {"fps": 25.0, "duration": 1.5, "width": 4, "height": 3, "file_size": 9, "mime_type": "video/mp4"}
CLEAN: dict[str, Any] = {
    "videos": [
        {"objectUrl": f"{S3}/a.mp4", "title": "A", "videoMetadata": VIDEO},
        {
            "objectUrl": f"{S3}/b.mp4",
            "clientMetadata": {"$encord": {"frames": ["0", "10"], "config": {"sampling_rate": 0}}},
        },
        {
            "objectUrl": f"{S3}/c.mp4",
            "clientMetadata": {
                "$encord": {
                    "config": {"keyframe_mode": "seconds"},
                    "frames": {"1.5": {"e": [1, 2.5]}, "2": {"e": [3, 4]}},
                }
            },
        },
        {
            "objectUrl": f"{S3}/d.mp4",
            "videoMetadata": {
                "fileSize": 9,
                "mimeType": "x",
                **dict.fromkeys(("fps", "duration", "width", "height"), 2),
            },
        },
    ],
    "audio": [{"objectUrl": f"{S3}/a.wav"}],
    "pdfs": [{"objectUrl": f"{S3}/a.pdf", "pdfMetadata": {"file_size": 3, "num_pages": 1}}],
    "text": [{"objectUrl": f"{S3}/a.html"}],
    "images": [
        {"objectUrl": f"{S3}/%C3%A9%20.png", "clientMetadata": {"a-b_c. d": {"deep": [None, "x"]}, "e": [0.5, 1]}}
    ],
    "image_groups": [{"title": "g", "createVideo": False, "objectUrl_1": f"{S3}/2.jpg", "objectUrl_0": f"{S3}/1.jpg"}],
    "dicom_series": [{"title": "d", "objectUrl_0": f"{S3}/no-extension"}],
    "nifti": [{"objectUrl": f"{GCS}/x.nii.gz"}],
    "scenes": [{"title": "s", "scene": {"any": "thing"}}],
    "skip_duplicate_urls": True,
    "upsert_metadata": True,
}


def findings(tmp_path: Path, document: Any, options: Options | None = None) -> list[tuple[F, str]]:
    path = tmp_path / "f.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return [(one.id, one.path) for one in validate([path], options).findings]


def test_a_document_of_every_kind_is_clean(tmp_path: Path):
    assert findings(tmp_path, CLEAN) == []
    assert findings(tmp_path, CLEAN, Options(fast=False)) == []


def image(**fields: Any) -> dict[str, Any]:
    return {"images": [{"objectUrl": f"{S3}/a.png", **fields}]}


def group(**fields: Any) -> dict[str, Any]:
    return {"image_groups": [{"title": "g", "createVideo": True, "objectUrl_0": f"{S3}/1.jpg", **fields}]}


def video(metadata: Any) -> dict[str, Any]:
    return {"videos": [{"objectUrl": f"{S3}/a.mp4", "clientMetadata": metadata}]}


def url(text: str) -> dict[str, Any]:
    return {"images": [{"objectUrl": text}]}


IMAGE, GROUP, VID = "$.images[0]", "$.image_groups[0]", "$.videos[0]"
BROKEN: list[tuple[Any, F, str]] = [
    ({"image": [], **image()}, F.UNKNOWN_KEY, "$.image"),
    ({"data_groups": [{}], **image()}, F.UNCHECKED_SECTION, "$.data_groups"),
    ({**image(), "skip_duplicate_urls": "yes"}, F.WRONG_TYPE, "$.skip_duplicate_urls"),
    ({**image(), "upsert_metadata": True}, F.UPSERT_WITHOUT_SKIP, "$.upsert_metadata"),
    ({"images": {}}, F.WRONG_TYPE, "$.images"),
    ({"images": []}, F.NOTHING_TO_REGISTER, "$"),
    ({"images": [5]}, F.WRONG_TYPE, IMAGE),
    ({"images": [{"title": "x"}]}, F.MISSING_FIELD, IMAGE),
    (image(titel="x"), F.UNKNOWN_KEY, f"{IMAGE}.titel"),
    (image(createVideo=True), F.UNKNOWN_KEY, f"{IMAGE}.createVideo"),
    (image(title=5), F.WRONG_TYPE, f"{IMAGE}.title"),
    (image(title=""), F.EMPTY_VALUE, f"{IMAGE}.title"),
    (image(title="x" * 301), F.TITLE_TOO_LONG, f"{IMAGE}.title"),
    (image(title="<title 1>"), F.PLACEHOLDER_VALUE, f"{IMAGE}.title"),
    (group(createVideo="x"), F.WRONG_TYPE, f"{GROUP}.createVideo"),
    ({"image_groups": [{"title": "g", "objectUrl_0": f"{S3}/1.jpg"}]}, F.CREATE_VIDEO_LEFT_OUT, GROUP),
    ({"image_groups": [{"createVideo": True, "objectUrl_0": f"{S3}/1.jpg"}]}, F.MISSING_FIELD, GROUP),
    ({"dicom_series": [{"title": "d"}]}, F.MISSING_FIELD, "$.dicom_series[0]"),
    (group(objectUrl_2=f"{S3}/2.jpg"), F.URL_NUMBERING, f"{GROUP}.objectUrl_2"),
    (group(objectUrl_1=f"{GCS}/2.jpg"), F.MIXED_CLOUDS, f"{GROUP}.objectUrl_1"),
    (group(objectUrl_1=f"{S3}/1.jpg"), F.REPEATED_URL, f"{GROUP}.objectUrl_1"),
    (url(""), F.EMPTY_VALUE, f"{IMAGE}.objectUrl"),
    (url("<object url>"), F.URL_PLACEHOLDER, f"{IMAGE}.objectUrl"),
    (url("file/path/to/x.png"), F.URL_PLACEHOLDER, f"{IMAGE}.objectUrl"),
    (url("x/y.png"), F.URL_RELATIVE, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/a b.png"), F.URL_WHITESPACE, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/a.png "), F.URL_WHITESPACE, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/1+(32).png"), F.URL_PLUS, f"{IMAGE}.objectUrl"),
    (url("s3://b/k.png"), F.URL_SCHEME, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/é.png"), F.URL_CHARACTER, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/%zz.png"), F.URL_CHARACTER, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/a#b.png"), F.URL_CHARACTER, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/"), F.URL_FORM, f"{IMAGE}.objectUrl"),
    (url("https://my-bucket/x.png"), F.URL_FORM, f"{IMAGE}.objectUrl"),
    (
        url(f"https://{ARN.replace('123456789012', '123')}.s3-accesspoint.amazonaws.com/a.png"),
        F.MRAP_FORM,
        f"{IMAGE}.objectUrl",
    ),
    (url(f"{ARN}/a.png"), F.MRAP_SPELLING, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/{'x' * 17000}.png"), F.URL_TOO_LONG, f"{IMAGE}.objectUrl"),
    (url(f"{S3}/a.mp4"), F.EXTENSION, f"{IMAGE}.objectUrl"),
    (image(imageMetadata={"width": 3}), F.MEDIA_METADATA_INCOMPLETE, f"{IMAGE}.imageMetadata"),
    (image(clientMetadata=[]), F.WRONG_TYPE, f"{IMAGE}.clientMetadata"),
    (image(clientMetadata={"$x": 1}), F.METADATA_KEY, f"{IMAGE}.clientMetadata.$x"),
    (image(clientMetadata={"keyframes": 1}), F.METADATA_KEY, f"{IMAGE}.clientMetadata.keyframes"),
    (image(clientMetadata={"": 1}), F.METADATA_KEY, f"{IMAGE}.clientMetadata."),
    (image(clientMetadata={"e": [1, None]}), F.EMBEDDING_VALUE, f"{IMAGE}.clientMetadata.e"),
    (image(clientMetadata={"e": [0.5] * 4097}), F.EMBEDDING_LENGTH, f"{IMAGE}.clientMetadata.e"),
    (image(clientMetadata={"$encord": {}}), F.ENCORD_METADATA, f"{IMAGE}.clientMetadata.$encord"),
    (video({"$encord": {"frame": []}}), F.ENCORD_METADATA, f"{VID}.clientMetadata.$encord.frame"),
    (video({"$encord": {"frames": ["x"]}}), F.ENCORD_METADATA, f"{VID}.clientMetadata.$encord.frames[0]"),
    (
        video({"$encord": {"config": {"sampling_rate": -1}}}),
        F.ENCORD_METADATA,
        f"{VID}.clientMetadata.$encord.config.sampling_rate",
    ),
    (
        video({"$encord": {"config": {"keyframe_mode": "x"}}}),
        F.ENCORD_METADATA,
        f"{VID}.clientMetadata.$encord.config.keyframe_mode",
    ),
]


@pytest.mark.parametrize(("document", "finding", "path"), BROKEN, ids=[f"{one[1]}-{n}" for n, one in enumerate(BROKEN)])
def test_what_breaks_a_rule_is_found_and_nothing_else(tmp_path: Path, document: Any, finding: F, path: str):
    assert findings(tmp_path, document) == [(finding, path)]


def test_a_media_value_is_above_zero_and_of_its_type(tmp_path: Path):
    for name, value, finding in [
        ("fps", 0, F.MEDIA_METADATA_VALUE),
        ("width", "4", F.WRONG_TYPE),
        ("width", 4.5, F.WRONG_TYPE),
        ("mime_type", "", F.MEDIA_METADATA_VALUE),
    ]:
        document = {"videos": [{"objectUrl": f"{S3}/a.mp4", "videoMetadata": {**VIDEO, name: value}}]}
        assert findings(tmp_path, document) == [(finding, f"{VID}.videoMetadata.{name}")]


def test_embeddings_of_a_name_have_one_length(tmp_path: Path):
    items = [{"objectUrl": f"{S3}/{n}.png", "clientMetadata": {"e": [0.5] * (3 + (n == 70))}} for n in range(99)]
    assert findings(tmp_path, {"images": items}) == [(F.EMBEDDING_LENGTH, "$.images[70].clientMetadata.e")]


def test_strict_client_only_needs_media_metadata(tmp_path: Path):
    strict = Options(strict_client_only=True)
    assert findings(tmp_path, image(), strict) == [(F.STRICT_CLIENT_ONLY, IMAGE)]
    full = {"mime_type": "image/png", "file_size": 3, "height": 4, "width": 4}
    many = {"images": [{"objectUrl": f"{S3}/{n}.png", "imageMetadata": full} for n in range(50)]}
    assert findings(tmp_path, many, strict) == []
    del many["images"][30]["imageMetadata"]
    assert findings(tmp_path, many, strict) == [(F.STRICT_CLIENT_ONLY, "$.images[30]")]


def test_objects_must_be_where_the_integration_reads(tmp_path: Path):
    def options(*prefixes: str) -> Options:
        return Options(UrlOptions(locations=(Location("aws", "bucket-1", "eu-west-2", prefixes=prefixes),)))

    items = {"images": [{"objectUrl": f"{S3}/raw/{n}.png"} for n in range(30)]}
    for good in (options(), options("raw/"), options("raw/", "x"), options("ra")):
        assert findings(tmp_path, items, good) == []
    items["images"][20]["objectUrl"] = f"{S3}/other/1.png"
    assert findings(tmp_path, items, options("raw/")) == [(F.URL_NOT_OF_INTEGRATION, "$.images[20].objectUrl")]
    items["images"][20]["objectUrl"] = "https://bucket-2.s3.eu-west-2.amazonaws.com/raw/1.png"
    assert findings(tmp_path, items, options("raw/")) == [(F.URL_NOT_OF_INTEGRATION, "$.images[20].objectUrl")]


def test_the_spelling_of_access_points_can_be_chosen(tmp_path: Path):
    for spelling, text in [
        (MrapSpelling.ARN, f"{ARN}/a.png"),
        (MrapSpelling.ENDPOINT, "https://abc.mrap.accesspoint.s3-global.amazonaws.com/a.png"),
    ]:
        assert findings(tmp_path, url(text), Options(UrlOptions(mrap_spelling=spelling))) == []
        assert findings(tmp_path, url(text)) == [(F.MRAP_SPELLING, f"{IMAGE}.objectUrl")]


@pytest.mark.parametrize("order", ["ascending", "mixed"])
def test_every_repeated_url_is_found_wherever_it_stands(tmp_path: Path, order: str):
    numbers = [n * 7919 % 3000 for n in range(3000)] if order == "mixed" else list(range(3000))
    urls = [f"{S3}/{n:05d}.png" for n in numbers]
    for again, first in [(2990, 5), (1500, 1499), (700, 2100)]:
        urls[again] = urls[first]
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"images": [{"objectUrl": one} for one in urls]}, indent=0))
    found = validate([path], Options(window=4096))
    assert [one.path for one in found.findings] == [f"$.images[{n}].objectUrl" for n in (1500, 2100, 2990)]
    assert {one.id for one in found.findings} == {F.REPEATED_URL}
    assert "f.json:" in found.findings[0].message


def test_where_an_object_was_named_first_is_said_to_the_character(tmp_path: Path):
    (tmp_path / "f.json").write_text(json.dumps({"images": [image()["images"][0], image()["images"][0]]}))
    (tmp_path / "f.csv").write_text(f"Image title,ObjectURL\n,{S3}/a.png\n,{S3}/a.png\n")
    first, second, third = validate([tmp_path / "f.json", tmp_path / "f.csv"]).findings
    at = f"{tmp_path / 'f.json'}:1:{(tmp_path / 'f.json').read_text().index(S3)} $.images[0].objectUrl"
    assert [one.message.partition("already, at ")[2] for one in (first, second, third)] == [at] * 3
    (tmp_path / "g.csv").write_text((tmp_path / "f.csv").read_text())
    (again,) = validate([tmp_path / "g.csv"]).findings
    assert again.message.endswith(f"{tmp_path / 'g.csv'}:2:2 ObjectURL")


def test_a_url_in_two_files_is_found_in_the_second(tmp_path: Path):
    one, two = tmp_path / "one.json", tmp_path / "two.csv"
    one.write_text(json.dumps(image()))
    two.write_text(f"ObjectURL,Image title\n{S3}/b.png,\n{S3}/a.png,x\n")
    found = validate([one, two])
    assert [(f.id, f.file, f.line) for f in found.findings] == [(F.REPEATED_URL_ACROSS_FILES, str(two), 3)]
    assert found.worst() is Severity.WARNING


def test_findings_beyond_the_limit_are_counted(tmp_path: Path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"images": [{"objectUrl": f"x/{n}.png"} for n in range(50)]}))
    found = validate([path], Options(max_findings=10))
    assert len(found.findings) == 10
    assert found.counts == {F.URL_RELATIVE: 50}


SIGNED = "X-Amz-Algorithm=AWS4&X-Amz-Signature=SECRET"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(url(f"{S3}/a b.png?{SIGNED}&X-Amz-Credential=SECRET")),
        json.dumps(url(f"{S3}/a.png?X-Amz-Credential=A IA&X-Amz-Signature=SECRET")),
        json.dumps(url(f"{S3}/a b.png#{SIGNED}")),
        json.dumps(url(f"{S3}/a b.png%3FX-Amz-Signature%3DSECRET")),
        json.dumps(url("s3://b/a.png? sig = SECRET")),
        json.dumps(url(f"{S3}/a b.png?{SIGNED}")).replace("=", "\\u003d"),
        json.dumps({"images": [{f"{S3}/a.png?{SIGNED}": {"deep": 1}}]}),
        json.dumps({f"{S3}/a.png?{SIGNED}": []}),
        f'{{"images": [{{"objectUrl": {S3}/a.png?{SIGNED}}}]}}',
        f'// {S3}/a.png?{SIGNED}\n{{"images": []}}',
        f"{S3}/a.png?{SIGNED}\n",
        f"{S3}/a.png?{SIGNED},Image title\nx y,\n",
        f"ObjectURL,Image title\n{S3}/a.png?X-Amz-SignedHeaders=a,b&X-Amz-Signature=SECRET,t\n",
        f"ObjectURL,Image title\nx&X-Amz-Signature=SECRET,t,{S3}/a.png?\n",
    ],
)
def test_the_query_of_a_signed_url_is_never_shown(tmp_path: Path, text: str):
    path = tmp_path / "f"
    path.write_text(text)
    found = validate([path])
    assert found.findings
    for render in reports.RENDERERS.values():
        assert "SECRET" not in render(found)


def test_a_scheme_in_capitals_is_mended_as_such_and_not_taken_for_another(tmp_path: Path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"images": [{"objectUrl": "HTTPS://x.com/a.png?X-Amz-Signature=SECRET"}]}))
    found = validate([path])
    assert [(one.id, one.repairable) for one in found.findings] == [(F.URL_SCHEME, True)]
    assert "https://x.com/a.png" in found.findings[0].fix
    assert "SECRET" not in reports.RENDERERS["json"](found)


def test_lines_and_columns_count_characters(tmp_path: Path):
    path = tmp_path / "f.json"
    path.write_text('{"images": [\n {"title": "日本é", "objectUrl": "x y"}]}', encoding="utf-8")
    found = [(one.line, one.column) for one in validate([path]).findings]
    assert found == [(2, 32), (2, 32)]
