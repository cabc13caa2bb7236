"""A whole upload: locked, run, reported."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

from integrations.submission.database import journal_path
from integrations.submission.events import Watcher
from integrations.submission.journal import Journal, Words
from integrations.submission.local import Found
from integrations.submission.lock import exclusively
from integrations.submission.places import door_to, make_folder
from integrations.submission.records import Target
from integrations.submission.run import Running
from integrations.submission.submit import Report
from integrations.submission.upload import Upload


def upload_items(
    project: Path,
    words: Words,
    found: Found,
    target: Target,
    at_once: int,
    *,
    watch: Watcher,
    on_wait: Callable[[], None],
    on_run: Callable[[Running], Callable[[], None]],
    listed: int,
) -> Report:
    """Upload what is not there. See submit.submit for the last four. Raises ConfigurationError for an unreadable file."""
    path = journal_path(project)
    with exclusively(path, target.place, on_wait):
        journal = Journal(path)
        try:
            target = make_folder(target)
            row = journal.target(target)
            submission = journal.begin(row, words, len(found.items))
            run = Upload(journal, door_to(target), watch, target=row, submission=submission, at_once=at_once)
            run.tick = on_run(run)
            result = run.run(found.items)
            return Report(result, list(itertools.islice(journal.failures(submission), listed)), None)
        finally:
            journal.close()
