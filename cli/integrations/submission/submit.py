"""A whole submission: validated, planned, locked, run, and what is left over written down."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from integrations.errors import ConfigurationError
from integrations.registration.source import STDIN
from integrations.submission.checked import Checked
from integrations.submission.database import journal_path
from integrations.submission.dispatch import Limits
from integrations.submission.events import Watcher
from integrations.submission.journal import Journal, Words
from integrations.submission.leftovers import write_failures, write_items
from integrations.submission.lock import exclusively
from integrations.submission.pace import FIRST, Pace
from integrations.submission.places import door_to, make_folder
from integrations.submission.plan import Plan, Sieve, digest
from integrations.submission.read import read_entries
from integrations.submission.records import Entry, Failure, Settings, Target
from integrations.submission.run import Result, Run


class Options(Struct, frozen=True):
    """How a submission is run. batch_size: fixed, or None if it adapts. anew: also what is registered already of
    these files."""

    limits: Limits = Limits()
    batch_size: int | None = None
    anew: bool = False
    wait_for_others: bool = True


class Report(Struct, frozen=True):
    """The end of a run, the first failures, and the file that all of them are in.

    left_out: bad items of the files that were not to be sent; they are in left_out_file.
    """

    result: Result
    failures: list[Failure]
    failed_file: str | None = None
    left_out: int = 0
    left_out_file: str | None = None


def checked_before(project: Path, words: Words) -> Checked | None:
    """What is known of files that were found valid before, and have not changed since.

    None if they have to be looked at: also where bad items are to be left out, because those are not on record.
    """
    path = journal_path(project)
    if words.skip_invalid or not path.exists():
        return None
    journal = Journal(path)
    try:
        items = journal.begun(words)
    finally:
        journal.close()
    return None if items is None else Checked(items, [], {}, [])


def plan(project: Path, words: Words, checked: Checked, target: Target, options: Options) -> Plan:
    """What a submission would do. Nothing is changed."""
    path = journal_path(project)
    journal = Journal(path) if path.exists() else None
    try:
        row = journal.find_target(target) if journal and not options.anew else None
        sieve = Sieve(journal, row, words.settings)
        for name in words.files:
            read_entries(name, sieve.count, checked.leave_out(name))
        unfinished = len(journal.unfinished(row)) if journal and row is not None else 0
    finally:
        if journal:
            journal.close()
    return Plan(target, dict(sieve.items), sieve.known, unfinished, options.batch_size or FIRST)


def submit(
    project: Path,
    words: Words,
    checked: Checked,
    target: Target,
    options: Options,
    *,
    watch: Watcher,
    on_wait: Callable[[], None],
    on_run: Callable[[Run], Callable[[], None]],
    listed: int,
) -> Report:
    """Register what is not registered. on_run is given the run before it starts, and gives what is called at each tick.

    Raises JournalError, BusyError, and what Encord's answers to the first questions are translated to.
    """
    path = journal_path(project)
    with exclusively(path, target.place, on_wait if options.wait_for_others else None):
        journal = Journal(path)
        try:
            target = make_folder(target)
            row = journal.target(target)
            if options.anew:
                _forget(journal, row, words, checked)
            submission = journal.begin(row, words, checked.items)
            left_out_file = _write_bad_items(words, checked, submission)
            run = Run(
                journal, door_to(target), target=row, submission=submission, settings=words.settings, watch=watch,
                limits=options.limits, pace=Pace(options.batch_size, True) if options.batch_size else None,
                items=checked.items - words.left_out,
            )  # fmt: skip
            run.tick = on_run(run)
            result = run.submit([(name, checked.leave_out(name)) for name in words.files])
            return _report(journal, words, result, listed, left_out_file)
        finally:
            journal.close()


def _forget(journal: Journal, target: int, words: Words, checked: Checked) -> None:
    """Forget the items of these files, and of no other: what others registered is not to be sent twice."""
    for name in words.files:
        read_entries(
            name,
            lambda entries: journal.forget(target, [entry.key(words.settings) for entry in entries]),
            checked.leave_out(name),
        )


def _report(journal: Journal, words: Words, result: Result, listed: int, left_out_file: str | None) -> Report:
    number = result.submission
    path = _beside(words, "failed", number)
    reasons = write_failures(path, lambda: journal.failures(number)) if result.tally.failed else None
    failures = list(itertools.islice(journal.failures(number), listed))
    return Report(result, failures, str(path) if reasons else None, words.left_out, left_out_file)


def _beside(words: Words, kind: str, submission: int) -> Path:
    """A file for items of a submission; its number keeps it from another's of the same name."""
    name = Path(words.files[0]).stem if len(words.files) == 1 else "submission"
    return Path(f"{name}.{kind}-{submission}.json")


def _write_bad_items(words: Words, checked: Checked, submission: int) -> str | None:
    """Write the items that validation found bad to a file, as far as they could be read; its name, if there are any."""
    if not words.left_out:
        return None
    path = _beside(words, "invalid", submission)
    for_all: list[Entry] = []
    for name in words.files:
        if checked.bad.get(name):
            bad = checked.bad[name]
            read_entries(name, for_all.extend, lambda section, index, bad=bad: (section, index) not in bad)  # type: ignore[misc]
    write_items(path, sorted({entry.section for entry in for_all}), lambda: for_all)
    return str(path)


def unchanged(words: Words) -> None:
    """Raise ConfigurationError unless the files are as they were when they were first submitted."""
    for name, known in zip(words.files, words.digests, strict=True):
        try:
            same = digest(name) == known
        except OSError as error:
            raise ConfigurationError(f"{name} cannot be read any more: {error.strerror}") from error
        if not same:
            raise ConfigurationError(f"{name} has changed since: submit it anew; what is registered is not sent again")


def words_of(
    project: Path,
    files: Sequence[str],
    env: str,
    integration: str,
    folder: str,
    settings: Settings,
    *,
    skip_invalid: bool,
) -> Words:
    """What was said, with whole paths and with standard input kept in a file, because it is read more than once."""
    paths = tuple(str(_keep_input(project) if name == STDIN else Path(name).resolve()) for name in files)
    try:
        digests = tuple(map(digest, paths))
    except OSError as error:
        raise ConfigurationError(f"{error.filename} cannot be read: {error.strerror}") from error
    return Words(paths, digests, env, integration, folder, settings, skip_invalid)


def _keep_input(project: Path) -> Path:
    folder = journal_path(project).parent
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "input.part"
    with draft.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    path = folder / f"input-{digest(str(draft))}"
    return draft.replace(path)
