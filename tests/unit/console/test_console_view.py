"""What the console shows of the platform's memory."""

from __future__ import annotations

import pytest

from integrations_sandbox.platform.clouds.door import ObjectProblem
from integrations_sandbox.platform.console import view
from integrations_sandbox.platform.records import Facts, NewItem, Source, Unit
from integrations_sandbox.platform.store import Store, folders, items, jobs

ME = "me@acme.example"
TITLES = {"i1": "Acme media"}


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "platform.sqlite3")
    yield store
    store.close()


def _folder(store, name, parent=None):
    with store.write() as db:
        values = {"name": name, "description": "", "client_metadata": "{}", "parent": parent}
        return folders.add_folder(db, ME, values)


def _item(name, kind="image", *children, url=None):
    object_url = url or (None if children else f"https://bucket/{name}")
    return NewItem(f"uuid-{name}", kind, name, Facts(), object_url, object_url, children=children)


def _put(store, folder, *new):
    with store.write() as db:
        items.add_items(db, folder, ME, "i1", new)


def _views(store, folder, sign=lambda row: f"{row['object_url']}?signed"):
    return view.item_views(store.db, view.items_of(store.db, folder, None, 100), TITLES, sign)


def test_folders_come_with_their_parents_and_a_group_counts_as_one_item(store):
    above = _folder(store, "Vehicles")
    below = _folder(store, "2026", above)
    _put(store, below, _item("a"), _item("group", "imageGroup", _item("b"), _item("c")))
    assert view.folders(store.db) == [
        view.FolderView(below, above, "2026", 2), view.FolderView(above, None, "Vehicles", 0)
    ]  # fmt: skip


def test_items_come_by_name_page_by_page(store):
    folder = _folder(store, "Vehicles")
    _put(store, folder, *(_item(name) for name in "dbca"))
    first = view.items_of(store.db, folder, None, 3)
    rest = view.items_of(store.db, folder, (first[-1]["name"], first[-1]["id"]), 3)
    assert ([row["name"] for row in first], [row["name"] for row in rest]) == (["a", "b", "c"], ["d"])


def test_a_group_is_shown_by_its_first_part_and_a_sequence_by_its_video(store):
    folder = _folder(store, "Vehicles")
    video = "https://bucket/made.mp4"
    sequence = _item("sequence", "imageSequence", _item("c"), url=video)
    _put(store, folder, _item("group", "imageGroup", _item("a"), _item("b")), sequence)
    group, sequence = _views(store, folder)
    assert (group.parts, group.shown) == (2, view.Medium("uuid-a", "image", "https://bucket/a?signed"))
    assert (sequence.parts, sequence.shown) == (1, view.Medium("uuid-sequence", "video", f"{video}?signed"))


def test_an_item_that_cannot_be_signed_for_says_why_and_the_others_are_shown(store):
    folder = _folder(store, "Vehicles")
    _put(store, folder, _item("a"), _item("b"))

    def sign(row):
        if row["name"] == "a":
            raise ObjectProblem("the role could not be assumed")
        return "https://bucket/b?signed"

    first, second = _views(store, folder, sign)
    assert (first.shown.url, first.shown.problem) == (None, "the role could not be assumed")
    assert second.shown.url == "https://bucket/b?signed"


def test_an_integration_that_is_gone_is_named_by_its_id(store):
    folder = _folder(store, "Vehicles")
    _put(store, folder, _item("a"))
    [shown] = view.item_views(store.db, view.items_of(store.db, folder, None, 1), {}, lambda row: None)
    assert (shown.integration, shown.shown) == ("i1", None)


def test_jobs_come_newest_first_with_the_units_in_each_state(store):
    folder = _folder(store, "Vehicles")
    first, second = (_job(store, folder, name, units) for name, units in (("a.json", 3), ("b.json", 1)))
    with store.write() as db:
        pending = jobs.pending_units(db, jobs.find_job(db, first), 2)
        ends = [jobs.Finished(pending[0].id, "done"), jobs.Finished(pending[1].id, "error", error="it is not there")]
        jobs.finish_units(db, ends)
    newest, oldest = view.jobs(store.db, TITLES)
    assert (newest.uuid, newest.pending, newest.file_name) == (second, 1, "b.json")
    assert (oldest.uuid, oldest.integration) == (first, "Acme media")
    assert (oldest.pending, oldest.done, oldest.error, oldest.cancelled) == (1, 1, 1, 0)
    assert view.errors(store.db, first) == [view.ErrorView(["https://bucket/1"], "it is not there")]
    assert view.errors(store.db, second) == []


def _job(store, folder, name, units):
    made = [Unit("image", (Source(f"https://bucket/{number}"),)) for number in range(units)]
    with store.write() as db:
        return jobs.add_job(db, jobs.NewJob(folder, "i1", ME, made, False, False, False, name))
