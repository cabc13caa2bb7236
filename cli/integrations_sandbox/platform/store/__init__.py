"""The platform's memory: SQLite on disk, short transactions, one connection per thread."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from integrations_sandbox.platform.store.schema import SCHEMA

_random = random.Random()  # noqa: S311 - for names of rows


class Store:
    """The database of one data folder.

    Write-ahead log with synchronous=NORMAL: what was committed survives the end of the
    process, however sudden (https://www.sqlite.org/wal.html).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._writing = threading.Lock()
        path.touch(mode=0o600)
        with self.write() as db:
            for statement in SCHEMA:
                db.execute(statement)

    @property
    def db(self) -> sqlite3.Connection:
        """This thread's connection, for reading."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=60)
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.execute("pragma foreign_keys = on")
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Close this thread's connection; those of other threads end with them."""
        self.db.close()
        del self._local.connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: everything in it, or nothing."""
        with self._writing:
            db = self.db
            db.execute("begin immediate")
            try:
                yield db
            except BaseException:
                db.execute("rollback")
                raise
            db.execute("commit")


def new_uuid() -> str:
    """A uuid for one of very many rows: no secret, so it need not be asked of the system, which lets other threads in."""
    return str(UUID(int=_random.getrandbits(128), version=4))


def now() -> str:
    """The time, as it stands in the database and on the wire."""
    return datetime.now(UTC).isoformat()
