"""One run of a submission: takes up what earlier runs left, reads the files, sends what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from msgspec import Struct

from integrations.encord_client.items import Listed
from integrations.errors import UnreachableError
from integrations.submission.dispatch import Dispatcher, Limits
from integrations.submission.door import Door
from integrations.submission.events import Ending, Event, Progress, Watcher, What
from integrations.submission.journal import Journal
from integrations.submission.outcome import all_there, how_many_there
from integrations.submission.pace import MOST_BYTES, Pace
from integrations.submission.plan import Sieve
from integrations.submission.read import LeaveOut, read_entries
from integrations.submission.records import UNCLEAR, Batch, Entry, Settings, State, Tally


class Result(Struct, frozen=True):
    """How a run ended. total: items in the files; known: of these, registered or under way before; tally: of the
    whole submission, all its runs together; unreached: items that are in no batch, because the run ended before."""

    submission: int
    ending: Ending
    reason: str
    total: int
    known: int
    tally: Tally
    unreached: int = 0


class Running(Protocol):
    """A run that can be watched and stopped."""

    def stop(self) -> None:
        """Begin nothing more; may be called from a signal handler."""

    def progress(self) -> Progress:
        """How far it is."""


class Run:
    """A submission at work. items: how many there will be in all, for the progress."""

    def __init__(
        self,
        journal: Journal,
        door: Door,
        *,
        target: int,
        submission: int,
        settings: Settings,
        watch: Watcher,
        limits: Limits,
        pace: Pace | None = None,
        items: int = 0,
    ) -> None:
        self._journal, self._door, self._watch, self._limits = journal, door, watch, limits
        self._target, self._submission, self._settings = target, submission, settings
        self._dispatcher = Dispatcher(journal, door, watch, limits, pace)
        self._sieve = Sieve(journal, target, settings)
        self._waiting: dict[bytes, Entry] = {}
        self._bytes = 0
        self._items = items
        self._unreached = 0

    def stop(self) -> None:
        """Send nothing more; may be called from a signal handler."""
        self._dispatcher.stop()

    @property
    def tick(self) -> Callable[[], None]:
        """Called several times a second while the run is at work."""
        return self._dispatcher.tick

    @tick.setter
    def tick(self, call: Callable[[], None]) -> None:
        self._dispatcher.tick = call

    def progress(self) -> Progress:
        """How far it is."""
        return self._dispatcher.progress(max(self._items, self._sieve.items.total()), self._sieve.known)

    def submit(self, files: Sequence[tuple[str, LeaveOut | None]]) -> Result:
        """Do everything that is left to do. Raises JournalError, RegistrationError and UnreadableFileError."""
        self.resume_batches()
        for name, leave_out in files:
            if self._dispatcher.ending is None:
                with _ended_early():
                    read_entries(name, self._take, leave_out)
        if self._dispatcher.ending is None:
            self._cut()
        else:
            self._unreached = max(0, self._items - self._sieve.items.total()) + len(self._waiting)
        self._dispatcher.finish()
        return self.result()

    def result(self) -> Result:
        """What became of it so far."""
        ending, reason = self._dispatcher.ending or Ending.COMPLETE, self._dispatcher.reason
        tally = self._journal.tally(self._submission)
        total = self._sieve.items.total() - len(self._waiting) + self._unreached
        return Result(self._submission, ending, reason, total, self._sieve.known, tally, self._unreached)

    # -- new batches ------------------------------------------------------------------------------

    def _take(self, entries: list[Entry]) -> None:
        for key, entry in self._sieve(entries).items():
            if key in self._waiting:
                self._sieve.known += 1
                continue
            self._waiting[key] = entry
            self._bytes += len(entry.raw)
            if len(self._waiting) >= self._dispatcher.pace.size or self._bytes >= MOST_BYTES:
                self._cut()
        if self._dispatcher.ending is not None:
            raise _EndedEarlyError

    def _cut(self) -> None:
        """What is gathered becomes a batch."""
        if self._waiting and self._dispatcher.ending is None:
            entries = list(self._waiting.values())
            batch = self._journal.add_batch(self._target, self._submission, self._settings, entries)
            self._waiting, self._bytes = {}, 0
            self._dispatcher.add(batch, entries)

    # -- batches of earlier runs --------------------------------------------------------------------

    def resume_batches(self) -> None:
        """Take up every batch of this target whose end is not known."""
        left = self._journal.unfinished(self._target)
        self._journal.adopt(self._submission, left)
        unclear = [batch for batch in left if batch.state in UNCLEAR]
        proven = self._proven(unclear) if unclear else set()
        for batch in left:
            if batch.id in proven:
                self._journal.finish(batch, ())
                text = "no answer had come, and all its objects are in the folder"
                self._watch(Event(What.FINISHED, batch.id, batch.items, text=text))
            elif batch.state is not State.RUNNING or self._limits.wait:
                if batch.state not in UNCLEAR:
                    self._watch(Event(What.EARLIER, batch.id, batch.items, batch.job))
                self._dispatcher.add(batch)

    def _proven(self, unclear: Sequence[Batch]) -> set[int]:
        """Those of the batches without an answer that are in the folder; of the others, says how much of each is."""
        entries = {batch.id: self._journal.entries(batch) for batch in unclear}
        wanted = {url for some in entries.values() for entry in some for url in entry.urls}
        oldest = min(batch.sent_at or "" for batch in unclear)
        try:
            listed = [one for one in self._door.items_since(oldest) if one.has_frames or one.url in wanted]
        except UnreachableError as error:
            self._say_unclear(unclear, entries, (), f"the folder could not be asked ({error})")
            return set()
        proven = {batch.id for batch in unclear if all_there(entries[batch.id], listed)}
        self._say_unclear([batch for batch in unclear if batch.id not in proven], entries, listed, "")
        return proven

    def _say_unclear(
        self, batches: Sequence[Batch], entries: dict[int, list[Entry]], listed: Sequence[Listed], why: str
    ) -> None:
        for batch in batches:
            there = why or f"{how_many_there(entries[batch.id], listed)} of {batch.items} items are in the folder"
            text = f"no answer had come; {there}: it is sent again, and duplicates are skipped"
            self._watch(Event(What.AMBIGUOUS, batch.id, batch.items, text=text))
            if batch.state is not State.AMBIGUOUS:
                self._journal.unclear(batch)


class _EndedEarlyError(Exception):
    """Stops the reading of a file in the middle."""


@contextmanager
def _ended_early() -> Iterator[None]:
    try:
        yield
    except _EndedEarlyError:
        return
