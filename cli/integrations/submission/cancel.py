"""Cancels what is left of a submission, and writes down at once what that came to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from integrations.submission.database import journal_path
from integrations.submission.journal import Journal, Submission
from integrations.submission.lock import BusyError, exclusively
from integrations.submission.places import door_to
from integrations.submission.records import Batch, State


class Cancelled(Struct, frozen=True):
    """jobs: that were asked to stop; units: of them, not registered; unsent: items that were planned and are not sent;
    still_open: jobs that Encord does not call cancelled, because they had ended before or are ending still."""

    jobs: int
    units: int
    unsent: int
    still_open: int


def cancel(project: Path, submission: Submission) -> Cancelled:
    """Cancel the jobs and the planned batches of a submission. What is registered stays.

    Raises JournalError, and what Encord's answers are translated to.
    """
    path = journal_path(project)
    journal = Journal(path)
    try:
        jobs = journal.batches(submission.id, State.RUNNING)
        units, still_open = _stop(journal, submission, jobs) if jobs else (0, 0)
        return Cancelled(len(jobs), units, _leave_unsent(path, journal, submission), still_open)
    finally:
        journal.close()


def _stop(journal: Journal, submission: Submission, jobs: Sequence[Batch]) -> tuple[int, int]:
    """Cancel jobs. Returns how many units that were, and how many jobs are not called cancelled after it."""
    door = door_to(submission.target)
    units = still_open = 0
    for batch in jobs:
        job = batch.job or ""
        units += door.cancel(job)
        state = door.state(job, 0)
        if state.status == "CANCELLED":
            journal.counted(batch, state.done, state.failed, state.cancelled)
            journal.finish(batch, (), State.CANCELLED)
        else:
            still_open += 1
    return units, still_open


def _leave_unsent(path: Path, journal: Journal, submission: Submission) -> int:
    """Cancel what was only planned, unless another process is about to send it. Returns how many items that were."""
    try:
        with exclusively(path, submission.target.place, None):
            planned = journal.batches(submission.id, State.PLANNED)
            for batch in planned:
                journal.finish(batch, (), State.CANCELLED)
            return sum(batch.items for batch in planned)
    except BusyError:
        return 0
