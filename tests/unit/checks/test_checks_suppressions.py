"""A suppressed finding does not count while its suppression holds, and a suppression that should go is a finding."""

from __future__ import annotations

from datetime import date

import pytest

from integrations.checks.catalogue import CheckId
from integrations.checks.records import Excuse, Obstacle, Severity, Status, failed, passed, skipped, unknown, warned
from integrations.checks.runner import Question, exit_code, run
from integrations.checks.suppressions import excuse_suppressed, stale
from integrations.environment.model import Environment, Settings, Suppression
from integrations.errors import ExitCode

TODAY = date(2026, 11, 22)


def environment(*suppressions):
    settings = Settings(integrations={}, cors_origins=("https://app.encord.com",), suppressions=suppressions)
    return Environment("prod", settings, "Pulumi.prod.yaml")


def suppression(**fields):
    return Suppression(**{"id": "BKT103", "reason": "the owner knows", "expires": "2027-01-31", **fields})


def results(answer, check=CheckId.BUCKET_PRIVATE, subject="scans"):
    return run([Question("images", "aws", check, subject, lambda: answer)], "prod")


OPEN = failed("open", "close it")


@pytest.mark.parametrize("where", [{}, {"integration": "images"}, {"integration": "images", "subject": "scans"}])
def test_a_suppressed_finding_is_told_and_does_not_count(where):
    (one,) = excuse_suppressed(results(OPEN), environment(suppression(**where)), TODAY)
    assert (one.status, one.excuse) == (Status.FAIL, Excuse.SUPPRESSED)
    assert one.excused == "the owner knows (until 2027-01-31)"
    assert exit_code([one], Severity.WARNING) is ExitCode.CLEAN


@pytest.mark.parametrize("where", [{"id": "BKT104"}, {"integration": "videos"}, {"subject": "films"}])
def test_a_suppression_of_something_else_excuses_nothing(where):
    found = excuse_suppressed(results(OPEN), environment(suppression(**where)), TODAY)
    assert exit_code(found) is ExitCode.FINDINGS


def test_it_holds_on_its_last_day_and_not_the_day_after():
    last = environment(suppression(expires="2026-11-22"))
    assert exit_code(excuse_suppressed(results(OPEN), last, TODAY)) is ExitCode.CLEAN
    over = date(2026, 11, 23)
    assert exit_code(excuse_suppressed(results(OPEN), last, over)) is ExitCode.FINDINGS
    assert [one.id for one in stale(results(OPEN), last, over, lambda _: True)] == ["SUP951"]


def test_what_is_unknown_cannot_be_excused():
    (one,) = excuse_suppressed(results(unknown("?", Obstacle.NETWORK)), environment(suppression()), TODAY)
    assert one.excuse is None
    assert exit_code([one]) is ExitCode.INCOMPLETE


@pytest.mark.parametrize(
    ("answer", "unused"),
    [(passed("closed"), True), (OPEN, False), (warned("half", "x"), False), (skipped("later"), False),
     (unknown("?", Obstacle.NETWORK), False)],
)  # fmt: skip
def test_a_suppression_of_what_passes_is_unused(answer, unused):
    found = stale(results(answer), environment(suppression()), TODAY, lambda _: True)
    assert [one.id for one in found] == (["SUP952"] if unused else [])


def test_one_of_an_id_that_does_not_exist_is_unused_and_says_so():
    (one,) = stale(results(OPEN), environment(suppression(id="XYZ999")), TODAY, lambda _: True)
    assert (one.id, one.seen) == ("SUP952", "there is no check with this id")
    assert (one.severity, one.environment, one.subject) == (Severity.WARNING, "prod", "XYZ999")


def test_one_of_an_integration_that_does_not_exist_is_unused_and_concerns_the_file():
    (one,) = stale(results(OPEN), environment(suppression(integration="nope")), TODAY, lambda _: True)
    assert (one.id, one.integration, one.seen) == ("SUP952", "", "there is no integration 'nope'")


def test_nothing_is_said_of_what_this_run_does_not_ask():
    assert stale([], environment(suppression()), TODAY, lambda _: False) == []
