"""What a submission would do, before it does anything."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from integrations.submission.journal import Journal
from integrations.submission.records import Entry, Settings, Target

_BLOCK = 1 << 20


class Plan(Struct, frozen=True):
    """What would be sent. items: by section, as they stand in the files; known: those that are registered or under
    way, as far as the journal knows; unfinished: batches of earlier runs that are taken up again."""

    target: Target
    items: dict[str, int]
    known: int
    unfinished: int
    size: int

    @property
    def total(self) -> int:
        return sum(self.items.values())

    @property
    def to_send(self) -> int:
        return self.total - self.known

    @property
    def batches(self) -> int:
        """About how many, if none were made larger or smaller."""
        return -(-self.to_send // self.size)


class Sieve:
    """Counts items, and lets through those that are to be sent. target None: nothing was ever sent there."""

    def __init__(self, journal: Journal | None, target: int | None, settings: Settings) -> None:
        self._journal, self._target, self._settings = journal, target, settings
        self.items: Counter[str] = Counter()
        self.known = 0

    def __call__(self, entries: Sequence[Entry]) -> dict[bytes, Entry]:
        """The entries that are in no batch, or failed in one, by their keys; a repeated one once."""
        self.items.update(Counter(entry.section for entry in entries))
        fresh = {entry.key(self._settings): entry for entry in entries}
        if self._journal is not None and self._target is not None:
            missing = self._journal.missing(self._target, list(fresh))
            fresh = {key: entry for key, entry in fresh.items() if key in missing}
        self.known += len(entries) - len(fresh)
        return fresh

    def count(self, entries: Sequence[Entry]) -> None:
        """Count them, and no more."""
        self(entries)


def digest(name: str) -> str:
    """The content of a file, in 32 hex digits."""
    digest = hashlib.blake2b(digest_size=16)
    with Path(name).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
