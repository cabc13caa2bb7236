"""The journal: what was sent where, written down before it is sent.

Every item that was ever put into a batch is known here by a hash of its content, so the same
words said again send only what is missing. A batch is known by the hash of its content and of
where it goes. One object, one thread; several processes may have the file open.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from integrations.submission.database import connect, forced, told, transaction
from integrations.submission.records import UNCLEAR, UNFINISHED, Batch, Entry, Failure, Settings, State, Tally, Target

_ENTRIES = msgspec.msgpack.Decoder(list[Entry])
_ENTRY = msgspec.msgpack.Decoder(Entry)
_SETTINGS = msgspec.json.Decoder(Settings)
_ASKED_AT_ONCE = 500  # keys in one question: SQLite's limit on variables is far above


class Words(Struct, frozen=True):
    """What the operator said, to say it again.

    digests: of the files' content, so that a change is noticed. images: for an upload of local files, what those of
    one folder become; None for a registration. left_out: how many bad items of the files are, with skip_invalid.
    """

    files: tuple[str, ...]
    digests: tuple[str, ...]
    env: str
    integration: str
    folder: str
    settings: Settings
    skip_invalid: bool = False
    images: str | None = None
    left_out: int = 0


class Submission(Struct, frozen=True):
    """One run of `submit` and what became of it."""

    id: int
    target: Target
    words: Words
    started: str
    tally: Tally


class Journal:
    """The journal of a project. Every method raises JournalError if the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = connect(path)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with told(self.path), transaction(self._db):
            yield self._db

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with told(self.path):
            return self._db.execute(query, values).fetchall()

    # -- who sends what where -------------------------------------------------------------------

    def target(self, target: Target) -> int:
        """The row of a target, made at its first use."""
        with self._write() as db:
            db.execute(
                "insert into target (domain, folder, path, integration, title) values (?, ?, ?, ?, ?)"
                " on conflict (domain, folder, integration) do update set path = excluded.path, title = excluded.title",
                msgspec.structs.astuple(target),
            )
            row = db.execute(
                "select id from target where domain = ? and folder = ? and integration = ?",
                (target.domain, target.folder, target.integration),
            ).fetchone()
        return int(row["id"])

    def find_target(self, target: Target) -> int | None:
        """The row of a target, if anything was ever sent there."""
        rows = self._rows(
            "select id from target where domain = ? and folder = ? and integration = ?",
            (target.domain, target.folder, target.integration),
        )
        return int(rows[0]["id"]) if rows else None

    def begin(self, target: int, words: Words, items: int) -> int:
        """A new submission of so many items, or the earlier one with the same words."""
        text = msgspec.json.encode(words).decode()
        with self._write() as db:
            row = db.execute("select id from submission where target = ? and words = ?", (target, text)).fetchone()
            if row:
                return int(row["id"])
            values = (target, text, items, _now())
            insert = "insert into submission (target, words, items, started) values (?, ?, ?, ?)"
            made = db.execute(insert, values).lastrowid
        assert made is not None  # noqa: S101 - an insert has one
        return made

    def begun(self, words: Words) -> int | None:
        """How many items a submission with these words has, if there was one."""
        rows = self._rows("select items from submission where words = ?", (msgspec.json.encode(words).decode(),))
        return int(rows[0]["items"]) if rows else None

    def missing(self, target: int, keys: Sequence[bytes]) -> set[bytes]:
        """Which of these items are in no batch, or in a cancelled one, or failed."""
        known: set[bytes] = set()
        for start in range(0, len(keys), _ASKED_AT_ONCE):
            some = keys[start : start + _ASKED_AT_ONCE]
            query = (
                "select key from item join batch on batch.id = item.batch"  # noqa: S608 - question marks
                f" where item.target = ? and key in ({', '.join('?' * len(some))}) and state <> 'cancelled'"
                " and not exists (select 1 from failure where target = item.target and key = item.key)"
            )
            known.update(row["key"] for row in self._rows(query, (target, *some)))
        return set(keys) - known

    def forget(self, target: int, keys: Iterable[bytes]) -> None:
        """Forget that these items are registered, so that they are sent again.

        What is under way stays, and so do failures, which are sent again in any case and are still to be named.
        """
        with self._write() as db:
            db.executemany(
                "delete from item where target = ? and key = ?"
                " and batch in (select id from batch where state in ('finished', 'cancelled'))"
                " and not exists (select 1 from failure where target = item.target and key = item.key)",
                [(target, key) for key in keys],
            )

    # -- batches ------------------------------------------------------------------------------------

    def add_batch(self, target: int, submission: int, settings: Settings, entries: Sequence[Entry]) -> Batch:
        """Write a batch down, before anything of it is sent. Items that had failed are no failures any more."""
        with self._write() as db:
            return self._add(db, target, submission, settings, entries)

    def _add(
        self, db: sqlite3.Connection, target: int, submission: int, settings: Settings, entries: Sequence[Entry]
    ) -> Batch:
        keys = [entry.key(settings) for entry in entries]
        text = msgspec.json.encode(settings).decode()
        content = zlib.compress(msgspec.msgpack.encode(entries), 1)
        # The same content again is a batch whose items failed: it is opened anew.
        row = db.execute(
            """insert into batch (target, submission, hash, items, settings, state, changed_at, content)
            values (?, ?, ?, ?, ?, 'planned', ?, ?)
            on conflict (target, hash) do update set submission = excluded.submission, state = 'planned', job = null,
            sent_at = null, attempts = 0, done = 0, failed = 0, cancelled = 0, content = excluded.content
            returning id""",
            (target, submission, batch_hash(keys, settings), len(entries), text, _now(), content),
        ).fetchone()
        db.executemany("delete from failure where target = ? and key = ?", [(target, key) for key in keys])
        db.executemany("insert or replace into item values (?, ?, ?)", [(target, key, row["id"]) for key in keys])
        return Batch(row["id"], len(entries), settings, State.PLANNED)

    def entries(self, batch: Batch) -> list[Entry]:
        """The items of a batch that is not finished."""
        [row] = self._rows("select content from batch where id = ?", (batch.id,))
        return _ENTRIES.decode(zlib.decompress(row["content"]))

    def sending(self, batch: Batch) -> Batch:
        """Write down that a request is about to be made; on the disk before it is."""
        after = msgspec.structs.replace(
            batch, state=State.SENDING, attempts=batch.attempts + 1, sent_at=batch.sent_at or _now(), job=None
        )
        with told(self.path), forced(self._db):
            return self._change(after)

    def running(self, batch: Batch, job: str) -> Batch:
        """Write down that Encord has taken it as a job."""
        return self._change(msgspec.structs.replace(batch, state=State.RUNNING, job=job))

    def unclear(self, batch: Batch) -> Batch:
        """Write down that no answer came, so that nobody knows whether it was taken."""
        return self._change(msgspec.structs.replace(batch, state=State.AMBIGUOUS, job=None))

    def not_taken(self, batch: Batch) -> Batch:
        """Write down that Encord has surely not taken it."""
        return self._change(msgspec.structs.replace(batch, state=State.PLANNED, job=None))

    def _change(self, batch: Batch) -> Batch:
        with self._write() as db:
            db.execute(
                "update batch set state = ?, job = ?, attempts = ?, sent_at = ?, changed_at = ? where id = ?",
                (batch.state, batch.job, batch.attempts, batch.sent_at, _now(), batch.id),
            )
        return batch

    def counted(self, batch: Batch, done: int, failed: int, cancelled: int) -> None:
        """Write down how Encord counts it now."""
        with self._write() as db:
            db.execute(
                "update batch set done = ?, failed = ?, cancelled = ?, changed_at = ? where id = ?",
                (done, failed, cancelled, _now(), batch.id),
            )

    def finish(self, batch: Batch, failures: Iterable[Failure], state: State = State.FINISHED) -> None:
        """The batch has ended. Its items are registered, but for those that failed; which is not said if it was cancelled."""
        encode = msgspec.msgpack.encode
        rows = [
            (
                one.entry.key(batch.settings),
                batch.id,
                one.entry.file,
                one.entry.line,
                encode(one.entry),
                one.error,
                batch.id,
            )
            for one in failures
        ]
        with self._write() as db:
            db.executemany(
                "insert or replace into failure select target, ?, ?, ?, ?, ?, ? from batch where id = ?", rows
            )
            db.execute(
                "update batch set state = ?, content = null, changed_at = ? where id = ?", (state, _now(), batch.id)
            )

    def split(self, batch: Batch) -> list[Batch]:
        """Two batches of half the size instead of one that Encord would not take."""
        entries = self.entries(batch)
        middle = len(entries) // 2
        with self._write() as db:
            row = db.execute("select target, submission from batch where id = ?", (batch.id,)).fetchone()
            parts = [
                self._add(db, row["target"], row["submission"], batch.settings, part)
                for part in (entries[:middle], entries[middle:])
            ]
            db.execute(
                "update batch set state = 'split', content = null, changed_at = ? where id = ?", (_now(), batch.id)
            )
        return parts

    def unfinished(self, target: int) -> list[Batch]:
        """Batches of whatever submission to this target whose end is not known, the oldest first."""
        marks = ", ".join(f"'{state}'" for state in UNFINISHED)
        query = f"select * from batch where target = ? and state in ({marks}) order by id"  # noqa: S608 - our own words
        return [_batch(row) for row in self._rows(query, (target,))]

    def adopt(self, submission: int, batches: Iterable[Batch]) -> None:
        """From now on these batches are this submission's."""
        with self._write() as db:
            rows = [(submission, batch.id) for batch in batches]
            db.executemany("update batch set submission = ? where id = ?", rows)

    # -- what became of it ----------------------------------------------------------------------

    def failures(self, submission: int) -> Iterator[Failure]:
        """The items of a submission that failed and were not sent again since, in the order of the files."""
        query = (
            "select entry, error from failure join batch on batch.id = failure.batch"
            " where batch.submission = ? order by failure.file, failure.line"
        )
        with told(self.path):
            for row in self._db.execute(query, (submission,)):
                yield Failure(_ENTRY.decode(row["entry"]), row["error"])

    def tally(self, submission: int) -> Tally:
        """How many items of a submission are where."""
        rows = self._rows(
            "select state, count(*) as items from item join batch on batch.id = item.batch"
            " where batch.submission = ? group by state",
            (submission,),
        )
        [[failed]] = self._rows(
            "select count(*) from failure join batch on batch.id = failure.batch where batch.submission = ?",
            (submission,),
        )
        items = dict.fromkeys(State, 0) | {State(row["state"]): row["items"] for row in rows}
        return Tally(
            registered=items[State.FINISHED] - failed,
            failed=failed,
            cancelled=items[State.CANCELLED],
            waiting=items[State.RUNNING],
            unclear=sum(items[one] for one in UNCLEAR),
            unsent=items[State.PLANNED],
        )

    def submissions(self) -> list[Submission]:
        """Every submission, the newest first."""
        rows = self._rows(
            "select target.*, submission.id as number, words, started from submission"
            " join target on target.id = submission.target order by submission.id desc"
        )
        return [self._submission(row) for row in rows]

    def _submission(self, row: sqlite3.Row) -> Submission:
        target = Target(row["domain"], row["folder"], row["path"], row["integration"], row["title"])
        words = msgspec.json.decode(row["words"], type=Words)
        return Submission(row["number"], target, words, row["started"], self.tally(row["number"]))

    def batches(self, submission: int, state: State) -> list[Batch]:
        """The batches of a submission of which that is known, the oldest first."""
        query = "select * from batch where submission = ? and state = ? order by id"
        return [_batch(row) for row in self._rows(query, (submission, state))]

    def submission_of_job(self, job: str) -> int | None:
        """Which submission a job of Encord's belongs to."""
        rows = self._rows("select submission from batch where job = ?", (job,))
        return int(rows[0]["submission"]) if rows else None


def batch_hash(keys: Iterable[bytes], settings: Settings) -> bytes:
    """What a batch's content is known by: the items in their order, and what Encord is told about duplicates."""
    digest = hashlib.blake2b(msgspec.json.encode(settings), digest_size=16)
    for key in keys:
        digest.update(key)
    return digest.digest()


def _batch(row: sqlite3.Row) -> Batch:
    settings = _SETTINGS.decode(row["settings"])
    return Batch(row["id"], row["items"], settings, State(row["state"]), row["job"], row["attempts"], row["sent_at"])


def _now() -> str:
    return datetime.now(UTC).isoformat()
