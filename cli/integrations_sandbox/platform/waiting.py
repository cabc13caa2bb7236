"""Long polls: requests that wait for a job to end are woken, and do not look again and again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Waiters:
    """Who waits for what, on the event loop of the server. `wake` may be called from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._events: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say on which loop the requests wait; done once, when the server starts."""
        self._loop = loop

    @contextmanager
    def waiting(self, subject: str) -> Iterator[asyncio.Event]:
        """An event that is set when `subject` is woken. Look at the subject's state after entering, not before."""
        event = asyncio.Event()
        self._events[subject].add(event)
        try:
            yield event
        finally:
            self._events[subject].discard(event)
            if not self._events[subject]:
                del self._events[subject]

    def wake(self, subject: str) -> None:
        """Wake everybody who waits for `subject`."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._set, subject)

    def _set(self, subject: str) -> None:
        for event in self._events.get(subject, ()):
            event.set()
