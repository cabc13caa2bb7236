"""After a cancellation the books are closed, as far as Encord has said how it ended."""

from __future__ import annotations

import msgspec
import pytest

from integrations.encord_client.jobs import JobState
from integrations.submission import cancel as module
from integrations.submission.cancel import Cancelled, cancel
from integrations.submission.database import journal_path
from integrations.submission.journal import Journal, Words
from integrations.submission.lock import exclusively
from integrations.submission.records import Entry, Settings, State, Tally, Target

TARGET = Target("d", "f", "Night", "i", "media")


class Door:
    """Cancels every job but those that had ended."""

    def __init__(self, *ended: str) -> None:
        self.ended = ended

    def cancel(self, job: str) -> int:
        return 0 if job in self.ended else 2

    def state(self, job: str, hold: int) -> JobState:
        return JobState(job, "DONE" if job in self.ended else "CANCELLED", 0, 0, 0, 2, (), ())


@pytest.fixture
def journal(tmp_path):
    """Two jobs of two items each, and two items that are only planned, of submission 1."""
    made = Journal(journal_path(tmp_path))
    target = made.target(TARGET)
    submission = made.begin(target, Words(("a.json",), ("0",), "dev", "media", "Night", Settings()), 6)
    for number in range(3):
        raws = [msgspec.json.encode({"objectUrl": f"{number}-{one}"}) for one in range(2)]
        entries = [Entry("images", raw, "a.json", 1) for raw in raws]
        batch = made.add_batch(target, submission, Settings(), entries)
        if number:
            made.running(made.sending(batch), f"job-{number}")
    yield made
    made.close()


def test_what_was_under_way_and_what_was_planned_is_written_down_as_cancelled(tmp_path, journal, monkeypatch):
    monkeypatch.setattr(module, "door_to", lambda _: Door())
    [submission] = journal.submissions()
    assert cancel(tmp_path, submission) == Cancelled(jobs=2, units=4, unsent=2, still_open=0)
    assert journal.tally(submission.id) == Tally(cancelled=6)


def test_a_job_that_had_ended_before_stays_open_until_it_is_heard(tmp_path, journal, monkeypatch):
    monkeypatch.setattr(module, "door_to", lambda _: Door("job-1"))
    [submission] = journal.submissions()
    assert cancel(tmp_path, submission).still_open == 1
    assert journal.tally(submission.id) == Tally(cancelled=4, waiting=2)
    assert [one.job for one in journal.batches(submission.id, State.RUNNING)] == ["job-1"]


def test_what_another_process_is_about_to_send_is_left_to_it(tmp_path, journal, monkeypatch):
    monkeypatch.setattr(module, "door_to", lambda _: Door())
    [submission] = journal.submissions()
    with exclusively(journal.path, TARGET.place, None):
        assert cancel(tmp_path, submission).unsent == 0
    assert journal.tally(submission.id) == Tally(cancelled=4, unsent=2)
