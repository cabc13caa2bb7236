"""What is not right yet is asked again, with growing pauses, until it is right or time is up."""

from __future__ import annotations

import pytest

from integrations.checks.catalogue import CheckId
from integrations.checks.records import Obstacle, Status, failed, passed, skipped, unknown, warned
from integrations.checks.runner import Question, run
from integrations.checks.waiting import FINDINGS, NOT_RIGHT, until_right

FOUND, READ, OTHER = CheckId.ROLE_FOUND, CheckId.PROBE_OBJECT_READ, CheckId.BUCKET_FOUND


class Cloud:
    """Answers to the three questions, try by try; its clock goes on only while one sleeps."""

    def __init__(self, *reads, others=()):
        self.reads, self.others = list(reads), list(others)
        self.now, self.pauses, self.asked, self.said = 0.0, [], [], []

    def ask(self, only):
        self.asked.append(None if only is None else {key[1] for key in only})
        found = Question("images", "aws", FOUND, "r", lambda: self.reads.pop(0))
        read = Question("images", "aws", READ, "b", lambda: passed("read"), (found.key,))
        other = Question("images", "aws", OTHER, "b", lambda: self.others.pop(0) if self.others else passed("there"))
        return run([found, read, other], "dev", only=only)

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    def wait(self, seconds, wait_for=NOT_RIGHT):
        clock = {"clock": lambda: self.now, "sleep": self.sleep}
        results = until_right(self.ask, seconds, self.said.append, wait_for=wait_for, **clock)
        return {result.id: result for result in results}


NOT_YET = failed("refused", "wait")


def test_what_is_right_is_asked_once():
    cloud = Cloud(passed("there"))
    assert all(one.tries == 1 for one in cloud.wait(90).values())
    assert (cloud.asked, cloud.pauses, cloud.said) == ([None], [], [])


@pytest.mark.parametrize("first", [NOT_YET, unknown("denied", Obstacle.RIGHTS)])
def test_what_failed_or_stayed_unknown_is_asked_again_with_what_waited_for_it(first):
    cloud = Cloud(first, NOT_YET, passed("there"))
    results = cloud.wait(90)
    assert {one.status for one in results.values()} == {Status.PASS}
    assert (results[FOUND].tries, results[READ].tries, results[OTHER].tries) == (3, 3, 1)
    assert cloud.asked == [None, {FOUND, READ}, {FOUND, READ}]
    assert cloud.pauses == [2.0, 4.0]
    assert cloud.said[0] == "2 of 3 are not right yet: asking again in 2 s"


def test_when_time_is_up_the_last_answer_stands():
    cloud = Cloud(*[NOT_YET] * 9)
    results = cloud.wait(30)
    assert results[FOUND].status is Status.FAIL
    assert results[READ].because == FOUND
    assert cloud.pauses == [2.0, 4.0, 8.0, 15.0, 1.0]


def test_without_waiting_nothing_is_asked_twice():
    cloud = Cloud(NOT_YET)
    assert cloud.wait(0)[FOUND].tries == 1


def test_what_waits_for_a_person_is_not_waited_for():
    cloud = Cloud(skipped("awaiting Encord"))
    assert cloud.wait(90)[READ].because == FOUND
    assert (cloud.asked, cloud.pauses) == ([None], [])


def test_a_warning_is_asked_again_with_what_failed_and_is_not_told_once_it_is_mended():
    cloud = Cloud(NOT_YET, passed("there"), others=[warned("half", "mend it")])
    assert {one.status for one in cloud.wait(90).values()} == {Status.PASS}
    assert cloud.pauses == [2.0]


@pytest.mark.parametrize(("wait_for", "status"), [(FINDINGS, Status.PASS), (NOT_RIGHT, Status.WARNING)])
def test_a_warning_is_waited_for_if_it_counts(wait_for, status):
    cloud = Cloud(*[passed("there")] * 3, others=[warned("half", "mend it")] * 2)
    assert cloud.wait(90, wait_for)[OTHER].status is status
