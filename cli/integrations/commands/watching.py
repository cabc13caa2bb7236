"""What an operator, or a machine, sees while a submission runs, and how it is stopped."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from types import FrameType
from typing import TYPE_CHECKING, Any

import msgspec

from integrations.commands.output import emit, say
from integrations.errors import ExitCode, NothingMatchedError

if TYPE_CHECKING:
    from integrations.submission.events import Event
    from integrations.submission.run import Running
    from integrations.submission.submit import Report

ON_TERMINAL, ELSEWHERE = 0.5, 30.0  # seconds between two lines of progress
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class WatchFormat(StrEnum):
    """How a submission is told: the result as text or JSON, or everything as JSON lines while it happens."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


class Watching:
    """A block in which a submission runs: the first Ctrl-C stops it in good order, the second at once."""

    def __init__(self, format: WatchFormat) -> None:
        self._format = format
        self._lively = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._began = self._said = time.monotonic()
        self._run: Running | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Watching:
        self._before = {number: signal.signal(number, self._interrupted) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signal's signature
        if self._run is None:
            raise KeyboardInterrupt
        for one in SIGNALS:  # before it is said: the second may come at once
            signal.signal(one, _quit)
        say("stopping: nothing more is sent; once more to quit at once")
        self._run.stop()

    def others(self) -> None:
        """Another process works on the folder."""
        say("another submission to this folder is at work: waiting for it to end")

    def follow(self, run: Running) -> Callable[[], None]:
        """Show the progress of this run from now on."""
        self._run = run
        self._began = time.monotonic()
        return self._tick

    def event(self, event: Event) -> None:
        """Something happened."""
        from integrations.reports.submission import event_line

        if self._format is WatchFormat.JSONL:
            self._line(msgspec.to_builtins(event))
        line = event_line(event)
        if line is not None:
            self._clear()
            say(line)

    def _tick(self) -> None:
        now = time.monotonic()
        if self._run is None or now - self._said < (ON_TERMINAL if self._lively else ELSEWHERE):
            return
        self._said = now
        from integrations.reports.submission import progress_line

        progress = self._run.progress()
        if self._format is WatchFormat.JSONL:
            self._line({"event": "progress", **msgspec.to_builtins(progress)})
        line = progress_line(progress, now - self._began)
        if self._lively:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()
        else:
            say(line)

    def _clear(self) -> None:
        if self._lively:
            sys.stderr.write("\r\x1b[K")

    def end(self, report: Report) -> None:
        """The result, in the format asked for."""
        from integrations.reports import submission as reports

        self._clear()
        if self._format is WatchFormat.JSONL:
            self._line({"event": "end", **reports.result_json(report)})
        elif self._format is WatchFormat.JSON:
            emit(msgspec.json.format(msgspec.json.encode(reports.result_json(report)), indent=2).decode())
        else:
            emit(reports.result_text(report))
        line = reports.ending_line(report.result)
        if line is not None:
            say(line)

    def _line(self, value: dict[str, Any]) -> None:
        emit(msgspec.json.encode({"time": round(time.time(), 3), **value}).decode())
        sys.stdout.flush()


def _quit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal's signature
    """At once: the journal is whole at every moment."""
    os._exit(ExitCode.CANCELLED)


def exit_code(report: Report) -> int:
    """What a run ends in: stopped or timed out before findings, findings before what could not be done."""
    from integrations.submission.events import Ending

    result = report.result
    by_ending = {
        Ending.STOPPED: ExitCode.CANCELLED,
        Ending.TIMED_OUT: ExitCode.TIMED_OUT,
        Ending.NOT_AUTHORISED: ExitCode.NOT_AUTHORISED,
        Ending.UNREACHABLE: ExitCode.INCOMPLETE,
        Ending.REFUSED: ExitCode.INCOMPLETE,
    }
    if result.ending in (Ending.STOPPED, Ending.TIMED_OUT):
        return by_ending[result.ending]
    if result.tally.failed or report.left_out:
        return ExitCode.FINDINGS
    if result.ending in by_ending:
        return by_ending[result.ending]
    if not result.total:
        raise NothingMatchedError("there is nothing to register in the files")
    return ExitCode.CANCELLED if result.tally.cancelled else ExitCode.CLEAN
