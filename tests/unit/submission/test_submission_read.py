"""Every item of a file, once, with the line it stands on."""

from __future__ import annotations

import json

import pytest

from integrations.registration.load import RegistrationError, load_items
from integrations.submission.read import read_entries
from integrations.submission.records import Entry, Settings

BASE = "https://b.s3.eu-west-2.amazonaws.com"


def read(path, leave_out=None) -> list[Entry]:
    found: list[Entry] = []
    read_entries(str(path), found.extend, leave_out)
    return found


def test_items_come_with_their_lines_however_the_file_is_laid_out(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        '{\n "videos": [\n  {"objectUrl": "x/1",\n   "title": "one"},\n\n  {"objectUrl": "x/2"}],\n'
        ' "skip_duplicate_urls": true,\n "images": [{"objectUrl": "x/3"}, {"objectUrl": "x/4"},\n{"objectUrl": "x/5"}]}'
    )
    assert [(one.section, one.item["objectUrl"], one.line) for one in read(path)] == [
        ("videos", "x/1", 3), ("videos", "x/2", 6), ("images", "x/3", 8), ("images", "x/4", 8), ("images", "x/5", 9),
    ]  # fmt: skip


def test_lines_are_right_over_many_windows(tmp_path):
    path = tmp_path / "a.json"
    items = [{"objectUrl": f"{BASE}/{n}.jpg", "title": "é" * (n % 7)} for n in range(20_000)]
    path.write_text('{"images": [\n' + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]}")
    entries = read(path)
    assert [one.line for one in entries] == list(range(2, 20_002))
    assert [one.item for one in entries] == items


def test_a_section_that_stands_twice_is_merged(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"images": [{"objectUrl": "1"}], "images": [{"objectUrl": "2"}]}')
    assert [one.item["objectUrl"] for one in read(path)] == ["1", "2"]


def test_the_same_item_in_another_spelling_is_the_same(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(
        '{"images": [{"objectUrl": "1", "title": "\\u0041"}, { "title":"A","objectUrl":"1" }, {"objectUrl": "1"}]}'
    )
    one, again, other = read(path)
    assert one.key(Settings()) == again.key(Settings()) != other.key(Settings())


def test_replacing_metadata_is_another_thing_to_do():
    entry = Entry("images", b'{"objectUrl":"1"}', "f", 1)
    assert entry.key(Settings()) == entry.key(Settings(skip_duplicates=False))
    assert entry.key(Settings()) != entry.key(Settings(upsert_metadata=True))
    assert entry.key(Settings()) != Entry("videos", entry.raw, "f", 1).key(Settings())


CSV = f"""ObjectURL,Image title
{BASE}/a.jpg,A
{BASE}/b.jpg,"B, the second"
ObjectURL,Image group title,Create video
{BASE}/1.jpg,G,false
{BASE}/2.jpg,H,
{BASE}/3.jpg,G,false
"""


def test_csv_gives_the_items_that_loading_gives_with_their_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    entries = read(path)
    assert [(one.section, one.line) for one in entries] == [
        ("images", 2), ("images", 3), ("image_groups", 5), ("image_groups", 6),
    ]  # fmt: skip
    loaded = load_items(path).sections
    assert [one.item for one in entries] == [*loaded["images"], *loaded["image_groups"]]
    assert entries[2].urls == (f"{BASE}/1.jpg", f"{BASE}/3.jpg")


def test_a_bad_row_takes_its_whole_group_with_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    entries = read(path, lambda _section, line: line == 7)
    assert [one.line for one in entries] == [2, 3, 6]


def test_items_are_left_out_by_their_place(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"images": [{"objectUrl": str(n)} for n in range(5)]}))
    entries = read(path, lambda section, index: (section, index) in {("images", 1), ("images", 3)})
    assert [one.item["objectUrl"] for one in entries] == ["0", "2", "4"]


@pytest.mark.parametrize("text", ['{"images": [{"objectUrl": "1"},]}', '{"images": [{"objectUrl": "1"}', "[1]"])
def test_what_cannot_be_read_without_loss_is_refused_with_its_line(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(RegistrationError, match=r"a\.json:1: .*REG"):
        read(path)
