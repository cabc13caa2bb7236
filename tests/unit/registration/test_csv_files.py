"""CSV files: every form, the same findings at once and row by row, and back and forth to JSON."""

from __future__ import annotations

import csv
import io
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from integrations.errors import ConfigurationError
from integrations.registration.convert import to_csv, to_json
from integrations.registration.findings import FindingId as F
from integrations.registration.load import RegistrationError, load_items
from integrations.registration.repair import repair
from integrations.registration.split import Limits, split
from integrations.registration.validate import Options, validate

HOST = "https://bucket-1.s3.eu-west-2.amazonaws.com"
COUNT = int(os.environ.get("REGISTRATION_FUZZ", "300"))
SEVERAL = f"""ObjectURL,Image group title,Create video
{HOST}/1.jpg,Sequence,true
{HOST}/2.jpg,Sequence,TRUE
{HOST}/3.jpg,Group,false
objecturl,IMAGE TITLE,create video
{HOST}/4.jpg,"Four, 4",false
ObjectUrl,Series title
{HOST}/5.dcm,S
{HOST}/6.dcm,S
{HOST}/7.dcm,
OBJECTURL,video title
{HOST}/8.mp4,
"""


def findings(tmp_path: Path, text: str, options: Options | None = None) -> list[tuple[F, int, str]]:
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return [(one.id, one.line, one.path) for one in validate([path], options).findings]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_of_several_kinds_is_clean_and_counted(tmp_path: Path, end: str):
    text = SEVERAL.replace("\n", end)
    for options in (Options(), Options(fast=False)):
        assert findings(tmp_path, text, options) == []
    assert validate([tmp_path / "f.csv"]).files[0].items == {
        "image_groups": 2,
        "images": 1,
        "dicom_series": 2,
        "videos": 1,
    }


def test_a_file_of_several_kinds_is_read_into_the_model(tmp_path: Path):
    (tmp_path / "f.csv").write_text(SEVERAL)
    loaded = load_items(tmp_path / "f.csv").as_dict()
    assert loaded["image_groups"][0] == {
        "title": "Sequence",
        "createVideo": True,
        "objectUrl_0": f"{HOST}/1.jpg",
        "objectUrl_1": f"{HOST}/2.jpg",
    }
    assert loaded["images"] == [{"objectUrl": f"{HOST}/4.jpg", "title": "Four, 4"}]
    assert [one["title"] for one in loaded["dicom_series"]] == ["S", "7.dcm"]
    assert loaded["videos"] == [{"objectUrl": f"{HOST}/8.mp4"}]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Object URL,Video title\n{HOST}/a.mp4,\n", [(F.CSV_HEADING, 1, "")]),
        (f"ObjectURL,Tittle\n{HOST}/a.mp4,\n", [(F.CSV_HEADING, 1, "")]),
        (f"ObjectURL\n{HOST}/a.jpg\n", [(F.CSV_SINGLE_COLUMN, 2, "ObjectURL")]),
        (f"ObjectURL,Image group title\n{HOST}/a.jpg,\n", [(F.EMPTY_VALUE, 2, "Image group title")]),
        (f"ObjectURL,Image title,Create video\n{HOST}/a.jpg,x,\n", [(F.CSV_CREATE_VIDEO, 2, "Create video")]),
        (
            f"ObjectURL,Image group title,Create video\n{HOST}/a.jpg,x,true\n{HOST}/b.jpg,x,false\n",
            [(F.CSV_CREATE_VIDEO, 3, "Create video")],
        ),
        (
            f"ObjectURL,Image group title,Create video\n{HOST}/a.jpg,x,\nhttps://storage.cloud.google.com/b/b.jpg,x,\n",
            [(F.MIXED_CLOUDS, 3, "ObjectURL")],
        ),
        (f"ObjectURL,Video title\n{HOST}/a.mp4,{'x' * 301}\n", [(F.TITLE_TOO_LONG, 2, "Video title")]),
        (f"ObjectURL,Video title\n{HOST}/a b.mp4,\n", [(F.URL_WHITESPACE, 2, "ObjectURL")]),
        (f"ObjectURL,Video title\n{HOST}/a.mp4\n", [(F.CSV_COLUMNS, 2, "")]),
        (f"ObjectURL\n{HOST}/a.mp4\tmy title\n", [(F.URL_WHITESPACE, 2, "ObjectURL")]),
        (f"ObjectURL\tVideo title\n{HOST}/a.mp4\tmy title\n", [(F.CSV_NO_HEADINGS, 1, "")]),
        (f"ObjectURL,Image title,image title\n{HOST}/a.jpg,x,y\n", [(F.CSV_HEADING, 1, "")]),
        (f"ObjectURL,object url,Image title\n{HOST}/a.jpg,x,y\n", [(F.CSV_HEADING, 1, "")] * 2),
        (f"ObjectURL,Image title,Create video,Create video\n{HOST}/a.jpg,x,true,\n", [(F.CSV_HEADING, 1, "")]),
    ],
)
def test_what_is_wrong_with_a_row_is_found(tmp_path: Path, text: str, found: list[tuple[F, int, str]]):
    assert findings(tmp_path, text) == found
    assert findings(tmp_path, text, Options(fast=False)) == findings(tmp_path, text)


