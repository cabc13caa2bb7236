"""Every id has one entry, one page, and a question that asks it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import integrations.checks
from integrations.checks.catalogue import _CHECKS, CATALOGUE, CheckId
from integrations.checks.records import Evidence, Severity, failed, passed, skipped
from integrations.checks.runner import Question, run
from integrations.reports.check_formats import as_json
from integrations.reports.checks import as_text, progress_line, summary
from integrations.reports.pages import check_page


def test_every_id_stands_in_the_catalogue_exactly_once():
    assert sorted(check.id for check in _CHECKS) == sorted(CheckId)


def test_ids_are_three_letters_of_the_subject_and_a_number_of_their_own():
    assert all(re.fullmatch(r"[A-Z]{3}\d{3}", check) for check in CheckId)
    numbers = [check[3:] for check in CheckId]
    assert len(set(numbers)) == len(numbers)


def test_every_id_is_asked_by_somebody():
    folder = Path(integrations.checks.__file__).parent
    sources = "".join(path.read_text() for path in folder.glob("*.py") if not path.name.startswith("catalogue"))
    assert [check.name for check in CheckId if f"CheckId.{check.name}" not in sources] == []


@pytest.mark.parametrize("check", CATALOGUE.values(), ids=lambda check: check.id)
def test_a_page_says_claim_way_and_symptom(check):
    page = check_page(check)
    assert page.startswith(f"# {check.id} — {check.title}\n")
    for text in (check.claim, check.how, check.symptom):
        assert text.endswith(".") and text in page


def test_a_table_shows_fix_and_page_of_what_failed_and_counts_all():
    questions = [
        Question("images", "aws", CheckId.BUCKET_FOUND, "b", lambda: passed("there")),
        Question("images", "aws", CheckId.BUCKET_REGION, "b", lambda: failed("elsewhere", "set it")),
        Question("images", "aws", CheckId.CORS_SIGNED_GET, "b", lambda: skipped("no object", fix="put one")),
    ]
    results = run(questions, "dev")
    text = as_text(results)
    assert text.splitlines()[0] == "dev · images (aws)"
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    for line in (["fix", "set it"], ["page", "docs/checks/BKT102.md"], ["fix", "put one"]):
        assert line in lines
    assert "docs/checks/BKT101.md" not in text and "docs/checks/COR203.md" not in text
    assert text.endswith("1 passed, 1 failed, 0 warnings, 1 skipped, 0 unknown (evidence: live)")
    assert "\x1b[" not in text and "\x1b[31m" in as_text(results, colour=True)
    assert progress_line(results[1]) == "✗ images BKT102 b"
    assert summary([]).startswith("0 passed")


def test_json_has_a_version_and_every_published_field():
    results = run([Question("images", "aws", CheckId.BUCKET_FOUND, "b", lambda: passed("there"))], "dev")
    document = json.loads(as_json(results))
    assert document["schema_version"] == 1
    (one,) = document["results"]
    published = {
        "id", "status", "severity", "environment", "integration", "cloud", "subject", "seen", "fix", "page", "evidence",
    }  # fmt: skip
    assert published <= set(one)
    assert (one["id"], one["status"]) == ("BKT101", "pass")


def test_words_in_json_are_those_of_the_design():
    assert {severity.value for severity in Severity} == {"error", "warning"}
    assert {evidence.value for evidence in Evidence} == {"live", "static", "sandbox"}
