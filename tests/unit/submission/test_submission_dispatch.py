"""The dispatcher against an Encord made of a few lists: whatever it answers, every item is accounted for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from integrations.encord_client.failures import GoneError, NotSentError, RateLimitedError, RefusedError, TooLargeError
from integrations.encord_client.items import Listed
from integrations.encord_client.jobs import JobState, UnitError
from integrations.errors import NotAuthorisedError, UnreachableError
from integrations.registration.model import item_urls
from integrations.submission import dispatch
from integrations.submission.dispatch import Limits
from integrations.submission.events import Ending, Event, What
from integrations.submission.journal import Journal, Words
from integrations.submission.pace import Pace
from integrations.submission.records import Settings, Target
from integrations.submission.run import Run


class Encord:
    """Takes what `refuse` does not raise for; every job is done when it is asked for, but for the bad URLs."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.folder: list[str] = []
        self.bad: set[str] = set()
        self.refuse: Callable[[dict[str, Any]], Exception | None] = lambda _: None
        self.after: Callable[[dict[str, Any]], Exception | None] = lambda _: None
        self.answer: Callable[[JobState], JobState] = lambda state: state
        self.polls: Callable[[str], Exception | None] = lambda _: None
        self.jobs: dict[str, JobState] = {}
        self.aloft = self.most_aloft = 0
        self.holds: list[int] = []
        self._lock = threading.Lock()

    def start(self, body: dict[str, Any]) -> str:
        with self._lock:
            if (error := self.refuse(body)) is not None:
                raise error
            self.bodies.append(body)
            self.aloft += 1
            self.most_aloft = max(self.most_aloft, self.aloft)
            job = f"job-{len(self.bodies)}"
            self.jobs[job] = self._register(job, body)
            if (error := self.after(body)) is not None:
                raise error
            return job

    def _register(self, job: str, body: dict[str, Any]) -> JobState:
        items = [item for some in body.values() if isinstance(some, list) for item in some]
        urls = [tuple(item_urls(item)) for item in items]
        failed = [one for one in urls if self.bad.intersection(one)]
        for one in urls:
            if one not in failed and not (body.get("skip_duplicate_urls") and " ".join(one) in self.folder):
                self.folder.append(" ".join(one))
        errors = tuple(UnitError(one, "no such object") for one in failed)
        return JobState(job, "DONE", 0, len(urls) - len(failed), len(failed), 0, (), errors)

    def state(self, job: str, hold: int) -> JobState:
        self.holds.append(hold)
        if (error := self.polls(job)) is not None:
            raise error
        with self._lock:
            self.aloft -= 1
            return self.answer(self.jobs[job])

    def cancel(self, job: str) -> int:
        return 0

    def items_since(self, time: str):
        return iter([Listed("video", "n", url) for url in self.folder])


class Played(msgspec.Struct):
    result: Any
    events: list[Event]
    journal: Any
    submission: int

    def failed(self) -> dict[str, str]:
        return {one.entry.urls[0]: one.error for one in self.journal.failures(self.submission)}

    def told(self, what: What) -> list[str]:
        return [one.text for one in self.events if one.event is what]


@pytest.fixture
def encord(monkeypatch) -> Encord:
    monkeypatch.setattr(dispatch, "delay", lambda _: 0.0)
    monkeypatch.setattr(dispatch, "TICK", 0.01)
    return Encord()


@pytest.fixture
def submit(tmp_path, encord):
    """Submit videos named by numbers; again with the same journal at each call."""
    journal = Journal(tmp_path / "journal.sqlite3")
    target = journal.target(Target("d", "f", "Night", "i", "media"))

    def play(count: int, size: int = 10, settings: Settings | None = None, act=None, **limits: Any) -> Played:
        settings = settings or Settings()
        path = tmp_path / f"{count}.json"
        path.write_bytes(msgspec.json.encode({"videos": [{"objectUrl": str(n)} for n in range(count)]}))
        submission = journal.begin(target, Words((str(path),), ("",), "dev", "media", "Night", settings), count)
        events: list[Event] = []
        run = Run(
            journal, encord, target=target, submission=submission, settings=settings, watch=events.append,
            limits=Limits(**limits), pace=Pace(size, fixed=True), items=count,
        )  # fmt: skip
        if act:
            run.tick = lambda: act(run)
        return Played(run.submit([(str(path), None)]), events, journal, submission)

    yield play
    journal.close()


def once(error: Exception, times: int = 1) -> Callable[[object], Exception | None]:
    """Raises the first times."""
    left = [error] * times
    return lambda _: left.pop() if left else None


