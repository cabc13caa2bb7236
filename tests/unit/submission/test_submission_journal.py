"""The journal remembers what was sent where, whatever happens in between."""

from __future__ import annotations

import sqlite3
import threading

import msgspec
import pytest

from integrations.submission.database import JournalError, connect
from integrations.submission.journal import Journal, Words, batch_hash
from integrations.submission.lock import BusyError, exclusively
from integrations.submission.records import Entry, Failure, Settings, State, Target

TARGET = Target("https://api.encord.com", "f", "Night", "i", "media")
WORDS = Words(("a.json",), ("00",), "dev", "media", "Night", Settings())
PLAIN = Settings()


def entries(count: int, first: int = 0) -> list[Entry]:
    raws = (msgspec.json.encode({"objectUrl": str(number)}) for number in range(first, first + count))
    return [Entry("images", raw, "a.json", line) for line, raw in enumerate(raws, 2)]


def keys(some: list[Entry]) -> list[bytes]:
    return [one.key(PLAIN) for one in some]


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / ".integrations" / "journal.sqlite3")
    yield made
    made.close()


@pytest.fixture
def target(journal) -> int:
    return journal.target(TARGET)


@pytest.fixture
def submission(journal, target) -> int:
    return journal.begin(target, WORDS, 9)


def test_what_is_in_a_batch_is_not_missing_and_failures_are(journal, target, submission):
    some = entries(4)
    assert journal.missing(target, keys(some)) == set(keys(some))
    batch = journal.add_batch(target, submission, PLAIN, some[:3])
    assert journal.missing(target, keys(some)) == set(keys(some[3:]))
    journal.finish(batch, [Failure(some[1], "no such object")])
    assert journal.missing(target, keys(some)) == {*keys(some[3:]), *keys(some[1:2])}
    tally = journal.tally(submission)
    assert (tally.registered, tally.failed) == (2, 1)


def test_a_failure_that_is_sent_again_is_no_failure_any_more(journal, target, submission):
    some = entries(2)
    journal.finish(journal.add_batch(target, submission, PLAIN, some), [Failure(some[0], "e"), Failure(some[1], "e")])
    again = journal.add_batch(target, submission, PLAIN, some)
    assert journal.tally(submission).unsent == 2
    journal.finish(again, [])
    assert (journal.tally(submission).registered, list(journal.failures(submission))) == (2, [])


def test_another_folder_knows_nothing_of_it(journal, target, submission):
    journal.add_batch(target, submission, PLAIN, entries(2))
    other = journal.target(Target("https://api.encord.com", "g", "Day", "i", "media"))
    assert other != target
    assert len(journal.missing(other, keys(entries(2)))) == 2


def test_the_same_words_are_the_same_submission(journal, target, submission):
    assert journal.begin(target, WORDS, 9) == submission
    assert journal.begin(target, msgspec.structs.replace(WORDS, digests=("11",)), 9) != submission


def test_files_that_were_valid_are_known_by_their_content(journal, target, submission):
    assert journal.begun(WORDS) == 9
    assert journal.begun(msgspec.structs.replace(WORDS, digests=("11",))) is None


def test_an_unfinished_batch_keeps_its_items_and_is_adopted_by_the_next_run(journal, target, submission):
    some = entries(3)
    batch = journal.running(journal.sending(journal.add_batch(target, submission, PLAIN, some)), "job-1")
    journal.finish(journal.add_batch(target, submission, PLAIN, entries(2, 10)), [])
    later = journal.begin(target, msgspec.structs.replace(WORDS, files=("b.json",)), 9)
    [left] = journal.unfinished(target)
    journal.adopt(later, [left])
    assert (left.id, left.state, left.job, left.attempts) == (batch.id, State.RUNNING, "job-1", 1)
    assert journal.entries(left) == some
    assert journal.tally(later).waiting == 3
    assert journal.submission_of_job("job-1") == later
    assert [one.id for one in journal.batches(later, State.RUNNING)] == [batch.id]


def test_a_cancelled_batch_is_sent_again_if_asked(journal, target, submission):
    some = entries(3)
    journal.finish(journal.add_batch(target, submission, PLAIN, some), (), State.CANCELLED)
    assert journal.tally(submission).cancelled == 3
    assert len(journal.missing(target, keys(some))) == 3


def test_a_split_loses_nothing(journal, target, submission):
    some = entries(5)
    parts = journal.split(journal.add_batch(target, submission, PLAIN, some))
    assert [journal.entries(part) for part in parts] == [some[:2], some[2:]]
    assert journal.tally(submission).unsent == 5


