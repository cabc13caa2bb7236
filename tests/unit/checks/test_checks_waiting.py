"""What is not right yet is asked again, with growing pauses, until it is right or time is up."""

from __future__ import annotations

import pytest

from integrations.checks.catalogue import CheckId
from integrations.checks.records import Obstacle, Status, failed, passed, skipped, unknown
from integrations.checks.runner import Question, run
from integrations.checks.waiting import until_right

FOUND, READ, OTHER = CheckId.ROLE_FOUND, CheckId.PROBE_OBJECT_READ, CheckId.BUCKET_FOUND


class Cloud:
    """Answers to the three questions, try by try; its clock goes on only while one sleeps."""

    def __init__(self, *reads):
        self.reads, self.now, self.pauses, self.asked, self.said = list(reads), 0.0, [], [], []

    def ask(self, only):
        self.asked.append(None if only is None else {key[1] for key in only})
        found = Question("images", "aws", FOUND, "r", lambda: self.reads.pop(0))
        read = Question("images", "aws", READ, "b", lambda: passed("read"), (found.key,))
        other = Question("images", "aws", OTHER, "b", lambda: passed("there"))
        return run([found, read, other], "dev", only=only)

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds

    def wait(self, seconds):
        results = until_right(self.ask, seconds, self.said.append, clock=lambda: self.now, sleep=self.sleep)
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