def test_csv_never_has_what_strict_client_only_access_needs(tmp_path: Path):
    strict = Options(strict_client_only=True)
    assert findings(tmp_path, SEVERAL, strict) == [(F.STRICT_CLIENT_ONLY, 6, ""), (F.STRICT_CLIENT_ONLY, 12, "")]
    assert findings(tmp_path, f"ObjectURL,Series title\n{HOST}/5.dcm,S\n", strict) == []


def made(r: random.Random) -> str:
    """A file at random: mostly right, in one of its styles."""
    out = io.StringIO()
    quoting = r.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    writer = csv.writer(out, lineterminator=r.choice(["\n", "\r\n"]), quoting=quoting)
    for _ in range(r.randint(1, 3)):
        heading, suffix = r.choice([("Video title", ".mp4"), ("Image title", ".jpg"), ("Image group title", ".jpg")])
        grouped = heading == "Image group title"
        writer.writerow([r.choice(["ObjectURL", "objecturl"]), heading, *(["Create video"] if grouped else [])])
        for number in range(r.randint(0, 40)):
            title = (
                r.choice([f"t {number // 4}", 'with "quotes"', "with, comma", "é", "two\nlines"])
                if r.random() < 0.1
                else f"t {number // 4}"
            )
            url = f"{HOST}/{r.choice('ab')}/{r.randint(0, 900):04d}{suffix}"
            if r.random() < 0.03:
                url = r.choice(["", "x y", "a+b", f"{HOST}/a+b{suffix}", "objecturl", '"'])
            writer.writerow(
                [
                    url,
                    title,
                    *([r.choice(["true", "true", "maybe"]) if r.random() < 0.05 else "true"] if grouped else []),
                ]
            )
    text = out.getvalue()
    if r.random() < 0.3:
        at = r.randrange(len(text) + 1)
        text = text[:at] + r.choice(['"', ",", "\n", "\r", "x", "\0", ""]) + text[at + r.randint(0, 2) :]
    return text


def test_whether_blocks_are_proven_at_once_changes_no_finding(tmp_path: Path):
    path = tmp_path / "f.csv"
    for number in range(COUNT):
        r = random.Random(f"csv {number}")
        text = made(r)
        path.write_text(text, encoding="utf-8", newline="")
        fast = validate([path], Options(window=r.choice([128, 1000, 1 << 16])))
        exact = validate([path], Options(fast=False))
        assert fast.findings == exact.findings, text
        assert fast.files == exact.files, text


def test_converting_to_json_and_back_loses_nothing(tmp_path: Path):
    (tmp_path / "f.csv").write_text(SEVERAL)
    with (tmp_path / "f.json").open("wb") as stream:
        to_json(tmp_path / "f.csv", stream)
    assert load_items(tmp_path / "f.json") == load_items(tmp_path / "f.csv")
    with (tmp_path / "g.csv").open("wb") as stream:
        assert not to_csv(tmp_path / "f.json", stream)
    assert load_items(tmp_path / "g.csv") == load_items(tmp_path / "f.csv")
    assert (
        validate([tmp_path / "f.json", tmp_path / "g.csv"]).files[0].items
        == validate([tmp_path / "f.csv"]).files[0].items
    )


def lost_as_csv(tmp_path: Path, document: dict[str, Any]) -> tuple[dict[str, int], list[str]]:
    """What is counted as lost, and the rows that are written all the same."""
    (tmp_path / "f.json").write_text(json.dumps(document))
    written = io.BytesIO()
    lost = to_csv(tmp_path / "f.json", written)
    return dict(lost), written.getvalue().decode().splitlines()[1:]


