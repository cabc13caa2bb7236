"""A registration in either spelling becomes one list of units; a bad entry spoils only itself."""

from __future__ import annotations

from typing import Any

import pytest

from integrations_sandbox.platform import registration
from integrations_sandbox.platform.records import Source, Unit
from integrations_sandbox.platform.registration import RegistrationError, read_registration

URL = "https://b.s3.eu-west-2.amazonaws.com/a.png"
OTHER = "https://b.s3.eu-west-2.amazonaws.com/b.png"
VIDEO = {"fps": 25.0, "duration": 4.0, "width": 640, "height": 360, "file_size": 10, "mime_type": "video/mp4"}


def one(document: Any) -> Unit:
    [unit] = read_registration(document).units
    return unit


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("videos", "video"), ("images", "image"), ("audio", "audio"), ("pdfs", "pdf"), ("pdf", "pdf"),
        ("text", "plainText"), ("nifti", "nifti"),
    ],
)  # fmt: skip
def test_each_list_has_its_kind(key: str, kind: str) -> None:
    entry = {"objectUrl": URL, "title": "t", "clientMetadata": {"a": 1}}
    assert one({key: [entry]}) == Unit(kind, (Source(URL, "t"),), "t", {"a": 1})  # type: ignore[arg-type]


def test_both_spellings_of_a_group_mean_the_same() -> None:
    documented = {"title": "g", "createVideo": False, "objectUrl_0": URL, "objectUrl_1": OTHER}
    own = {"title": "g", "createVideo": False, "images": [{"url": URL}, {"url": OTHER}]}
    assert (
        one({"image_groups": [documented]})
        == one({"imageGroups": [own]})
        == Unit("imageGroup", (Source(URL), Source(OTHER)), "g")
    )


def test_frames_are_ordered_by_number_and_not_by_text() -> None:
    group = {"title": "g", **{f"objectUrl_{n}": f"https://h/b/{n}" for n in (10, 2, 0)}}
    assert one({"image_groups": [group]}).urls == ["https://h/b/0", "https://h/b/2", "https://h/b/10"]


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ({"objectUrl_0": URL, "createVideo": True}, "imageSequence"),
        ({"objectUrl_0": URL, "createVideo": False}, "imageGroup"),
        ({"objectUrl_0": URL}, "imageSequence"),
        ({"images": [{"url": URL}]}, "imageGroup"),
    ],
    ids=["true", "false", "absent in the JSON", "absent in the SDK's objects"],
)
def test_create_video_tells_a_sequence_from_a_group(group: dict[str, Any], kind: str) -> None:
    assert one({"image_groups": [group]}).type == kind


def test_metadata_is_understood_in_both_casings() -> None:
    camel = {**VIDEO, "fileSize": 10, "mimeType": "video/mp4"}
    del camel["file_size"], camel["mime_type"]
    expected = one({"videos": [{"objectUrl": URL, "videoMetadata": VIDEO}]})
    assert one({"videos": [{"objectUrl": URL, "videoMetadata": camel}]}) == expected
    assert expected.sources[0].metadata == VIDEO


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"objectUrl": URL.replace("a.png", "a b.png")}, "Object URLs can't contain whitespace"),
        ({"objectUrl": URL + "a" * 16_385}, "an object URL has at most 16384 bytes"),
        ({"objectUrl": ""}, "`objectUrl` is missing"),
        ({"title": "t"}, "`objectUrl` is missing"),
        ({"objectUrl": URL, "title": 7}, "`title` must be text"),
        ({"objectUrl": URL, "clientMetadata": []}, "`clientMetadata` must be a JSON object"),
        ({"objectUrl": URL, "videoMetadata": 1}, "`videoMetadata` must be a JSON object"),
        ({"objectUrl": URL, "videoMetadata": {**VIDEO, "fps": "25"}}, "`videoMetadata`: fps is '25'"),
        ({"objectUrl": URL, "videoMetadata": {**VIDEO, "width": True}}, "`videoMetadata`: width is True"),
        ("text", "an entry must be a JSON object, not 'text'"),
    ],
)
def test_a_bad_entry_is_a_unit_with_its_reason(entry: Any, message: str) -> None:
    bad, good = read_registration({"videos": [entry, {"objectUrl": URL}]}).units
    assert (bad.error, good.error) == (message, None)


def test_a_bad_entry_still_names_its_urls() -> None:
    group = {"objectUrl_0": URL, "objectUrl_1": "a b"}
    assert one({"image_groups": [group]}).urls == [URL, "a b"]


@pytest.mark.parametrize("key", ["image_groups", "dicom_series"])
def test_a_group_without_objects_is_a_bad_entry(key: str) -> None:
    assert one({key: [{"title": "g"}]}).error == "there is no `objectUrl_0`: a group names at least one object"


def test_a_local_upload_is_kept_apart() -> None:
    placeholder = "00000000-0000-0000-0000-000000000001"
    unit = one({"images": [{"objectUrl": "", "placeholderItemUuid": placeholder}]})
    assert (unit.error, unit.sources) == (None, (Source(f"encord:{placeholder}", placeholder=placeholder),))


@pytest.mark.parametrize(
    ("document", "skip", "upsert"),
    [
        ({}, False, False),
        ({"skip_duplicate_urls": True}, True, False),
        ({"skipDuplicateUrls": True, "upsertMetadata": True}, True, True),
        ({"upsert_metadata": True}, False, False),
    ],
)
def test_metadata_is_replaced_only_where_duplicates_are_skipped(document: Any, skip: bool, upsert: bool) -> None:
    read = read_registration(document)
    assert (read.skip_duplicates, read.upsert_metadata) == (skip, upsert)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "a registration is a JSON object"),
        ({"image": []}, "`image` is not a part of a registration"),
        ({"images": {}}, "`images` must be a list"),
        ({"time_series": [{}]}, "the sandbox has not"),
        ({"skip_duplicate_urls": "true"}, "must be true or false"),
    ],
)
def test_what_is_no_registration_is_refused_as_a_whole(document: Any, message: str) -> None:
    with pytest.raises(RegistrationError, match=message):
        read_registration(document)


def test_empty_lists_of_what_the_sandbox_does_not_have_are_no_obstacle() -> None:
    assert read_registration({"scenes": [], "data_groups": []}).units == []


def test_too_many_items_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registration, "ITEMS_LIMIT", 2)
    entries = [{"objectUrl": URL}] * 3
    assert len(read_registration({"images": entries[:2]}).units) == 2
    with pytest.raises(RegistrationError, match="split it"):
        read_registration({"images": entries})
