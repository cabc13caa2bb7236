"""The words of a submission as records."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from integrations.registration.model import item_urls


class Target(Struct, frozen=True):
    """Where items go: a folder at a domain, through an integration. Ids are Encord's; path and title are for people."""

    domain: str
    folder: str
    path: str
    integration: str
    title: str

    @property
    def place(self) -> str:
        """In words, and what one process at a time works on: by path, because the folder may be missing yet."""
        return f"folder {self.path} at {self.domain}"


class Settings(Struct, frozen=True):
    """What Encord is told about objects that are in the folder already."""

    skip_duplicates: bool = True
    upsert_metadata: bool = False


class Entry(Struct, frozen=True, array_like=True):
    """One item of a registration file. raw: its JSON with sorted keys and no space; line counts from 1."""

    section: str
    raw: bytes
    file: str
    line: int

    @property
    def item(self) -> dict[str, Any]:
        """The item as Encord reads it."""
        value: dict[str, Any] = msgspec.json.decode(self.raw)
        return value

    @property
    def urls(self) -> tuple[str, ...]:
        """Its object URLs, in order."""
        return tuple(item_urls(self.item))

    def key(self, settings: Settings) -> bytes:
        """What the item is known by in the journal: 16 bytes of a hash of its content.

        Metadata that is to be replaced makes it a different thing to send.
        """
        mark = b"\1" if settings.upsert_metadata else b"\0"
        return hashlib.blake2b(mark + self.section.encode() + b"\0" + self.raw, digest_size=16).digest()


class State(StrEnum):
    """What is known of a batch.

    planned: written down, nothing sent. sending: a request is under way, or was when the command ended.
    ambiguous: a request got no answer. running: Encord has given a job. finished: every item is accounted
    for. cancelled: stopped before its end. split: its items are in smaller batches now.
    """

    PLANNED = "planned"
    SENDING = "sending"
    AMBIGUOUS = "ambiguous"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    SPLIT = "split"


UNFINISHED = (State.PLANNED, State.SENDING, State.AMBIGUOUS, State.RUNNING)
UNCLEAR = (State.SENDING, State.AMBIGUOUS)


class Batch(Struct, frozen=True):
    """Items that are sent together. attempts: how often they were; sent_at: when first, in ISO 8601, if ever."""

    id: int
    items: int
    settings: Settings
    state: State
    job: str | None = None
    attempts: int = 0
    sent_at: str | None = None


class Failure(Struct, frozen=True):
    """An item that could not be registered, and why."""

    entry: Entry
    error: str


class Tally(Struct, frozen=True):
    """How many items are where. unclear: no answer came; waiting: with Encord as a job; unsent: planned, and either
    never sent or surely not taken."""

    registered: int = 0
    failed: int = 0
    cancelled: int = 0
    waiting: int = 0
    unclear: int = 0
    unsent: int = 0

    @property
    def settled(self) -> bool:
        return not (self.waiting or self.unclear or self.unsent)
