"""`integrations registration status|list|cancel`: what became of submissions."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from integrations.commands.options import Format, FormatOption, project_root
from integrations.commands.output import emit, say
from integrations.errors import ExitCode, NothingMatchedError

if TYPE_CHECKING:
    from integrations.submission.journal import Journal, Submission

SHOWN = 20

Which = Annotated[
    str | None, typer.Argument(help="A submission's number, or a job's id at Encord; else the last submission.")
]


def _journal() -> Journal:
    from integrations.submission.database import journal_path
    from integrations.submission.journal import Journal

    path = journal_path(project_root())
    if not path.exists():
        raise NothingMatchedError(f"nothing was ever submitted from here: there is no {path}")
    return Journal(path)


def one_submission(which: int | str | None) -> Submission:
    """The submission of that number, of that job, or the last. Raises NothingMatchedError."""
    journal = _journal()
    try:
        number = journal.submission_of_job(which) if isinstance(which, str) and not which.isdecimal() else which
        known = journal.submissions()
    finally:
        journal.close()
    if which is None and known:
        return known[0]
    found = [one for one in known if number is not None and one.id == int(number)]
    if not found:
        raise NothingMatchedError(f"there is no submission {which}: integrations registration list")
    return found[0]


def list_(format: FormatOption = Format.TEXT) -> None:
    """List every submission of this project, the newest first."""
    from integrations.reports import submission as reports

    journal = _journal()
    try:
        known = journal.submissions()
    finally:
        journal.close()
    emit(reports.submissions_json(known) if format is Format.JSON else reports.submissions_text(known))


def status(which: Which = None, format: FormatOption = Format.TEXT) -> int:
    """Say how far a submission is: what the journal knows, and how Encord counts what is under way."""
    from integrations.reports import submission as reports
    from integrations.submission.places import door_to
    from integrations.submission.records import State

    found = one_submission(which)
    journal = _journal()
    try:
        jobs = journal.batches(found.id, State.RUNNING)
        failures = list(itertools.islice(journal.failures(found.id), SHOWN))
    finally:
        journal.close()
    door = door_to(found.target) if jobs else None
    states = [door.state(batch.job or "", 0) for batch in jobs] if door else []
    if format is Format.JSON:
        record: dict[str, Any] = msgspec.to_builtins(found)
        emit(json.dumps({"schema_version": 1, **record, "jobs": msgspec.to_builtins(states)}, indent=2))
    else:
        emit(reports.status_text(found, states, failures))
    if not found.tally.settled:
        return ExitCode.TIMED_OUT
    if found.tally.failed or found.words.left_out:
        return ExitCode.FINDINGS
    return ExitCode.CANCELLED if found.tally.cancelled else ExitCode.CLEAN


def cancel(which: Which = None) -> int:
    """Cancel what is under way or planned of a submission. What is registered stays."""
    from integrations.submission.cancel import cancel as work

    found = one_submission(which)
    done = work(project_root(), found)
    unsent = f"; {done.unsent:,} items that were planned are not sent" if done.unsent else ""
    emit(f"submission {found.id}: {done.jobs} jobs cancelled, {done.units:,} items of them not registered{unsent}")
    resume = f"integrations registration resume {found.id}"
    if done.still_open:
        say(f"{done.still_open} jobs had ended before, or end still: to hear how, and to go on: {resume}")
    elif done.jobs or done.unsent:
        say(f"to go on after all: {resume}")
    return ExitCode.CLEAN


def add_to(app: typer.Typer) -> None:
    """Register the commands on the group `integrations registration`."""
    app.command("list")(list_)
    app.command()(status)
    app.command()(cancel)
