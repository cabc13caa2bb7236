"""The page of the matrix says of each thing that is no row how it is tested."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "matrix.md"


def test_what_is_said_to_have_no_stage_is_tested_without_the_sandbox():
    page = PAGE.read_text(encoding="utf-8")
    _, *lists = page.split("What no emulator can stage is tested with recorded answers:")
    assert lists and "../tests/sandbox/" in page
    for one in lists:
        listed, _, _ = one.partition("\n## ")
        assert "../tests/unit/" in listed and "../tests/sandbox/" not in listed
