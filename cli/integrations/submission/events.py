"""What happens during a submission, for who watches it: a person's terminal or a machine."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct


class What(StrEnum):
    """Kinds of events; part of the command's output, so never renamed."""

    EARLIER = "earlier"  # a batch of an earlier run is taken up again
    SENT = "sent"
    TAKEN = "taken"
    AMBIGUOUS = "ambiguous"
    PUSHED_BACK = "pushed_back"
    RETRY = "retry"
    SPLIT = "split"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Event(Struct, frozen=True, omit_defaults=True):
    """One thing that happened to one batch. batch: its number in the journal; text: a sentence, where one helps."""

    event: What
    batch: int
    items: int
    job: str | None = None
    failed: int = 0
    text: str = ""


Watcher = Callable[[Event], None]


class Ending(StrEnum):
    """How a run ended."""

    COMPLETE = "complete"
    HANDED_OVER = "handed_over"  # everything is with Encord, which is not waited for
    STOPPED = "stopped"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    NOT_AUTHORISED = "not_authorised"
    REFUSED = "refused"


class Progress(Struct, frozen=True):
    """How far a run is, in items. known: registered or under way before; size: of the next batch."""

    total: int
    known: int
    done: int
    failed: int
    in_flight: int
    size: int