def urls(count: int) -> list[str]:
    return [str(number) for number in range(count)]


def test_everything_is_sent_in_batches_within_the_limit_in_flight(encord, submit):
    played = submit(100, size=10, in_flight=3)
    assert sorted(map(int, encord.folder)) == list(range(100))
    assert [len(body["videos"]) for body in encord.bodies] == [10] * 10
    assert encord.most_aloft <= 3
    assert (played.result.ending, played.result.tally.registered) == (Ending.COMPLETE, 100)


def test_bad_items_are_named_and_the_others_registered(encord, submit):
    encord.bad = {"3", "17"}
    played = submit(20)
    assert played.failed() == {"3": "no such object", "17": "no such object"}
    assert (played.result.tally.registered, played.result.tally.failed) == (18, 2)


def test_what_failed_is_sent_again_and_nothing_else(encord, submit):
    encord.bad = {"3"}
    submit(20)
    encord.bad, encord.bodies = set(), []
    played = submit(20)
    assert [body["videos"] for body in encord.bodies] == [[{"objectUrl": "3"}]]
    assert (played.result.known, played.result.tally.registered, played.failed()) == (19, 20, {})


@pytest.mark.parametrize("error", [UnreachableError("reset"), NotSentError("no route"), RateLimitedError("slow", 0.01)])
def test_a_request_that_fails_before_the_work_is_made_again(encord, submit, error):
    encord.refuse = once(error, times=3)
    played = submit(20)
    assert sorted(encord.folder, key=int) == urls(20)
    unclear = type(error) is UnreachableError
    assert len(played.told(What.AMBIGUOUS)) == (3 if unclear else 0)
    assert played.result.tally.registered == 20


def test_a_request_that_fails_after_the_work_registers_nothing_twice(encord, submit):
    encord.after = once(UnreachableError("reset"), times=2)
    played = submit(20, settings=Settings(skip_duplicates=False))
    assert sorted(encord.folder, key=int) == urls(20)
    assert played.result.tally.registered == 20
    assert [body.get("skip_duplicate_urls", False) for body in encord.bodies].count(True) == 2


def test_a_batch_that_is_too_large_is_halved_until_it_fits(encord, submit):
    encord.refuse = lambda body: TooLargeError("413") if len(body["videos"]) > 3 else None
    played = submit(20, size=20)
    assert sorted(encord.folder, key=int) == urls(20)
    assert max(len(body["videos"]) for body in encord.bodies) <= 3
    assert played.result.tally.registered == 20


def test_a_refusal_is_tracked_down_to_the_item_that_it_is_about(encord, submit):
    encord.refuse = lambda body: RefusedError("no") if {"objectUrl": "13"} in body["videos"] else None
    played = submit(20, size=20)
    assert played.failed() == {"13": "no"}
    assert sorted(encord.folder, key=int) == [url for url in urls(20) if url != "13"]


def test_a_folder_that_is_gone_ends_the_run_and_no_item_is_blamed(encord, submit):
    encord.refuse = lambda _: GoneError("there is no such folder")
    played = submit(20)
    assert (played.result.ending, played.result.reason) == (Ending.REFUSED, "there is no such folder")
    assert (played.failed(), played.result.tally.registered, encord.folder) == ({}, 0, [])


def test_if_every_item_is_refused_it_is_not_asked_for_each_of_thousands(encord, submit):
    asked: list[int] = []
    encord.refuse = lambda body: asked.append(1) or RefusedError("the integration is broken")
    played = submit(5000, size=1000, in_flight=1)
    assert played.result.ending is Ending.REFUSED
    assert len(played.failed()) == 20
    assert len(asked) < 100
    encord.refuse = lambda _: None
    assert submit(5000, size=1000).result.tally.registered == 5000


def test_units_that_were_cancelled_are_not_taken_to_be_registered(encord, submit):
    encord.answer = lambda state: msgspec.structs.replace(state, done=state.done - 1, cancelled=1)
    assert set(submit(5).failed().values()) == {"Encord cancelled 1 units and does not say which"}


def test_counts_that_do_not_add_up_are_asked_for_again_and_then_named(encord, submit):
    short = lambda state: msgspec.structs.replace(state, done=state.done - 1)  # noqa: E731
    encord.answer = short
    played = submit(5)
    assert len(encord.bodies) == 3
    assert set(played.failed().values()) == {"Encord counts 4 units where 5 items were sent"}
    assert encord.folder == urls(5)  # each time with duplicates skipped