def test_forgetting_spares_what_is_under_way(journal, target, submission):
    journal.finish(journal.add_batch(target, submission, PLAIN, entries(3)), [])
    journal.add_batch(target, submission, PLAIN, entries(3, 3))
    journal.forget(target, keys(entries(6)))
    assert journal.missing(target, keys(entries(6))) == set(keys(entries(3)))


def test_forgetting_some_items_leaves_the_others_registered(journal, target, submission):
    journal.finish(journal.add_batch(target, submission, PLAIN, entries(3)), [])
    journal.forget(target, keys(entries(1)))
    assert journal.missing(target, keys(entries(3))) == set(keys(entries(1)))
    assert journal.tally(submission).registered == 2


def test_a_failure_is_not_forgotten_before_it_is_sent_again(journal, target, submission):
    some = entries(3)
    journal.finish(journal.add_batch(target, submission, PLAIN, some), [Failure(some[0], "e")])
    journal.forget(target, keys(some))
    assert (journal.tally(submission).registered, journal.tally(submission).failed) == (0, 1)
    journal.finish(journal.add_batch(target, submission, PLAIN, some), [])
    assert (journal.tally(submission).registered, journal.tally(submission).failed) == (3, 0)


def test_a_batch_is_known_by_its_content_in_its_order_and_by_what_is_asked():
    some = keys(entries(3))
    assert batch_hash(some, PLAIN) == batch_hash(some, Settings())
    assert len({batch_hash(some, PLAIN), batch_hash(some[::-1], PLAIN), batch_hash(some, Settings(False))}) == 3


def test_failures_come_in_the_order_of_the_file(journal, target, submission):
    some = entries(50)
    batch = journal.add_batch(target, submission, PLAIN, some)
    journal.finish(batch, [Failure(one, "e") for one in reversed(some)])
    assert [one.entry.line for one in journal.failures(submission)] == list(range(2, 52))


def test_two_processes_may_have_it_open(journal, target, submission):
    other = Journal(journal.path)
    try:
        other.add_batch(target, submission, PLAIN, entries(3))
        assert journal.missing(target, keys(entries(3))) == set()
    finally:
        other.close()


def test_a_full_disk_is_said_and_what_was_written_stays(journal, target, submission):
    journal.add_batch(target, submission, PLAIN, entries(3))
    [pages] = journal._db.execute("pragma page_count").fetchone()
    journal._db.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(JournalError, match=r"cannot be written .*full.*: nothing more was sent"):
        journal.add_batch(target, submission, PLAIN, entries(5000, 3))
    assert journal.tally(submission).unsent == 3


def test_a_place_where_nothing_can_be_written_is_said(tmp_path):
    (tmp_path / ".integrations").write_text("somebody's file")
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path / ".integrations" / "journal.sqlite3")


def test_a_journal_that_may_not_be_written_is_said_and_stays(journal, target, submission):
    journal._db.execute("pragma query_only = on")
    with pytest.raises(JournalError, match=r"cannot be written .*readonly"):
        journal.add_batch(target, submission, PLAIN, entries(3))
    assert journal.missing(target, keys(entries(3))) == set(keys(entries(3)))


def test_a_newer_version_is_refused_and_left_alone(journal):
    journal.close()
    with sqlite3.connect(journal.path) as db:
        db.execute("pragma user_version = 2")
    db.close()
    before = journal.path.read_bytes()
    with pytest.raises(JournalError, match="newer version"):
        connect(journal.path)
    assert journal.path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "journal.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("create table target (mine text)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="no journal of this command"):
        connect(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_refused_and_left_alone(tmp_path, damage):
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(damage)
    with pytest.raises(JournalError, match="is damaged"):
        connect(path)
    assert path.read_bytes() == damage


def test_only_one_is_in_the_block_and_the_next_comes_in_when_it_leaves(tmp_path):
    path, order = tmp_path / "journal.sqlite3", []
    waiting = threading.Event()

    def second() -> None:
        with exclusively(path, "folder Night", waiting.set):
            order.append("second")

    with exclusively(path, "folder Night", None):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        with (
            pytest.raises(BusyError, match="another process works on folder Night"),
            exclusively(path, "folder Night", None),
        ):
            order.append("nobody")
        with exclusively(path, "folder Day", None):
            order.append("another folder")
        order.append("first")
    thread.join(10)
    assert order == ["another folder", "first", "second"]