def test_what_csv_cannot_carry_is_counted(tmp_path: Path):
    document = {
        "images": [{"objectUrl": f"{HOST}/a.jpg", "clientMetadata": {}, "imageMetadata": {}}] * 2,
        "audio": [{"objectUrl": "x"}],
        "image_groups": [{"title": "t", "createVideo": True, "objectUrl_0": "x"}] * 2,
        "skip_duplicate_urls": True,
    }
    assert lost_as_csv(tmp_path, document)[0] == {
        "clientMetadata": 2,
        "imageMetadata": 2,
        "items of audio": 1,
        "skip_duplicate_urls": 1,
        "the border between two groups of one title": 1,
    }


GROUP = {"title": "t", "createVideo": False, "objectUrl_0": "a", "objectUrl_1": "b"}
NO_GROUP = {"items of image_groups without an object URL, title or createVideo": 1}


@pytest.mark.parametrize(
    ("section", "item", "lost", "rows"),
    [
        ("image_groups", GROUP, {}, ["a,t,false", "b,t,false"]),
        ("image_groups", GROUP | {"objectUrl_01": "c"}, {"objectUrl_01": 1}, ["a,t,false", "b,t,false"]),
        ("image_groups", GROUP | {"objectUrl": "c"}, {"objectUrl": 1}, ["a,t,false", "b,t,false"]),
        ("image_groups", GROUP | {"objectUrl_3": "d"}, {"objectUrl_N": 1}, ["a,t,false", "b,t,false", "d,t,false"]),
        ("image_groups", {"createVideo": True, "objectUrl_0": "a"}, NO_GROUP, []),
        ("image_groups", {"title": "t", "createVideo": True}, NO_GROUP, []),
        ("image_groups", {"title": "t", "objectUrl_0": "a"}, NO_GROUP, []),
        ("image_groups", GROUP | {"createVideo": "yes"}, NO_GROUP, []),
        ("image_groups", GROUP | {"title": "Object URL"}, NO_GROUP, []),
        ("images", {"objectUrl": "a", "objectUrl_0": "b", "createVideo": True}, {"objectUrl_N": 1, "createVideo": 1}, ["a,"]),
        ("images", {"objectUrl": "a", "title": None}, {"title": 1}, ["a,"]),
        ("images", {"objectUrl": "a", "title": "NUL \0"}, {"title": 1}, ["a,"]),
        ("images", {"title": "t"}, {"items of images without an object URL": 1}, []),
    ],
)  # fmt: skip
def test_an_item_of_which_rows_would_tell_less_or_something_else_is_counted(
    tmp_path: Path, section: str, item: dict[str, Any], lost: dict[str, int], rows: list[str]
):
    assert lost_as_csv(tmp_path, {section: [item]}) == (lost, rows)


def test_keys_that_repeat_in_an_item_are_not_lost(tmp_path: Path):
    again = '{"objectUrl": "b", "title": "one", "title": "two"}'
    (tmp_path / "f.json").write_text('{"images": [' + ", ".join(['{"objectUrl": "a"}'] * 9 + [again]) + "]}")
    with pytest.raises(RegistrationError, match=F.REPEATED_KEY):
        to_csv(tmp_path / "f.json", io.BytesIO())


@pytest.mark.parametrize(
    "rows",
    [
        "a.jpg,t,maybe",
        "a.jpg,t,true\nb.jpg,t,false",
        "a.jpg,,true",
    ],
)
def test_rows_that_leave_open_what_their_item_is_are_not_converted(tmp_path: Path, rows: str):
    (tmp_path / "f.csv").write_text(f"ObjectURL,Image group title,Create video\n{rows}\n")
    with pytest.raises(RegistrationError, match=r"REG604|REG204"):
        to_json(tmp_path / "f.csv", io.BytesIO())


