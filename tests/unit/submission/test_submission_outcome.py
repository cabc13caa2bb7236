"""What Encord's answers mean for each item."""

from __future__ import annotations

import msgspec
import pytest

from integrations.encord_client.items import Listed
from integrations.encord_client.jobs import JobState, UnitError
from integrations.submission.outcome import all_there, body, how_many_there, named_failures, unaccounted
from integrations.submission.records import Entry, Settings


def entry(section: str, *urls: str) -> Entry:
    item = {"objectUrl": urls[0]} if len(urls) == 1 else {f"objectUrl_{n}": url for n, url in enumerate(urls)}
    return Entry(section, msgspec.json.encode(item), "f", 1)


def state(done: int, failed: int = 0, cancelled: int = 0, status: str = "DONE", errors: tuple[str, ...] = ()):
    return JobState("j", status, 0, done, failed, cancelled, errors, ())


ONE, TWO, GROUP = entry("images", "1"), entry("videos", "2"), entry("image_groups", "1", "2")


def test_a_body_has_the_items_by_section_and_skips_duplicates():
    assert body([ONE, TWO, ONE], Settings(), again=False) == {
        "images": [ONE.item, ONE.item], "videos": [TWO.item], "skip_duplicate_urls": True,
    }  # fmt: skip


@pytest.mark.parametrize(("again", "skips"), [(False, False), (True, True)])
def test_what_may_have_been_sent_before_skips_duplicates_whatever_was_said(again, skips):
    sent = body([ONE], Settings(skip_duplicates=False), again=again)
    assert sent.get("skip_duplicate_urls", False) is skips


def test_failures_are_named_by_the_objects_of_their_units():
    failures, strange = named_failures([ONE, TWO, GROUP], [UnitError(("1", "2"), "a"), UnitError(("2",), "b")])
    assert [(one.entry, one.error) for one in failures] == [(GROUP, "a"), (TWO, "b")]
    assert strange == []


def test_two_items_of_the_same_object_fail_one_for_each_error():
    failures, strange = named_failures([ONE, ONE], [UnitError(("1",), "a")] * 3)
    assert (len(failures), len(strange)) == (2, 1)


def test_counts_that_agree_leave_no_question():
    assert unaccounted(3, state(2, failed=1), named=1) is None


@pytest.mark.parametrize(
    ("counted", "named", "reason"),
    [
        (state(2), 0, "counts 2 units where 3 items were sent"),
        (state(2, failed=1), 0, "counts 1 failed units and names 0"),
        (state(0, failed=3, status="ERROR", errors=("broken", "broken")), 3, "with an error: broken$"),
    ],
)
def test_counts_that_do_not_agree_are_not_believed(counted, named, reason):
    import re

    assert re.search(reason, unaccounted(3, counted, named) or "")


def listed(*urls: str, kind: str = "image") -> list[Listed]:
    return [Listed(kind, "n", url) for url in urls]


def test_a_batch_is_proven_when_every_object_is_in_the_folder():
    assert all_there([ONE, TWO], listed("1", "2"))
    assert not all_there([ONE, TWO], listed("1"))


def test_a_group_is_never_proven_and_where_there_are_groups_an_image_is_not_either():
    there = [*listed("1", "2"), *listed("g", kind="image_group")]
    assert not all_there([GROUP], there)
    assert not all_there([ONE], there)  # it may be a frame of the group
    assert all_there([TWO], there)


def test_how_much_is_there_is_counted_by_objects():
    assert how_many_there([ONE, TWO, GROUP, entry("text", "3")], listed("1", "2")) == 3
