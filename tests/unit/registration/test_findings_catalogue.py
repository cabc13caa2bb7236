"""Every id has one entry and one page, and somebody who reports it."""

from __future__ import annotations

import re
from pathlib import Path

import integrations.registration
from integrations.registration.catalogue import CATALOGUE, pages
from integrations.registration.findings import FindingId

ROOT = Path(__file__).parents[3]


def test_every_id_has_an_entry_and_an_id_of_its_own():
    assert CATALOGUE.keys() == set(FindingId)
    assert all(re.fullmatch(r"REG\d{3}", finding) for finding in FindingId)


def test_every_id_is_reported_by_somebody():
    folder = Path(integrations.registration.__file__).parent
    sources = "".join(
        path.read_text() for path in folder.rglob("*.py") if path.name not in ("catalogue.py", "findings.py")
    )
    assert [one.name for one in FindingId if f"FindingId.{one.name}" not in sources] == []


def test_the_pages_are_those_that_stand_in_the_documentation():
    there = {f"docs/findings/{path.name}" for path in (ROOT / "docs" / "findings").glob("*.md")}
    assert there == pages().keys()
    for path, text in pages().items():
        assert (ROOT / path).read_text(encoding="utf-8") == text
