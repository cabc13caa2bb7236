"""Registration jobs and their units: written down before any work, so that a crash loses nothing.

A unit's state and the items it becomes are written in one transaction. So a unit is either
still pending, and will be done again, or done with everything that belongs to it.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from integrations_sandbox.decoding import decode
from integrations_sandbox.platform.records import Unit
from integrations_sandbox.platform.store import new_uuid, now

STATES = ("pending", "done", "error", "cancelled")


class Job(Struct, frozen=True):
    """One registration. id: its row; status: PENDING, DONE, ERROR or CANCELLED."""

    id: int
    uuid: str
    folder: str
    integration: str
    owner: str
    status: str
    ignore_errors: bool
    skip_duplicates: bool
    upsert_metadata: bool
    file_name: str | None


class StoredUnit(Struct, frozen=True):
    """A unit with its row number and its name in error reports."""

    id: int
    uuid: str
    unit: Unit


class Finished(Struct, frozen=True):
    """How a unit ended. item and name: what it became; both None for a duplicate that was skipped."""

    id: int
    state: str
    item: str | None = None
    name: str | None = None
    error: str | None = None


class NewJob(Struct, frozen=True):
    """A registration as it was asked for."""

    folder: str
    integration: str
    owner: str
    units: Sequence[Unit]
    ignore_errors: bool
    skip_duplicates: bool
    upsert_metadata: bool
    file_name: str | None


def add_job(db: sqlite3.Connection, new: NewJob) -> str:
    """Write a job down with all its units; returns its uuid."""
    job = str(uuid.uuid4())
    row = db.execute(
        """insert into job (uuid, folder, integration, owner, status, ignore_errors, skip_duplicates, upsert_metadata,
        file_name, created_at) values (?, ?, ?, ?, 'PENDING', ?, ?, ?, ?, ?)""",
        (
            job, new.folder, new.integration, new.owner, new.ignore_errors, new.skip_duplicates, new.upsert_metadata,
            new.file_name, now(),
        ),
    ).lastrowid  # fmt: skip
    encode = msgspec.json.Encoder().encode
    rows = ((new_uuid(), row, encode(unit)) for unit in new.units)
    db.executemany("insert into unit (uuid, job, spec) values (?, ?, ?)", rows)
    return job


def find_job(db: sqlite3.Connection, job: str) -> Job | None:
    """One job."""
    row = db.execute("select * from job where uuid = ?", (job,)).fetchone()
    return _job(row) if row else None


def pending_jobs(db: sqlite3.Connection) -> list[Job]:
    """The jobs that are not finished, the oldest first."""
    return [_job(row) for row in db.execute("select * from job where status = 'PENDING' order by id")]


def pending_units(db: sqlite3.Connection, job: Job, limit: int) -> list[StoredUnit]:
    """The next units of a job."""
    rows = db.execute(
        "select id, uuid, spec from unit where job = ? and state = 'pending' order by id limit ?", (job.id, limit)
    )
    return [StoredUnit(row["id"], row["uuid"], decode(row["spec"], Unit)) for row in rows]


def finish_units(db: sqlite3.Connection, finished: Iterable[Finished]) -> None:
    """Write down how units ended."""
    rows = [(unit.state, unit.item, unit.name, unit.error, unit.id) for unit in finished]
    db.executemany("update unit set state = ?, item = ?, name = ?, error = ? where id = ?", rows)


def counts(db: sqlite3.Connection, job: Job) -> dict[str, int]:
    """How many units are in each state."""
    rows = db.execute("select state, count(*) as count from unit where job = ? group by state", (job.id,))
    return dict.fromkeys(STATES, 0) | {row["state"]: row["count"] for row in rows}


def close_job(db: sqlite3.Connection, job: Job) -> None:
    """The end of a job without pending units: ERROR if a unit failed and errors count, else DONE."""
    failed = counts(db, job)["error"] > 0 and not job.ignore_errors
    db.execute("update job set status = ? where id = ? and status = 'PENDING'", ("ERROR" if failed else "DONE", job.id))


def cancel_job(db: sqlite3.Connection, job: Job) -> int:
    """Stop a job where it is; returns how many units will not be done. What is done stays."""
    stopped = db.execute("update job set status = 'CANCELLED' where id = ? and status = 'PENDING'", (job.id,)).rowcount
    if not stopped:
        return 0
    return db.execute("update unit set state = 'cancelled' where job = ? and state = 'pending'", (job.id,)).rowcount


def end_in_error(db: sqlite3.Connection, job: Job, error: str) -> None:
    """End a job as ERROR, with this as the error of every unit that was not done."""
    db.execute("update unit set state = 'error', error = ? where job = ? and state = 'pending'", (error, job.id))
    db.execute("update job set status = 'ERROR' where id = ? and status = 'PENDING'", (job.id,))


def is_pending(db: sqlite3.Connection, job: Job) -> bool:
    """Whether the job is still to be worked on: it was neither cancelled nor deleted with its folder."""
    return db.execute("select 1 from job where id = ? and status = 'PENDING'", (job.id,)).fetchone() is not None


def made_items(db: sqlite3.Connection, job: Job) -> list[tuple[str, str]]:
    """uuid and name of every item that the job made, in the order of its units."""
    query = "select item, name from unit where job = ? and state = 'done' and item is not null order by id"
    return [(row["item"], row["name"]) for row in db.execute(query, (job.id,))]


def failed_units(db: sqlite3.Connection, job: Job) -> list[tuple[StoredUnit, str]]:
    """The units that failed, and why, in order."""
    query = "select id, uuid, spec, error from unit where job = ? and state = 'error' order by id"
    return [
        (StoredUnit(row["id"], row["uuid"], decode(row["spec"], Unit)), row["error"])
        for row in db.execute(query, (job.id,))
    ]


def _job(row: sqlite3.Row) -> Job:
    return Job(
        row["id"], row["uuid"], row["folder"], row["integration"], row["owner"], row["status"],
        bool(row["ignore_errors"]), bool(row["skip_duplicates"]), bool(row["upsert_metadata"]), row["file_name"],
    )  # fmt: skip
