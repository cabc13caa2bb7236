"""One process at a time for one folder: a second submission waits for the first, or says that it is there."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from integrations.errors import IntegrationsError
from integrations.submission.database import told

LOOK_SECONDS = 0.2


class BusyError(IntegrationsError):
    """Another process of this project works on the same folder."""


@contextmanager
def exclusively(journal: Path, subject: str, on_wait: Callable[[], None] | None) -> Iterator[None]:
    """Be the only process in this block for `subject`. The end of a process, however sudden, lets go.

    on_wait is called once if another process is in, and then it is waited for; without it
    BusyError is raised. A SQLite file is the lock, because that works wherever the journal does.
    """
    digest = hashlib.blake2b(subject.encode(), digest_size=8).hexdigest()
    path = journal.with_name(f"{digest}.lock")
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        while not _taken(db, path):
            if on_wait is None:
                raise BusyError(f"another process works on {subject}: let it end, or see registration list")
            on_wait()
            on_wait = _nothing
            time.sleep(LOOK_SECONDS)
        yield
    finally:
        db.close()


def _taken(db: sqlite3.Connection, path: Path) -> bool:
    with told(path):
        try:
            db.execute("begin exclusive")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return False
            raise
        return True


def _nothing() -> None:
    """Said already."""
