"""Repair: where it says that something was changed, or is left."""

from __future__ import annotations

import io
from pathlib import Path

from integrations.registration import repair as repairs
from integrations.registration.findings import FindingId as F
from integrations.registration.repair import repair

HOST = "https://bucket-1.s3.eu-west-2.amazonaws.com"
# Later rounds find more: a URL under a renamed key, a list that has moved.
TEXT = f"""{{"images": [{{"objectUrl": " {HOST}/a.jpg",}}],  // a comment
"image_groups": [{{"title": "é", "Create_Video": "True", "object_url_0": "{HOST}/b c.jpg"}}],
"images": [{{"objectUrl": "{HOST}/d.jpg ", "imageMetadata": {{"width": "5"}}}}]}}
"""


def test_every_place_that_is_named_is_one_of_the_file_that_was_given(tmp_path: Path):
    (tmp_path / "f.json").write_text(TEXT, encoding="utf-8")
    done = repair(tmp_path / "f.json", io.BytesIO())
    lines = TEXT.splitlines()

    assert {(one.id, lines[one.line - 1][one.column - 1 :][:10]) for one in done.changes} == {
        (F.URL_WHITESPACE, '" https://'),
        (F.TRAILING_COMMA, ",}],  // a"),
        (F.NOT_JSON_LITERAL, "// a comme"),
        (F.UNKNOWN_KEY, '"Create_Vi'),
        (F.WRONG_TYPE, '"True", "o'),
        (F.UNKNOWN_KEY, '"object_ur'),
        (F.URL_WHITESPACE, '"https://b'),
        (F.REPEATED_KEY, '"images": '),
        (F.WRONG_TYPE, '"5"}}]}'),
    }
    left = [(one.id, lines[one.line - 1][one.column - 1 :]) for one in done.left]
    assert left == [(F.MEDIA_METADATA_INCOMPLETE, '{"width": "5"}}]}')]


def test_what_only_a_person_can_mend_does_not_hide_what_can_be_mended_behind_it(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(repairs, "_LEFT", 3)
    monkeypatch.setattr(repairs, "_AT_ONCE", 2)
    items = [f'{{"objectUrl": "relative/{n}.jpg"}}' for n in range(9)]
    items += [f'{{"objectUrl": "{HOST}/a b{n}.jpg"}}' for n in range(5)]
    (tmp_path / "f.json").write_text(f'{{"images": [{", ".join(items)}]}}', encoding="utf-8")
    mended = io.BytesIO()
    done = repair(tmp_path / "f.json", mended)
    assert mended.getvalue().count(b"a%20b") == 5
    assert [one.id for one in done.changes] == [F.URL_WHITESPACE] * 5
    assert {one.id for one in done.left} == {F.URL_RELATIVE}
    assert len(done.left) == 3
