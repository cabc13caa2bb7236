"""Calls that block, made from threads of their own; the answers come back one by one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from msgspec import Struct


class Answer(Struct, frozen=True):
    """What a call brought: a value, or the error that it raised. who: for whom it was made."""

    who: int
    value: Any = None
    error: Exception | None = None


class Couriers:
    """As many threads as there are calls under way. They are daemons, so that a long poll never holds up the end."""

    def __init__(self) -> None:
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def go(self, who: int, call: Callable[[], Any]) -> None:
        """Make a call; its answer will come."""
        threading.Thread(target=self._run, args=(who, call), daemon=True).start()

    def _run(self, who: int, call: Callable[[], Any]) -> None:
        try:
            self._answers.put(Answer(who, call()))
        except Exception as error:  # noqa: BLE001 - handed to who waits for it, and raised there if it is unexpected
            self._answers.put(Answer(who, error=error))

    def next(self, seconds: float) -> Answer | None:
        """The next answer, or None if none comes in that time."""
        try:
            return self._answers.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return None
