"""What a job's end means for the items of its batch. Pure functions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from integrations.submission.records import Entry, Failure, Settings

if TYPE_CHECKING:
    from integrations.encord_client.items import Listed
    from integrations.encord_client.jobs import JobState, UnitError


_REASONS = 3  # of a job's errors that are quoted; they are mostly the same


def body(entries: Iterable[Entry], settings: Settings, *, again: bool) -> dict[str, Any]:
    """The registration that is sent. again: it may have been sent before, so duplicates are skipped in any case."""
    sections: dict[str, Any] = {}
    for entry in entries:
        sections.setdefault(entry.section, []).append(entry.item)
    if again or settings.skip_duplicates:
        sections["skip_duplicate_urls"] = True
    if settings.upsert_metadata:
        sections["upsert_metadata"] = True
    return sections


def named_failures(entries: Sequence[Entry], errors: Iterable[UnitError]) -> tuple[list[Failure], list[UnitError]]:
    """The entries that units with these errors came from, and the errors of which no entry is known."""
    waiting: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        waiting[entry.urls].append(entry)
    failures, strange = [], []
    for error in errors:
        found = waiting.get(error.urls)
        if found:
            failures.append(Failure(found.pop(0), error.error))
        else:
            strange.append(error)
    return failures, strange


def unaccounted(items: int, state: JobState, named: int) -> str | None:
    """Why the counts of a finished job do not say what became of every item; None if they do."""
    counted = state.done + state.failed + state.cancelled
    if state.status == "ERROR":
        reasons = "; ".join(list(dict.fromkeys(state.errors))[:_REASONS]) or "it does not say which"
        return f"Encord ended the job with an error: {reasons}"
    if state.cancelled:
        return f"Encord cancelled {state.cancelled} units and does not say which"
    if counted != items:
        return f"Encord counts {counted} units where {items} items were sent"
    if state.failed != named:
        return f"Encord counts {state.failed} failed units and names {named}"
    return None


def all_there(entries: Iterable[Entry], listed: Sequence[Listed]) -> bool:
    """Whether the folder's items prove that every entry is registered.

    A group's own item does not say which objects it is of, and a frame of a group looks like an
    image that was registered by itself. So a group is never proven, and an image only where
    there are no groups.
    """
    framed = any(item.has_frames for item in listed)
    urls = {item.url for item in listed}
    return all(
        "objectUrl" in entry.item and entry.item["objectUrl"] in urls and not (framed and entry.section == "images")
        for entry in entries
    )


def how_many_there(entries: Iterable[Entry], listed: Sequence[Listed]) -> int:
    """How many of the entries have all their objects in the folder, as an item or as a frame of one."""
    urls = {item.url for item in listed}
    return sum(urls.issuperset(entry.urls) for entry in entries)
