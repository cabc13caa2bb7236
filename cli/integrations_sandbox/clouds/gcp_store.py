"""The memory of the local Google Cloud: one SQLite file, and a file per object.

One process, one thread: whoever asks has the answer before anybody else may ask.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from integrations_sandbox.clouds.gcp_records import StoredObject
from integrations_sandbox.decoding import decode

R = TypeVar("R", bound=Struct)

# An upper end for names that begin with a prefix: no name goes on with this character, which is no character.
END = "\U0010ffff"
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS records (kind TEXT, id TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT, name TEXT, body BLOB NOT NULL, PRIMARY KEY (bucket, name)
) WITHOUT ROWID;
"""


class Store:
    """Records by their kind and id, and objects in the order of their names."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "cloud.sqlite3", isolation_level=None)
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def get(self, kind: type[R], key: str) -> R | None:
        """The record of this kind and id."""
        row = self._db.execute("SELECT body FROM records WHERE kind = ? AND id = ?", (kind.__name__, key)).fetchone()
        return None if row is None else decode(row[0], kind)

    def put(self, key: str, record: Struct) -> None:
        """Keep a record, in place of the one that had its id."""
        row = (type(record).__name__, key, msgspec.json.encode(record))
        self._db.execute("REPLACE INTO records VALUES (?, ?, ?)", row)

    def remove(self, kind: type[R], key: str) -> None:
        """Forget a record, if there is one."""
        self._db.execute("DELETE FROM records WHERE kind = ? AND id = ?", (kind.__name__, key))

    def all(self, kind: type[R], after: str = "") -> list[R]:
        """Every record of a kind whose id comes after `after`, by id."""
        question = "SELECT body FROM records WHERE kind = ? AND id > ? ORDER BY id"
        return [decode(body, kind) for (body,) in self._db.execute(question, (kind.__name__, after))]

    def object(self, bucket: str, name: str) -> StoredObject | None:
        """The object of this name."""
        question = "SELECT body FROM objects WHERE bucket = ? AND name = ?"
        row = self._db.execute(question, (bucket, name)).fetchone()
        return None if row is None else decode(row[0], StoredObject)

    def put_object(self, stored: StoredObject) -> None:
        """Keep an object, in place of the one that had its name."""
        row = (stored.bucket, stored.name, msgspec.json.encode(stored))
        self._db.execute("REPLACE INTO objects VALUES (?, ?, ?)", row)

    def remove_object(self, bucket: str, name: str) -> None:
        """Forget an object."""
        self._db.execute("DELETE FROM objects WHERE bucket = ? AND name = ?", (bucket, name))

    def objects(self, bucket: str, start: str, end: str) -> Iterator[StoredObject]:
        """The objects with start <= name < end, in the order of their UTF-8 bytes, as Google lists them."""
        question = "SELECT body FROM objects WHERE bucket = ? AND name >= ? AND name < ? ORDER BY name"
        for (body,) in self._db.execute(question, (bucket, start, end)):
            yield decode(body, StoredObject)
