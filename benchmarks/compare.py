"""Runs contestants in turn, each time in a process of its own, and compares their medians.

A process of its own, because that is how a command runs: with nothing warm, and with a memory
that can be measured. In turn, because machines are shared and what disturbs one disturbs all.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Contestant:
    """A function by its name, `package.module:function`, and its arguments, which are texts."""

    name: str
    function: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """Median seconds, of whichever clock, inside the function, and the most memory of any round, in MiB."""

    seconds: float
    megabytes: int


@dataclass(frozen=True)
class Row:
    """One comparison. ratio: how many times ours is better than the baseline; floor: the least that it must be."""

    what: str
    ours: str
    baseline: str
    ratio: float
    floor: float
    notes: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return self.ratio >= self.floor


def race(contestants: list[Contestant], rounds: int, clock: Literal["seconds", "cpu"] = "cpu") -> dict[str, Sample]:
    """Let them run in turn, `rounds` times.

    clock: processor time for what only computes in one thread, because others use the machine too;
    seconds on the wall for what waits or has several threads.
    """
    seconds: dict[str, list[float]] = {one.name: [] for one in contestants}
    megabytes: dict[str, int] = {one.name: 0 for one in contestants}
    for _ in range(rounds):
        for one in contestants:
            command = [sys.executable, "-m", "benchmarks.once", one.function, *one.arguments]
            answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            seconds[one.name].append(answer[clock])
            megabytes[one.name] = max(megabytes[one.name], answer["megabytes"])
    return {name: Sample(statistics.median(times), megabytes[name]) for name, times in seconds.items()}


def faster(what: str, ours: Sample, baseline: Sample, baseline_name: str, floor: float) -> Row:
    """A row on time."""
    return Row(
        what,
        f"{ours.seconds:.2f} s, {ours.megabytes} MiB",
        f"{baseline_name} {baseline.seconds:.2f} s, {baseline.megabytes} MiB",
        baseline.seconds / ours.seconds,
        floor,
    )


def at_most(what: str, value: float, limit: float, unit: str) -> Row:
    """A row on a limit."""
    return Row(what, f"{value:g} {unit}", f"at most {limit:g} {unit}", limit / max(value, 1e-9), 1.0)


def table(rows: list[Row]) -> str:
    """The rows for people."""
    lines = [f"{'':2}{'what':58} {'ours':22} {'beside':34} {'ratio':>6} {'floor':>6}"]
    for row in rows:
        mark = "ok" if row.good else "!!"
        lines.append(f"{mark:3}{row.what:57} {row.ours:22} {row.baseline:34} {row.ratio:6.2f} {row.floor:6.2f}")
    return "\n".join(lines)


Benchmark = Callable[[bool], list[Row]]
