"""Uploads local files, several at a time; run again, it sends what is missing.

An upload has no `skip_duplicate_urls`: before one whose answer never came is made again, the
folder is asked for an item of that kind and title that was made since.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from integrations.encord_client.failures import RateLimitedError, RefusedError
from integrations.encord_client.items import Listed
from integrations.errors import NotAuthorisedError, UnreachableError
from integrations.submission.couriers import Answer, Couriers
from integrations.submission.events import Ending, Event, Progress, Watcher, What
from integrations.submission.journal import Journal
from integrations.submission.local import LocalItem, as_entry
from integrations.submission.pace import delay
from integrations.submission.records import UNCLEAR, Batch, Entry, Failure, Settings
from integrations.submission.run import Result

TICK = 0.2
TRIES = 5  # of one item, whose answers never come
PLAIN = Settings()
# How Encord calls the items of each kind: encord.orm.storage.StorageItemType.
TYPES = {
    "images": "image", "videos": "video", "audio": "audio", "pdfs": "pdf", "text": "plain_text", "nifti": "nifti",
    "image_groups": "image_group", "image_sequences": "image_sequence", "dicom_series": "dicom_series",
}  # fmt: skip


class UploadDoor(Protocol):
    """What an upload asks of Encord."""

    def upload(self, item: LocalItem) -> str:
        """Upload; the item's uuid."""

    def items_since(self, time: str) -> Iterable[Listed]:
        """What was made in the folder after that time."""


class _Work(Struct):
    """One item on its way."""

    item: LocalItem
    entry: Entry
    batch: Batch
    due: float = 0.0


class Upload:
    """One run. `stop` may be called from a signal handler."""

    def __init__(
        self, journal: Journal, door: UploadDoor, watch: Watcher, *, target: int, submission: int, at_once: int
    ) -> None:
        self._journal, self._door, self._watch = journal, door, watch
        self._target, self._submission, self._at_once = target, submission, at_once
        self._couriers = Couriers()
        self._flying: dict[int, _Work] = {}
        self._queue: deque[_Work] = deque()
        self._ending: Ending | None = None
        self._reason = ""
        self.total = self.done = self.failed = self.known = 0
        self.tick: Callable[[], None] = lambda: None

    def stop(self) -> None:
        """Begin nothing more; what is being uploaded is heard to its end."""
        self._end(Ending.STOPPED, "")

    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self.total, self.known, self.done, self.failed, len(self._flying), 1)

    def run(self, items: Sequence[LocalItem]) -> Result:
        """Upload what is not there. Raises JournalError, and ConfigurationError for a file that cannot be read."""
        self.total = len(items)
        left = self._left_over()
        for item in items:
            if self._ending is not None:
                break
            self._take(item, left)
            while len(self._queue) + len(self._flying) >= self._at_once and self._ending is None:
                self._step()
        while self._flying or (self._queue and self._ending is None):
            self._step()
        tally = self._journal.tally(self._submission)
        return Result(self._submission, self._ending or Ending.COMPLETE, self._reason, len(items), self.known, tally)

    def _left_over(self) -> dict[bytes, Batch]:
        """Uploads of earlier runs whose end is not known, by what they are."""
        return {self._journal.entries(batch)[0].key(PLAIN): batch for batch in self._journal.unfinished(self._target)}

    def _take(self, item: LocalItem, left: dict[bytes, Batch]) -> None:
        entry = as_entry(item)
        key = entry.key(PLAIN)
        batch = left.pop(key, None)
        if batch is None and not self._journal.missing(self._target, [key]):
            self.known += 1
        elif batch is None:
            batch = self._journal.add_batch(self._target, self._submission, PLAIN, [entry])
            self._queue.append(_Work(item, entry, batch))
        else:
            self._journal.adopt(self._submission, [batch])
            self._queue.append(_Work(item, entry, batch))

    def _step(self) -> None:
        now = time.monotonic()
        for work in list(self._queue):
            if work.due <= now and len(self._flying) < self._at_once and self._ending is None:
                self._queue.remove(work)
                self._begin(work)
        answer = self._couriers.next(TICK)
        if answer is not None:
            self._handle(answer)
        self.tick()

    def _begin(self, work: _Work) -> None:
        unclear, since = work.batch.state in UNCLEAR, work.batch.sent_at
        work.batch = self._journal.sending(work.batch)
        self._flying[work.batch.id] = work
        self._watch(Event(What.SENT, work.batch.id, 1, text=work.item.title))
        self._couriers.go(work.batch.id, lambda: self._carry(work.item, since if unclear else None))

    def _carry(self, item: LocalItem, unclear_since: str | None) -> str | None:
        """Upload, unless the folder shows that an earlier try has come through; runs in a courier's thread."""
        if unclear_since is not None and any(is_item(item, one) for one in self._door.items_since(unclear_since)):
            return None
        return self._door.upload(item)

    def _handle(self, answer: Answer) -> None:
        work = self._flying.pop(answer.who)
        if answer.error is None:
            self._finish(work, [])
        elif isinstance(answer.error, NotAuthorisedError):
            self._journal.not_taken(work.batch)
            self._end(Ending.NOT_AUTHORISED, str(answer.error))
        elif isinstance(answer.error, RefusedError):
            self._finish(work, [Failure(work.entry, str(answer.error))])
        elif isinstance(answer.error, UnreachableError):
            self._later(work, answer.error)
        else:
            raise answer.error

    def _finish(self, work: _Work, failures: Sequence[Failure]) -> None:
        self._journal.finish(work.batch, failures)
        self.done += 1
        self.failed += len(failures)
        self._watch(Event(What.FINISHED, work.batch.id, 1, failed=len(failures), text=work.item.title))

    def _later(self, work: _Work, error: UnreachableError) -> None:
        """No answer: whether it is there, the folder will say before the next try."""
        sure = isinstance(error, RateLimitedError)
        work.batch = self._journal.not_taken(work.batch) if sure else self._journal.unclear(work.batch)
        if work.batch.attempts >= TRIES:
            self._end(Ending.UNREACHABLE, str(error))
            return
        wait = (isinstance(error, RateLimitedError) and error.after) or delay(work.batch.attempts)
        work.due = time.monotonic() + wait
        what = What.PUSHED_BACK if sure else What.AMBIGUOUS
        self._watch(Event(what, work.batch.id, 1, text=f"{work.item.title}: {error}; tries again after {wait:g} s"))
        self._queue.append(work)

    def _end(self, ending: Ending, reason: str) -> None:
        if self._ending is None:
            self._ending, self._reason = ending, reason


def is_item(item: LocalItem, listed: Listed) -> bool:
    """Whether what is listed can only be this item: kind and title, and for a single file its size in bytes."""
    if (listed.kind, listed.name) != (TYPES[item.kind], item.title):
        return False
    return len(item.paths) > 1 or listed.size == Path(item.paths[0]).stat().st_size
