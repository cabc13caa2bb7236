"""Adds to items what the headers of their objects say, many objects at a time; the order stays."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from integrations.registration.build.assemble import Item, Made
from integrations.registration.build.listing import first_line
from integrations.registration.build.media import UnknownMediaError, Values, media_metadata
from integrations.registration.build.ranges import RangeFile
from integrations.registration.build.source import Object
from integrations.registration.model import KINDS

AT_ONCE = 32
AHEAD = 128  # items that wait for the slowest
NAMED = 10


class Probing:
    """What came of the probing so far.

    known: how many items have media metadata. unknown: how many headers do not say it. unread: how
    many objects could not be read. reasons: of the first of both, by key.
    """

    def __init__(self) -> None:
        self.known = self.unknown = self.unread = 0
        self.reasons: dict[str, str] = {}

    @property
    def failed(self) -> int:
        """How many items went without."""
        return self.unknown + self.unread

    def take(self, key: str, ask: Callable[[], Values]) -> Values | None:
        """The values that were asked for, or None and a note of why there are none."""
        try:
            values = ask()
        except UnknownMediaError as error:
            self.unknown += 1
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - whatever it was, the object could not be read
            self.unread += 1
            reason = f"the object cannot be read: {first_line(error)}"
        else:
            self.known += 1
            return values
        if len(self.reasons) < NAMED:
            self.reasons[key] = reason
        return None


def with_media(
    items: Iterable[Made], sections: frozenset[str], store: Any, probing: Probing, *, listed: bool
) -> Iterator[Item]:
    """The items, those of the given sections with their media metadata.

    listed: whether sizes come from the store itself, just now; an inventory may be a day old.
    """

    def ask(section: str, one: Object) -> Values:
        size = one.size if listed else store.head(one.key)["size"]
        return media_metadata(section, one.key, RangeFile(store, one.key, size))

    pool = ThreadPoolExecutor(AT_ONCE)
    waiting: deque[tuple[str, dict[str, Any], Object | None, Future[Values] | None]] = deque()
    try:
        for section, item, one in items:
            task = pool.submit(ask, section, one) if one is not None and section in sections else None
            waiting.append((section, item, one, task))
            if len(waiting) >= AHEAD:
                yield _finished(*waiting.popleft(), probing)
        while waiting:
            yield _finished(*waiting.popleft(), probing)
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(
    section: str, item: dict[str, Any], one: Object | None, task: Future[Values] | None, probing: Probing
) -> Item:
    if one is not None and task is not None:
        values = probing.take(one.key, task.result)
        if values is not None:
            item[str(KINDS[section].media)] = values
    return section, item
