"""Which items may leave the machine, and which are left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.registration.findings import FindingId
from integrations.registration.url_rules import UrlOptions
from integrations.submission.checked import Checked, check_files
from integrations.submission.leftovers import write_failures
from integrations.submission.records import Entry, Failure

BASE = "https://acme-media.s3.eu-west-2.amazonaws.com"
GOOD, BAD = {"objectUrl": f"{BASE}/a.jpg"}, {"objectUrl": "relative/b.jpg"}


def check(path: Path, text: str) -> Checked:
    path.write_text(text)
    return check_files([str(path)], UrlOptions(), every=True)


def left_out(checked: Checked, path: Path, *places: tuple[str, int]) -> list[bool]:
    leave_out = checked.leave_out(str(path))
    return [leave_out is not None and leave_out(*place) for place in places]


def test_a_clean_file_leaves_nothing_out(tmp_path):
    path = tmp_path / "a.json"
    checked = check(path, json.dumps({"images": [GOOD]}))
    assert (checked.items, checked.findings, checked.leave_out(str(path))) == (1, [], None)


def test_bad_items_are_known_by_their_place(tmp_path):
    path = tmp_path / "a.json"
    checked = check(path, json.dumps({"images": [GOOD, BAD], "videos": [{"objectUrl": f"{BASE}/v.mp4"}, BAD]}))
    assert left_out(checked, path, ("images", 0), ("images", 1), ("videos", 0), ("videos", 1)) == [False, True] * 2
    assert checked.whole == []


def test_bad_rows_are_known_by_their_line(tmp_path):
    path = tmp_path / "a.csv"
    checked = check(path, f"ObjectURL,Image title\n{BASE}/a.jpg,A\nrelative/b.jpg,B\n")
    assert left_out(checked, path, ("", 2), ("", 3)) == [False, True]


@pytest.mark.parametrize(
    "text",
    [
        '{"images": [', '{"images": [{"objectUrl": "https://acme-media.s3.eu-west-2.amazonaws.com/a.jpg"}, {"obj', "[]",
        '{"imagez": [{"objectUrl": "https://acme-media.s3.eu-west-2.amazonaws.com/a.jpg"}]}',
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_whole_file_cannot_be_left_out(tmp_path, text):
    assert check(tmp_path / "a.json", text).whole


def test_a_section_that_stands_twice_is_merged_by_sending_and_so_no_error(tmp_path):
    image = json.dumps(GOOD)
    checked = check(tmp_path / "a.json", f'{{"images": [{image}], "images": [{image.replace("a.jpg", "c.jpg")}]}}')
    assert [one.id for one in checked.findings] == []


def test_a_key_that_stands_in_an_item_twice_is_an_error(tmp_path):
    checked = check(tmp_path / "a.json", f'{{"images": [{{"objectUrl": "{BASE}/a.jpg", "title": "x", "title": "y"}}]}}')
    assert [one.id for one in checked.findings] == [FindingId.REPEATED_KEY]


def test_failed_items_are_a_file_to_submit_again_and_their_reasons_a_file_beside_it(tmp_path):
    entries = [
        Entry("images", b'{"objectUrl":"1"}', "a.json", 3), Entry("videos", b'{"objectUrl":"2"}', "a.json", 4),
        Entry("images", b'{"objectUrl":"3"}', "b.csv", 9),
    ]  # fmt: skip
    path = tmp_path / "failed.json"
    reasons = write_failures(path, lambda: [Failure(entry, "why") for entry in entries])
    assert json.loads(path.read_text()) == {
        "images": [{"objectUrl": "1"}, {"objectUrl": "3"}], "videos": [{"objectUrl": "2"}],
    }  # fmt: skip
    assert reasons is not None
    assert [json.loads(line) for line in reasons.read_text().splitlines()][2] == {
        "file": "b.csv", "line": 9, "section": "images", "urls": ["3"], "error": "why",
    }  # fmt: skip
    assert sorted(one.name for one in tmp_path.iterdir()) == ["failed.json", "failed.jsonl"]


def test_without_failures_there_is_no_file(tmp_path):
    assert write_failures(tmp_path / "failed.json", list) is None
    assert list(tmp_path.iterdir()) == []
