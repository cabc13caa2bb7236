"""`checks list`, `explain` and the options of `check`, without a cloud."""

from __future__ import annotations

import json

import pytest

from integrations.checks.catalogue import CATALOGUE, CheckId
from integrations.commands.app import run
from integrations.commands.options import duration
from integrations.errors import ConfigurationError, ExitCode


def said(capsys, *words):
    code = run(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_list_has_every_check_for_people_and_for_machines(capsys):
    _, text, _ = said(capsys, "checks", "list")
    assert [line[:6] for line in text.splitlines()] == list(CATALOGUE)
    _, text, _ = said(capsys, "checks", "list", "--format", "json")
    listed = json.loads(text)
    assert listed["schema_version"] == 1
    assert [one["id"] for one in listed["checks"]] == list(CATALOGUE)
    cors = next(one for one in listed["checks"] if one["id"] == "COR202")
    assert (cors["page"], cors["runbook"]) == ("docs/checks/COR202.md", "docs/runbooks/images-do-not-load.md")


def test_an_explanation_is_the_page_and_leads_to_the_runbook(capsys):
    code, text, _ = said(capsys, "explain", "url801")
    assert code == ExitCode.CLEAN
    assert text.startswith("# URL801") and "url-expires-early" in text


def test_a_check_that_does_not_exist_is_told_with_one_that_does(capsys):
    code, _, error = said(capsys, "explain", "COR20")
    assert code == ExitCode.NOTHING_MATCHED and "did you mean COR20" in error


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("2m", 120), ("0", 0), ("1.5m", 90)])
def test_a_length_of_time(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "soon", "-1s", "1h", "1 m"])
def test_what_is_no_length_of_time(text):
    with pytest.raises(ConfigurationError, match="no length of time"):
        duration(text)


def test_the_catalogue_begins_with_the_bucket_and_ids_stand_in_order():
    assert next(iter(CATALOGUE)) is CheckId.BUCKET_FOUND
    assert set(CATALOGUE) == set(CheckId)
