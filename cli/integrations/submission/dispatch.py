"""Sends batches, several at a time, and follows each to its end.

One thread decides and writes the journal; couriers make the calls. The order is always: the
journal first, then the request; the answer, then the journal. So whatever moment the process
ends at, the journal knows at least that a request may have been made.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from integrations.encord_client.failures import GoneError, NotSentError, RateLimitedError, RefusedError, TooLargeError
from integrations.encord_client.jobs import HOLD_SECONDS, JobState
from integrations.errors import NotAuthorisedError, UnreachableError
from integrations.submission.couriers import Answer, Couriers
from integrations.submission.door import Door
from integrations.submission.events import Ending, Event, Progress, Watcher, What
from integrations.submission.journal import Journal
from integrations.submission.outcome import body, named_failures, unaccounted
from integrations.submission.pace import Pace, delay
from integrations.submission.records import Batch, Entry, Failure, State

TICK = 0.2  # seconds between two looks at whether to stop
GRACE = 10.0  # seconds that requests under way have after a stop, so that their jobs are known
MOST_REFUSALS = 20  # single items in a row; then it is not the items that are wrong
MOST_BAD_ENDS = 3  # jobs of a batch that end without accounting for every item


@dataclass(frozen=True)
class Limits:
    """in_flight: batches with Encord at a time. stalled, silent: seconds without any progress of a job, and without
    any good answer, after which to give up. wait: until jobs have ended."""

    in_flight: int = 6
    stalled: float = 1800.0
    silent: float = 300.0
    wait: bool = True

    @property
    def hold(self) -> int:
        """Seconds that Encord may hold a question about a job: a held one is not to pass for silence."""
        return max(1, min(HOLD_SECONDS, int(self.silent / 2)))


@dataclass
class _Flight:
    """A batch on its way. due: when to act again; troubles: failed calls in a row; bad_ends: jobs that ended without
    accounting for every item; entries: until they are sent."""

    batch: Batch
    due: float = 0.0
    began: float = 0.0
    troubles: int = 0
    bad_ends: int = 0
    entries: Sequence[Entry] | None = None
    counts: tuple[int, int, int] = (0, 0, 0)
    calling: bool = False

    @property
    def aloft(self) -> bool:
        return self.batch.state is State.RUNNING or self.calling


@dataclass
class _Clock:
    """When something good last happened. progress: a job came further; answer: Encord answered at all."""

    progress: float = field(default_factory=time.monotonic)
    answer: float = field(default_factory=time.monotonic)


class Dispatcher:
    """Batches in, ends out. Not for several threads; `stop` may be called from a signal handler."""

    def __init__(self, journal: Journal, door: Door, watch: Watcher, limits: Limits, pace: Pace | None = None) -> None:
        self._journal, self._door, self._watch, self._limits = journal, door, watch, limits
        self._couriers = Couriers()
        self._flights: dict[int, _Flight] = {}
        self._queue: deque[_Flight] = deque()
        self._clock = _Clock()
        self._stop = False
        self.pace = pace or Pace()
        self.ending: Ending | None = None
        self.reason = ""
        self._refusals = 0
        self.done = self.failed = 0
        self.tick: Callable[[], None] = _nothing

    # -- from outside -----------------------------------------------------------------------------

    def add(self, batch: Batch, entries: Sequence[Entry] | None = None) -> None:
        """Take a batch on, and return as soon as there is room for another, or the run has ended."""
        flight = _Flight(batch, entries=entries, began=time.monotonic())
        self._flights[batch.id] = flight
        if batch.state is not State.RUNNING:
            self._queue.append(flight)
        self._pump(lambda: not self._queue)

    def finish(self) -> None:
        """Follow everything to its end."""
        self._pump(lambda: not self._flights)
        if self.ending is None:
            self.ending = Ending.COMPLETE if self._limits.wait else Ending.HANDED_OVER

    def stop(self) -> None:
        """Send nothing more."""
        self._stop = True

    def progress(self, total: int, known: int) -> Progress:
        """How far it is."""
        partly = sum(sum(flight.counts) for flight in self._flights.values())
        aloft = sum(flight.aloft for flight in self._flights.values())
        return Progress(total, known, self.done + partly, self.failed, aloft, self.pace.size)

    # -- the loop ---------------------------------------------------------------------------------

    def _pump(self, satisfied: Callable[[], bool]) -> None:
        while self.ending is None and not satisfied():
            now = time.monotonic()
            self._launch(now)
            if satisfied():
                return
            answer = self._couriers.next(TICK)
            while answer is not None:
                self._handle(answer)
                answer = self._couriers.next(0) if self.ending is None else None
            self._judge(time.monotonic())
            self.tick()
        if self.ending is not None:
            self._drain()

    def _launch(self, now: float) -> None:
        """Make every call whose time has come."""
        for flight in self._flights.values():
            if flight.batch.state is State.RUNNING and not flight.calling and flight.due <= now:
                self._call(flight, partial(self._door.state, flight.batch.job or "", self._limits.hold))
        aloft = sum(flight.aloft for flight in self._flights.values())
        while self._queue and aloft < self._limits.in_flight and now >= self.pace.not_before and not self._stop:
            flight = min(self._queue, key=lambda one: one.due)
            if flight.due > now:
                return
            self._queue.remove(flight)
            self._send(flight)
            aloft += 1

    def _send(self, flight: _Flight) -> None:
        entries = flight.entries or self._journal.entries(flight.batch)
        again = flight.batch.attempts > 0
        flight.batch = self._journal.sending(flight.batch)
        flight.entries, flight.began = None, time.monotonic()
        self._tell(What.SENT, flight)
        settings = flight.batch.settings
        self._call(flight, lambda: self._door.start(body(entries, settings, again=again)))

    def _call(self, flight: _Flight, call: Callable[[], object]) -> None:
        flight.calling = True
        self._couriers.go(flight.batch.id, call)

    def _judge(self, now: float) -> None:
        """Whether it is time to end."""
        if self._stop:
            self._end(Ending.STOPPED, "")
        elif now - self._clock.answer > self._limits.silent:
            self._end(Ending.UNREACHABLE, self.reason or f"Encord answered nothing for {self._limits.silent:g} s")
        elif now - self._clock.progress > self._limits.stalled:
            self._end(Ending.TIMED_OUT, f"nothing came further for {self._limits.stalled:.0f} s")

    def _end(self, ending: Ending, reason: str) -> None:
        if self.ending is None:
            self.ending, self.reason = ending, reason

    def _drain(self) -> None:
        """Hear the answers of requests that start jobs, so that the journal knows the jobs."""
        deadline = time.monotonic() + GRACE
        while any(flight.batch.state is State.SENDING for flight in self._flights.values()):
            answer = self._couriers.next(min(TICK, deadline - time.monotonic()))
            if answer is not None:
                self._handle(answer)
            elif time.monotonic() > deadline:
                return

    # -- answers ------------------------------------------------------------------------------------

    def _handle(self, answer: Answer) -> None:
        flight = self._flights[answer.who]
        flight.calling = False
        sent = flight.batch.state is State.SENDING
        if answer.error is None:
            flight.troubles = 0
            self._clock.answer = time.monotonic()
            if sent:
                self._taken(flight, str(answer.value))
            else:
                self._polled(flight, answer.value)
        elif isinstance(answer.error, NotAuthorisedError):
            if sent:
                flight.batch = self._journal.not_taken(flight.batch)
            self._end(Ending.NOT_AUTHORISED, str(answer.error))
        elif isinstance(answer.error, UnreachableError):
            self._trouble(flight, answer.error, sent=sent)
        else:
            raise answer.error

    def _taken(self, flight: _Flight, job: str) -> None:
        flight.batch = self._journal.running(flight.batch, job)
        self._clock.progress = time.monotonic()
        self._refusals = 0
        self._tell(What.TAKEN, flight)
        if not self._limits.wait:
            del self._flights[flight.batch.id]

    def _polled(self, flight: _Flight, state: JobState) -> None:
        counts = (state.done, state.failed, state.cancelled)
        if counts != flight.counts:
            flight.counts = counts
            self._clock.progress = time.monotonic()
            self._journal.counted(flight.batch, *counts)
        if state.finished:
            self._clock.progress = time.monotonic()
            self._settle(flight, state)

    def _trouble(self, flight: _Flight, error: UnreachableError, *, sent: bool) -> None:
        """A call that brought nothing; what is to be done depends on what is known of the work."""
        now = time.monotonic()
        flight.troubles += 1
        if isinstance(error, RateLimitedError):
            self._clock.answer = now
            wait = error.after or delay(flight.troubles)
            self.pace = self.pace.pushed_back(now, wait)
            self._tell(What.PUSHED_BACK, flight, text=f"{error}; asks again after {wait:g} s")
            self._again(flight, now + wait, State.PLANNED if sent else None)
        elif isinstance(error, RefusedError):
            self._clock.answer = now
            self._refused(flight, error, sent=sent)
        else:
            self.reason = str(error)
            wait = delay(flight.troubles)
            if sent and not isinstance(error, NotSentError):
                text = f"{error}: whether it was taken is not known; it is sent again, and duplicates are skipped"
                self._tell(What.AMBIGUOUS, flight, text=text)
                self._again(flight, now + wait, State.AMBIGUOUS)
            else:
                self._tell(What.RETRY, flight, text=f"{error}; asks again after {wait:g} s")
                self._again(flight, now + wait, State.PLANNED if sent else None)

    def _again(self, flight: _Flight, due: float, state: State | None) -> None:
        """Act on the batch again when it is due: poll it, or send it from `state`."""
        flight.due = due
        if state is State.AMBIGUOUS:
            flight.batch = self._journal.unclear(flight.batch)
        elif state is State.PLANNED:
            flight.batch = self._journal.not_taken(flight.batch)
        if state is not None:
            self._queue.append(flight)

    def _refused(self, flight: _Flight, error: RefusedError, *, sent: bool) -> None:
        if not sent:  # the job that is asked for is not known
            self._again(flight, time.monotonic(), State.AMBIGUOUS)
        elif isinstance(error, GoneError) or self._refusals >= MOST_REFUSALS:
            flight.batch = self._journal.not_taken(flight.batch)
            self._end(Ending.REFUSED, str(error))
        elif flight.batch.items > 1:
            if isinstance(error, TooLargeError):
                self.pace = self.pace.limited(flight.batch.items // 2)
            self._tell(What.SPLIT, flight, text=f"{error}; tries each half by itself")
            del self._flights[flight.batch.id]
            # In front of all others, so that it is soon known whether it is the items.
            for part in reversed(self._journal.split(flight.batch)):
                self._flights[part.id] = _Flight(part)
                self._queue.appendleft(self._flights[part.id])
        else:
            self._refusals += 1
            [entry] = self._journal.entries(flight.batch)
            self._finished(flight, [Failure(entry, str(error))])

    # -- ends ---------------------------------------------------------------------------------------

    def _settle(self, flight: _Flight, state: JobState) -> None:
        """A job has ended: what does that mean for each item?"""
        batch = flight.batch
        if state.status == "CANCELLED":
            self._journal.finish(batch, (), State.CANCELLED)
            self._tell(What.CANCELLED, flight, text=f"cancelled at Encord after {state.done} of {batch.items} items")
            del self._flights[batch.id]
            return
        entries = self._journal.entries(batch) if state.failed or state.status == "ERROR" else []
        failures, strange = named_failures(entries, state.unit_errors)
        problem = unaccounted(batch.items, state, len(failures))
        if problem is None:
            self._finished(flight, failures)
            if not failures:
                self.pace = self.pace.taken(batch.items, time.monotonic() - flight.began)
        elif flight.bad_ends + 1 < MOST_BAD_ENDS:
            flight.bad_ends += 1
            self._tell(What.RETRY, flight, text=f"{problem}; sent again, duplicates are skipped")
            self._again(flight, time.monotonic() + delay(flight.bad_ends), State.AMBIGUOUS)
        else:
            named = {id(one.entry) for one in failures}
            reasons = "; ".join([problem, *dict.fromkeys(one.error for one in strange[:1])])
            entries = entries or self._journal.entries(batch)
            rest = [Failure(entry, reasons) for entry in entries if id(entry) not in named]
            self._finished(flight, [*failures, *rest])

    def _finished(self, flight: _Flight, failures: Sequence[Failure]) -> None:
        self._journal.finish(flight.batch, failures)
        self.done += flight.batch.items
        self.failed += len(failures)
        self._clock.progress = time.monotonic()
        self._tell(What.FINISHED, flight, failed=len(failures))
        del self._flights[flight.batch.id]

    def _tell(self, what: What, flight: _Flight, *, failed: int = 0, text: str = "") -> None:
        self._watch(Event(what, flight.batch.id, flight.batch.items, flight.batch.job, failed, text))


def _nothing() -> None:
    """Nobody watches the time."""