def test_counts_that_do_not_add_up_once_are_no_failure(encord, submit):
    states = [0]

    def answer(state: JobState) -> JobState:
        states[0] += 1
        return msgspec.structs.replace(state, done=0) if states[0] == 1 else state

    encord.answer = answer
    assert submit(5).result.tally.registered == 5


def test_a_job_that_is_not_known_any_more_is_sent_again(encord, submit):
    encord.polls = once(RefusedError("there is no such job"))
    played = submit(5)
    assert (len(encord.bodies), encord.folder, played.result.tally.registered) == (2, urls(5), 5)


def test_a_poll_without_an_answer_changes_nothing(encord, submit):
    encord.polls = once(UnreachableError("reset"), times=3)
    played = submit(5)
    assert (len(encord.bodies), played.result.tally.registered) == (1, 5)


def test_credentials_that_are_refused_end_the_run_and_the_next_goes_on(encord, submit):
    encord.refuse = once(NotAuthorisedError("who are you"), times=99)
    played = submit(20)
    assert (played.result.ending, played.result.reason) == (Ending.NOT_AUTHORISED, "who are you")
    tally = played.result.tally
    assert (tally.unclear, tally.waiting, tally.unsent, tally.settled) == (0, 0, 20, False)
    assert encord.folder == []
    encord.refuse = lambda _: None
    assert submit(20).result.tally.registered == 20


def test_without_any_answer_it_gives_up_and_the_next_run_goes_on(encord, submit):
    encord.refuse = once(NotSentError("no route"), times=10**6)
    assert submit(20, silent=0.05).result.ending is Ending.UNREACHABLE
    encord.refuse = lambda _: None
    assert submit(20).result.tally.registered == 20


def test_without_any_answer_at_all_that_is_the_reason(encord, submit):
    ended = threading.Event()
    encord.polls = lambda _: ended.wait(10) and None
    played = submit(5, silent=0.05)
    ended.set()
    assert (played.result.ending, played.result.reason) == (Ending.UNREACHABLE, "Encord answered nothing for 0.05 s")


@pytest.mark.parametrize(("silent", "hold"), [(300.0, 15), (6.0, 3), (2.0, 1)])
def test_a_question_is_held_for_less_than_what_passes_for_silence(encord, submit, silent, hold):
    submit(5, silent=silent)
    assert encord.holds == [hold]


def test_without_any_progress_it_times_out(encord, submit):
    encord.answer = lambda state: msgspec.structs.replace(state, status="PENDING", done=0, pending=5)
    played = submit(5, stalled=0.05)
    assert (played.result.ending, played.result.tally.waiting) == (Ending.TIMED_OUT, 5)


def test_stopped_it_sends_nothing_more_and_the_next_run_goes_on(encord, submit):
    played = submit(100, size=5, in_flight=1, act=lambda run: run.stop())
    assert played.result.ending is Ending.STOPPED
    assert len(encord.folder) < 100
    tally = played.result.tally
    assert tally.registered + tally.waiting == len(encord.folder)
    assert len(encord.folder) + tally.unsent + played.result.unreached == played.result.total == 100
    assert submit(100).result.tally.registered == 100
    assert sorted(map(int, encord.folder)) == list(range(100))


def test_a_run_that_does_not_wait_leaves_the_jobs_to_the_next(encord, submit):
    played = submit(20, wait=False)
    assert (played.result.ending, played.result.tally.waiting) == (Ending.HANDED_OVER, 20)
    again = submit(20)
    assert (again.result.known, again.result.tally.registered, len(encord.bodies)) == (20, 20, 2)


def test_after_a_crash_the_folder_proves_what_came_through_and_the_rest_is_sent_with_duplicates_skipped(encord, submit):
    encord.refuse = lambda body: UnreachableError("reset") if {"objectUrl": "15"} in body["videos"] else None
    encord.after = lambda _: UnreachableError("reset")
    assert submit(20, silent=0.05).result.ending is Ending.UNREACHABLE
    assert set(encord.folder) == set(urls(10))
    encord.refuse = encord.after = lambda _: None
    encord.bodies = []
    played = submit(20)
    assert played.told(What.FINISHED)[0] == "no answer had come, and all its objects are in the folder"
    assert "0 of 10 items are in the folder" in played.told(What.AMBIGUOUS)[0]
    assert [(len(body["videos"]), body["skip_duplicate_urls"]) for body in encord.bodies] == [(10, True)]
    assert sorted(encord.folder, key=int) == urls(20)


def test_a_bug_is_no_network_fault(encord, submit):
    encord.refuse = once(ZeroDivisionError("ours"))
    with pytest.raises(ZeroDivisionError):
        submit(5)
