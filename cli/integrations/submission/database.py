"""The journal's file: opened and judged. Every way in which it can be wrong is one clear sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrations.errors import IntegrationsError
from integrations.submission.schema import APPLICATION, SCHEMA, VERSION

FOLDER = ".integrations"
FILE = "journal.sqlite3"
WAIT_SECONDS = 60  # for another process that is writing; its transactions are short


class JournalError(IntegrationsError):
    """The journal cannot be used. Nothing was sent that is not in it."""


def journal_path(project: Path) -> Path:
    """Where the journal of a project is."""
    return project / FOLDER / FILE


def connect(path: Path) -> sqlite3.Connection:
    """Open the journal, make it if there is none. Raises JournalError, and then has changed nothing.

    Write-ahead log with synchronous=NORMAL: what was committed survives the end of the process, however sudden;
    see `forced` for that of the machine.
    """
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
        db = sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)
        try:
            _judge(db, path)
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = normal")
            db.execute("pragma foreign_keys = on")
            db.row_factory = sqlite3.Row
            _prepare(db)
        except BaseException:
            db.close()
            raise
        return db


def _judge(db: sqlite3.Connection, path: Path) -> None:
    """Raise JournalError unless this is a journal that this version can read, and whole."""
    [application] = db.execute("pragma application_id").fetchone()
    [version] = db.execute("pragma user_version").fetchone()
    [tables] = db.execute("select count(*) from sqlite_master").fetchone()
    if tables and application != APPLICATION:
        raise JournalError(f"{path} is a database, but no journal of this command: move it away")
    if version > VERSION:
        raise JournalError(
            f"{path} was written by a newer version of integrations (journal {version}, this one reads up to {VERSION}):"
            " use that version"
        )
    [problem] = db.execute("pragma quick_check(1)").fetchone()
    if problem != "ok":
        raise sqlite3.DatabaseError(problem)


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables, if nobody has; two processes may try at once."""
    with transaction(db):
        if db.execute("pragma user_version").fetchone()[0] == 0:
            for statement in SCHEMA:
                db.execute(statement)
            db.execute(f"pragma application_id = {APPLICATION}")
            db.execute(f"pragma user_version = {VERSION}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Everything in it, or nothing."""
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise
    db.execute("commit")


@contextmanager
def forced(db: sqlite3.Connection) -> Iterator[None]:
    """A block whose transaction, with all those before it, is on the disk when it ends.

    It survives the end of the machine's power (https://www.sqlite.org/pragma.html#pragma_synchronous).
    """
    db.execute("pragma synchronous = full")
    try:
        yield
    finally:
        db.execute("pragma synchronous = normal")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """A block whose errors of file system and database become a JournalError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise JournalError(f"the journal {path} cannot be written ({error}): nothing more was sent") from error
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"the journal {path} is damaged ({error}); it was left as it is: put back a copy, or move it away and"
            " submit again: what is in the folder already is skipped"
        ) from error
    except OSError as error:
        raise JournalError(f"the journal {path} cannot be opened: {error.strerror}") from error
