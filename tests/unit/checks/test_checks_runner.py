"""Questions are asked after those they presuppose, at once where they may, and answered in a stable order."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from integrations.checks.catalogue import CATALOGUE, CheckId
from integrations.checks.records import (
    Evidence,
    Obstacle,
    Result,
    Severity,
    Status,
    awaiting_encord,
    failed,
    passed,
    require_live,
    skipped,
    unknown,
    warned,
)
from integrations.checks.runner import CONCURRENCY, Question, exit_code, run
from integrations.errors import ExitCode

FOUND, REGION, PRIVATE = CheckId.BUCKET_FOUND, CheckId.BUCKET_REGION, CheckId.BUCKET_PRIVATE


def question(check, answer=None, *needs, subject="b"):
    ask = answer if callable(answer) else lambda: answer or passed("seen")
    return Question("images", "aws", check, subject, ask, tuple(need.key for need in needs))


def statuses(results):
    return {result.id: result.status for result in results}


# What presupposes what


def test_a_question_is_asked_after_what_it_needs():
    order = []

    def note(name):
        return lambda: (order.append(name), passed(name))[1]

    found = question(FOUND, note("found"))
    region = question(REGION, note("region"), found)
    results = run([region, found], "dev")
    assert order == ["found", "region"]
    assert [result.id for result in results] == [REGION, FOUND]


@pytest.mark.parametrize("answer", [failed("gone", "make it"), skipped("no means"), unknown("?", Obstacle.NETWORK)])
def test_what_does_not_pass_is_the_reason_that_others_are_skipped(answer):
    found = question(FOUND, answer)
    region = question(REGION, pytest.fail, found)
    private = question(PRIVATE, pytest.fail, region)
    results = run([found, region, private], "dev")
    assert [result.status for result in results] == [answer.status, Status.SKIP, Status.SKIP]
    assert results[1].reason == "because of BKT101 (b)"
    assert results[2].reason == "because of BKT102 (b)"


def test_a_warning_is_an_answer_to_go_on_from():
    found = question(FOUND, warned("odd", "mend"))
    assert statuses(run([found, question(REGION, None, found)], "dev")) == {FOUND: Status.WARNING, REGION: Status.PASS}


def test_a_failure_of_another_subject_is_no_reason():
    here, there = question(FOUND, subject="here"), question(FOUND, failed("gone", "make it"), subject="there")
    results = run([here, there, question(REGION, None, here, subject="here")], "dev")
    assert [result.status for result in results] == [Status.PASS, Status.FAIL, Status.PASS]


def test_what_is_not_selected_is_asked_in_silence_if_it_is_needed():
    told = []
    found = question(FOUND)
    region = question(REGION, None, found)
    private = question(PRIVATE, pytest.fail)
    results = run([found, region, private], "dev", select=lambda check: check == REGION, report=told.append)
    assert [result.id for result in results] == [result.id for result in told] == [REGION]
    assert results[0].status is Status.PASS


def test_independent_questions_are_asked_at_once():
    together = threading.Barrier(CONCURRENCY)

    def meet():
        together.wait(20)  # breaks, and raises, if they came one by one
        return passed("met")

    questions = [question(FOUND, meet, subject=str(number)) for number in range(CONCURRENCY)]
    assert {result.seen for result in run(questions, "dev")} == {"met"}


def test_a_bug_in_a_question_is_not_taken_for_an_answer():
    with pytest.raises(ZeroDivisionError):
        run([question(FOUND, lambda: 1 / 0)], "dev")


def test_nothing_asked_gives_nothing():
    assert run([], "dev") == []


# What is put on record


def test_a_record_says_who_what_where_and_on_what_evidence():
    (live,) = run([question(FOUND, failed("gone", "make it"))], "dev", evidence=Evidence.SANDBOX)
    assert (live.environment, live.integration, live.cloud, live.subject) == ("dev", "images", "aws", "b")
    assert (live.seen, live.fix, live.page) == ("gone", "make it", "docs/checks/BKT101.md")
    assert (live.evidence, live.severity, live.title) == (Evidence.SANDBOX, Severity.ERROR, CATALOGUE[FOUND].title)
    (static,) = run([question(PRIVATE)], "dev", evidence=Evidence.SANDBOX)
    assert static.evidence is Evidence.STATIC


def test_a_warning_is_of_that_severity_even_where_a_failure_is_an_error():
    assert run([question(FOUND, warned("odd", "mend"))], "dev")[0].severity is Severity.WARNING


def test_awaiting_encord_names_the_next_command():
    answer = awaiting_encord("dev")
    assert (answer.status, answer.reason, answer.fix) == (
        Status.SKIP,
        "awaiting Encord",
        "integrations handshake dev",
    )


def test_live_evidence_can_be_required():
    results = run([question(FOUND, skipped("no means", unproven=True)), question(PRIVATE, skipped("off"))], "dev")
    assert set(statuses(results).values()) == {Status.SKIP}
    assert statuses(require_live(results)) == {FOUND: Status.UNKNOWN, PRIVATE: Status.SKIP}


# The verdict


def result(answer, severity=Severity.ERROR):
    (made,) = run([question(FOUND, answer)], "dev")
    return made if answer.status is Status.WARNING else replace(made, severity=severity)


PASS, FAIL = result(passed("")), result(failed("", ""))
WARN, SKIP = result(warned("", "")), result(skipped(""))
NETWORK, RIGHTS, NOBODY = (
    result(unknown("", obstacle)) for obstacle in (Obstacle.NETWORK, Obstacle.RIGHTS, Obstacle.AUTHENTICATION)
)
WRONG = replace(result(unknown("", Obstacle.CONFIGURATION)), id=CheckId.OUTPUTS_AGREE.value)
CLOCK = replace(PASS, id=CheckId.CLOCK.value)  # anybody can see what time it is


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], ExitCode.NOTHING_MATCHED),
        ([PASS], ExitCode.CLEAN),
        ([PASS, SKIP, WARN], ExitCode.CLEAN),
        ([PASS, FAIL], ExitCode.FINDINGS),
        ([FAIL, RIGHTS, NETWORK], ExitCode.FINDINGS),
        ([PASS, WRONG], ExitCode.USAGE),
        ([NOBODY, NETWORK, WRONG], ExitCode.USAGE),
        ([FAIL, WRONG], ExitCode.FINDINGS),
        ([RIGHTS, NOBODY], ExitCode.NOT_AUTHORISED),
        ([RIGHTS, SKIP], ExitCode.NOT_AUTHORISED),
        ([RIGHTS, NETWORK], ExitCode.INCOMPLETE),
        ([RIGHTS, PASS], ExitCode.INCOMPLETE),
        ([NOBODY, CLOCK], ExitCode.NOT_AUTHORISED),
        ([CLOCK], ExitCode.CLEAN),
        ([NETWORK], ExitCode.INCOMPLETE),
        ([SKIP], ExitCode.CLEAN),
    ],
)
def test_findings_come_before_a_wrong_configuration_then_not_authorised_then_incomplete(results, code):
    assert exit_code(results) is code


def test_warnings_count_if_that_is_asked_for():
    minor = result(failed("", ""), Severity.WARNING)
    assert exit_code([PASS, WARN]) is exit_code([PASS, minor]) is ExitCode.CLEAN
    assert exit_code([PASS, WARN], Severity.WARNING) is exit_code([minor], Severity.WARNING) is ExitCode.FINDINGS


def test_a_required_proof_that_is_missing_is_never_clean():
    unproven = run([question(FOUND, skipped("no means", unproven=True))], "dev")
    assert exit_code(unproven) is ExitCode.CLEAN
    assert exit_code(require_live(unproven)) is ExitCode.INCOMPLETE


def test_a_result_is_a_plain_record():
    assert isinstance(PASS, Result) and PASS.duration >= 0