def test_a_broken_file_is_neither_converted_nor_split(tmp_path: Path):
    (tmp_path / "f.json").write_text('{"images": [{"objectUrl": "x",}]}')
    (tmp_path / "f.csv").write_text('ObjectURL,Image title\nx,"y\n')
    (tmp_path / "half.json").write_text('{"images": [{"objectUrl": "x", "title": "\\ud800"}]}')
    for work in (
        lambda: to_csv(tmp_path / "f.json", io.BytesIO()),
        lambda: to_csv(tmp_path / "half.json", io.BytesIO()),
        lambda: to_json(tmp_path / "f.csv", io.BytesIO()),
        lambda: split(tmp_path / "f.json", tmp_path / "out"),
        lambda: split(tmp_path / "f.csv", tmp_path / "out"),
    ):
        with pytest.raises(RegistrationError, match="REG"):
            work()
    assert not (tmp_path / "out").exists()


def test_a_json_file_is_split_with_groups_whole_and_settings_everywhere(tmp_path: Path):
    groups = [
        {"title": f"g{n}", "createVideo": False, **{f"objectUrl_{k}": f"{n}/{k}" for k in range(3)}} for n in range(5)
    ]
    document = {
        "images": [{"objectUrl": f"i{n}"} for n in range(5)],
        "image_groups": groups,
        "skip_duplicate_urls": True,
    }
    (tmp_path / "f.json").write_text(json.dumps(document))
    parts = split(tmp_path / "f.json", tmp_path / "out", Limits(items=4, urls=7))
    assert [(part.items, part.urls) for part in parts] == [(4, 4), (3, 7), (2, 6), (1, 3)]
    loaded = [load_items(part.path) for part in parts]
    assert all(one.settings == {"skip_duplicate_urls": True} for one in loaded)
    assert [item for one in loaded for item in one.sections.get("image_groups", [])] == groups
    with pytest.raises(RegistrationError, match="3 object URLs"):
        split(tmp_path / "f.json", tmp_path / "too-small", Limits(items=4, urls=2))
    assert not list((tmp_path / "too-small").iterdir())
    with pytest.raises(ConfigurationError, match="is there already"):
        split(tmp_path / "f.json", tmp_path / "out")


def test_a_csv_file_is_split_with_groups_whole_and_headings_everywhere(tmp_path: Path):
    (tmp_path / "f.csv").write_text(SEVERAL)
    parts = split(tmp_path / "f.csv", tmp_path / "out", Limits(items=2, urls=3))
    assert [(part.items, part.urls) for part in parts] == [(2, 3), (2, 3), (2, 2)]
    assert sum(validate([part.path]).files[0].urls for part in parts) == 8
    (tmp_path / "torn.csv").write_text(f"ObjectURL,Series title\n{HOST}/1,A\n{HOST}/2,B\n{HOST}/3,A\n")
    with pytest.raises(RegistrationError, match="do not stand together"):
        split(tmp_path / "torn.csv", tmp_path / "out2")


def test_headings_and_urls_of_a_csv_file_are_mended(tmp_path: Path):
    (tmp_path / "f.csv").write_text(f"\ufeffObject URL,video_title\n{HOST}/a b.mp4,x\n", encoding="utf-8")
    mended = io.BytesIO()
    done = repair(tmp_path / "f.csv", mended)
    assert mended.getvalue().decode() == f"ObjectURL,Video title\n{HOST}/a%20b.mp4,x\n"
    assert not done.left


@pytest.mark.parametrize(
    "text",
    [
        f"{HOST}/a b.mp4\tMy title\n{HOST}/b c.mp4\tMy title\n",
        f"ObjectURL\tVideo title\n{HOST}/b c.mp4\tMy title\n",
        f"ObjectURL\n{HOST}/a b.mp4\tMy title\n",
        f"ObjectURL,Video title,Image group title,Create video\n{HOST}/b c.jpg,,G,true\n",
        f"ObjectURL,Tittle,Create video\n{HOST}/b.jpg,G,true\n",
    ],
)
def test_rows_of_unknown_columns_are_not_mended(tmp_path: Path, text: str):
    (tmp_path / "f.csv").write_text(text)
    mended = io.BytesIO()
    done = repair(tmp_path / "f.csv", mended)
    assert mended.getvalue().decode() == text
    assert done.left


def test_rows_are_read_again_under_the_next_headings(tmp_path: Path):
    text = f"ObjectURL,ObjectURL\n{HOST}/a,{HOST}/b\nObjectURL\n{HOST}/c d.mp4\n"
    assert findings(tmp_path, text) == [(F.CSV_HEADING, 1, ""), (F.URL_WHITESPACE, 4, "ObjectURL")]
