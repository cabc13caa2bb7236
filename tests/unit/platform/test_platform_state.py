"""Settings, database and waiting: what the platform keeps and who it wakes."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.errors import ConfigurationError
from integrations_sandbox.platform.records import Source, Unit
from integrations_sandbox.platform.settings import Settings, prepare, read_settings, settings_path, write_settings
from integrations_sandbox.platform.store import Store, folders, jobs, people
from integrations_sandbox.platform.waiting import Waiters

ALICE = people.User("alice@acme.example", "user")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "platform.sqlite3")
    yield opened
    opened.close()


def a_folder(store: Store) -> str:
    values: dict[str, str | None] = {"name": "f", "description": "", "client_metadata": "{}", "parent": None}
    with store.write() as db:
        return folders.add_folder(db, ALICE.email, values)


def a_job(store: Store, units: int = 3, *, ignore_errors: bool = False) -> jobs.Job:
    new = jobs.NewJob(
        a_folder(store), "integration", ALICE.email, [Unit("image", (Source(f"https://h/{n}"),)) for n in range(units)],
        ignore_errors, False, False, None,
    )  # fmt: skip
    with store.write() as db:
        uuid = jobs.add_job(db, new)
    found = jobs.find_job(store.db, uuid)
    assert found is not None
    return found


def finish(store: Store, job: jobs.Job, *states: str) -> None:
    units = jobs.pending_units(store.db, job, len(states))
    with store.write() as db:
        jobs.finish_units(
            db, [jobs.Finished(unit.id, state, error="why") for unit, state in zip(units, states, strict=True)]
        )
        jobs.close_job(db, job)


def status(store: Store, job: jobs.Job) -> str:
    found = jobs.find_job(store.db, job.uuid)
    assert found is not None
    return found.status


def test_settings_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    made = prepare(tmp_path / "data")
    assert prepare(tmp_path / "data") == made == read_settings(tmp_path / "data")
    assert stat.S_IMODE(settings_path(tmp_path / "data").stat().st_mode) == 0o600


def test_settings_that_others_could_read_are_refused(tmp_path: Path) -> None:
    write_settings(tmp_path, Settings("token"))
    settings_path(tmp_path).chmod(0o644)
    with pytest.raises(ConfigurationError, match="open to other users") as refused:
        read_settings(tmp_path)
    assert "token'" not in str(refused.value)


@pytest.mark.parametrize("content", ["", "{}", '{"admin_token": "a", "adress": "b"}'])
def test_settings_that_are_wrong_are_refused(tmp_path: Path, content: str) -> None:
    write_settings(tmp_path, Settings("token"))
    settings_path(tmp_path).write_text(content)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_settings(tmp_path)


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.write() as db:
        people.put_user(db, ALICE, ["00"])
        db.execute("insert into public_key values ('01', 'nobody')")
    assert people.all_users(store.db) == []


def test_a_user_has_the_keys_that_were_given_last(store: Store) -> None:
    for keys in (["00", "11"], ["22"]):
        with store.write() as db:
            people.put_user(db, ALICE, keys)
    assert people.user_by_key(store.db, "22") == ALICE
    assert people.user_by_key(store.db, "00") is None


def test_a_token_expires(store: Store) -> None:
    with store.write() as db:
        people.put_user(db, ALICE, [])
        people.add_token(db, "digest", ALICE.email, expires=100.0)
    assert people.user_by_token(store.db, "digest", 99.0) == ALICE
    assert people.user_by_token(store.db, "digest", 100.0) is None


@pytest.mark.parametrize(
    ("states", "ignore_errors", "ends"),
    [
        (("done", "done", "done"), False, "DONE"),
        (("done", "error", "done"), False, "ERROR"),
        (("done", "error", "done"), True, "DONE"),
    ],
)
def test_how_a_job_ends(store: Store, states: tuple[str, ...], ignore_errors: bool, ends: str) -> None:
    job = a_job(store, ignore_errors=ignore_errors)
    finish(store, job, *states)
    assert status(store, job) == ends
    assert jobs.pending_jobs(store.db) == []


def test_a_job_that_ended_cannot_be_cancelled(store: Store) -> None:
    job = a_job(store, 1)
    finish(store, job, "done")
    with store.write() as db:
        assert jobs.cancel_job(db, job) == 0
    assert status(store, job) == "DONE"


def test_a_cancelled_job_does_not_become_done(store: Store) -> None:
    job = a_job(store)
    with store.write() as db:
        assert jobs.cancel_job(db, job) == 3
        jobs.close_job(db, job)
    assert status(store, job) == "CANCELLED"
    assert not jobs.is_pending(store.db, job)


def test_a_job_goes_with_its_folder(store: Store) -> None:
    job = a_job(store)
    with store.write() as db:
        folders.delete_folder(db, job.folder)
    assert jobs.find_job(store.db, job.uuid) is None
    assert store.db.execute("select count(*) from unit").fetchone()[0] == 0


def test_what_was_pending_is_pending_when_the_database_is_opened_again(tmp_path: Path) -> None:
    first = Store(tmp_path / "db")
    job = a_job(first)
    first.close()
    again = Store(tmp_path / "db")
    assert [pending.uuid for pending in jobs.pending_jobs(again.db)] == [job.uuid]
    assert [stored.unit.urls for stored in jobs.pending_units(again.db, job, 2)] == [["https://h/0"], ["https://h/1"]]
    again.close()


def test_who_waits_is_woken_and_nobody_else() -> None:
    async def scene() -> tuple[bool, bool]:
        waiters = Waiters()
        waiters.bind(asyncio.get_running_loop())
        with waiters.waiting("job") as mine, waiters.waiting("other") as other:
            await asyncio.to_thread(waiters.wake, "job")
            await asyncio.wait_for(mine.wait(), 5)
            return mine.is_set(), other.is_set()

    assert asyncio.run(scene()) == (True, False)


def test_waking_when_nobody_waits_or_serves_is_no_error() -> None:
    Waiters().wake("job")
