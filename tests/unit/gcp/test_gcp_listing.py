"""Listing: whatever the names and the page, nothing is lost and nothing comes twice."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations_sandbox.clouds.gcp_objects import Objects, Page
from integrations_sandbox.clouds.gcp_refusals import Refusal
from integrations_sandbox.clouds.gcp_store import Store

NAMES = st.sets(st.text(alphabet="ab/é ", min_size=1, max_size=6), max_size=12)


@contextmanager
def filled(folder: Path, names: Iterable[str] = ()) -> Iterator[tuple[Objects, Store]]:
    """A bucket `b` with empty objects of these names."""
    with closing(Store(folder)) as store:
        made = Objects(store, folder)
        for name in names:
            made.keep("b", name, made.draft(), {}, {})
        yield made, store


@pytest.fixture
def objects(tmp_path) -> Iterator[Objects]:
    with filled(tmp_path, ["a", "a", "b"]) as (made, _):
        yield made


def files(folder: Path) -> int:
    return len([path for path in (folder / "objects").rglob("*") if path.is_file()])


def pages(made: Objects, prefix: str, delimiter: str, limit: int) -> list[Page]:
    found = [made.page("b", prefix, delimiter, "", "", limit)]
    while found[-1].next is not None:
        found.append(made.page("b", prefix, delimiter, found[-1].next, "", limit))
    return found


def expected(names: Iterable[str], prefix: str, delimiter: str) -> tuple[list[str], list[str]]:
    """The listing, said as simply as can be: https://cloud.google.com/storage/docs/json_api/v1/objects/list"""
    fitting = sorted((name for name in names if name.startswith(prefix)), key=str.encode)
    if not delimiter:
        return fitting, []
    deeper = {name: name[len(prefix) :].partition(delimiter) for name in fitting}
    items = [name for name, (_, found, _) in deeper.items() if not found]
    prefixes = sorted({prefix + head + found for head, found, _ in deeper.values() if found}, key=str.encode)
    return items, prefixes


@settings(max_examples=60, deadline=None)
@given(NAMES, st.sampled_from(["", "a", "a/", "/", "é"]), st.sampled_from(["", "/", "a"]), st.integers(1, 5))
def test_pages_together_are_the_whole_listing(names, prefix, delimiter, limit):
    with tempfile.TemporaryDirectory() as folder, filled(Path(folder), names) as (made, _):
        found = pages(made, prefix, delimiter, limit)
    items = [stored.name for page in found for stored in page.objects]
    prefixes = [one for page in found for one in page.prefixes]
    assert (items, prefixes) == expected(names, prefix, delimiter)
    assert all(len(page.objects) + len(page.prefixes) <= limit for page in found)


def test_content_that_breaks_off_leaves_nothing(objects, tmp_path):
    async def broken():
        yield b"half"
        raise ConnectionError

    before = files(tmp_path)
    with pytest.raises(ConnectionError):
        asyncio.run(objects.receive(broken()))
    assert files(tmp_path) == before


def test_replacing_and_deleting_leave_no_file_behind(tmp_path):
    with filled(tmp_path, ["a", "a", "b"]) as (made, store):
        assert files(tmp_path) == 2
        stored = store.object("b", "a")
        assert stored is not None
        made.remove(stored)
        assert files(tmp_path) == 1


def test_a_refused_object_leaves_no_file_behind(objects, tmp_path):
    with pytest.raises(Refusal) as refused:
        objects.keep("b", "a", objects.draft(), {}, {"ifGenerationMatch": 0})
    assert refused.value.status == 412
    assert files(tmp_path) == 2


def test_what_is_being_read_is_read_to_the_end_though_it_is_replaced(objects):
    def keep(content: bytes):
        draft = objects.draft()
        draft.write(content)
        return objects.keep("b", "a", draft, {}, {})

    reading = objects.content(keep(b"the old content"), start=4)
    keep(b"the new content")
    assert b"".join(reading) == b"old content"


def test_a_generation_is_never_used_again(objects):
    generations = [objects.keep("b", "a", objects.draft(), {}, {}).generation for _ in range(50)]
    assert generations == sorted(set(generations))
