"""Runbooks and catalogue name each other, and every runbook leads from the symptom to whoever must help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integrations.checks.catalogue import CATALOGUE, CheckId
from integrations.commands.app import COMMANDS
from integrations.reports.pages import check_page

FOLDER = Path(__file__).parents[3] / "docs" / "runbooks"
BOOKS = {path.stem: path.read_text() for path in FOLDER.glob("*.md") if path.stem != "README"}
HEADINGS = ["Symptom", "Checks that reveal it", "Triage", "Fix by cloud", "Verify", "Escalate with"]
CLOUDS = ("AWS", "Google Cloud", "Azure", "Open Telekom Cloud")


def section(text: str, heading: str) -> str:
    return text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_every_runbook_that_a_check_names_is_there():
    assert {check.runbook for check in CATALOGUE.values() if check.runbook} == set(BOOKS)


@pytest.mark.parametrize("name", BOOKS)
def test_a_runbook_names_exactly_the_checks_that_name_it(name):
    told = section(BOOKS[name], "Checks that reveal it").split()
    assert sorted(told) == sorted(check.id for check in CATALOGUE.values() if check.runbook == name)


@pytest.mark.parametrize("name", BOOKS)
def test_a_runbook_leads_from_the_symptom_to_whoever_must_help(name):
    text = BOOKS[name]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert re.findall(r"^(\d)\. ", section(text, "Triage"), re.MULTILINE) == ["1", "2", "3"], "three steps"
    assert "`integrations " in section(text, "Verify")
    assert all(cloud in section(text, "Fix by cloud") for cloud in CLOUDS)


@pytest.mark.parametrize("name", BOOKS)
def test_whatever_a_runbook_tells_to_run_or_to_look_up_exists(name):
    commands = re.findall(r"`integrations ([a-z]+)", BOOKS[name])
    assert commands and set(commands) <= set(COMMANDS)
    assert set(re.findall(r"\b[A-Z]{3}\d{3}\b", BOOKS[name])) <= set(CheckId)
    links = re.findall(r"\]\(([a-z-]+)\.md\)", BOOKS[name])
    assert set(links) <= set(BOOKS)


def test_the_list_has_every_runbook():
    assert set(re.findall(r"\]\(([a-z-]+)\.md\)", (FOLDER / "README.md").read_text())) == set(BOOKS)


def test_a_page_leads_to_its_runbook_and_one_without_does_not():
    assert "../runbooks/images-do-not-load.md" in check_page(CATALOGUE[CheckId.CORS_RULES])
    assert "runbook" not in check_page(CATALOGUE[CheckId.BUCKET_TLS_ONLY]).lower()
