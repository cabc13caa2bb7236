"""The page of the matrix says of each thing that is no row how it is tested."""

from __future__ import annotations

from docs.matrix_page import matrix_page

RECORDED = "What no emulator can stage is tested with recorded answers:"


def test_what_is_said_to_have_no_stage_is_tested_without_the_sandbox():
    (page,) = matrix_page().values()
    _, *lists = page.split(RECORDED)
    assert lists and "tests/sandbox/" in page
    for one in lists:
        listed, _, _ = one.partition("\n## ")
        assert "- " in listed and "tests/sandbox/" not in listed
