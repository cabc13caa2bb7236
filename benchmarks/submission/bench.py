"""Throughput beside a plain loop, memory however many items there are, and the long soak.

The platform runs on this machine and adds 20 ms to every answer. The loop that the floor of 3 is
about sends what our first batch has (pace.FIRST), one batch at a time. What a loop gains from larger
parts, and loses by smaller ones, is shown beside it; published loaders send 500. The larger the
parts, the more both wait for the one process of the platform, and the less there is to win.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from benchmarks.compare import Contestant, Row, Sample, at_most, faster, race
from integrations.submission.pace import FIRST

TESTS = Path(__file__).parents[2] / "tests" / "sandbox"
LATENCY = 0.02  # seconds
CONTESTANTS = "benchmarks.submission.contestants"
SOAK = {False: "6000:6:1", True: "100000:20:3"}


def run(large: bool) -> list[Row]:
    """The rows. large: a hundred thousand items and more, the long soak."""
    sys.path.insert(0, str(TESTS))
    from submission_stage import Stage

    with tempfile.TemporaryDirectory() as home:
        stage = Stage(Path(home))
        stage.prepare()
        try:
            rows = [*_throughput(stage, 100_000 if large else 40_000), _memory(stage, large)]
        finally:
            stage.stop()
    return [*rows, _soak(large)]


def _throughput(stage, count: int) -> list[Row]:  # type: ignore[no-untyped-def] # the tests' own stage
    from submission_stage import Fault, items, write

    stage.faults(Fault("latency", seconds=LATENCY))
    os.environ.update(stage.variables)
    file = str(write(stage.home / "file.json", images=items("images", count // 2), videos=items("videos", count // 2)))
    words = (stage.variables["ENCORD_DOMAIN"], stage.variables["ENCORD_SSH_KEY_FILE"], stage.integration, file)
    samples: dict[str, Sample] = {}
    for _ in range(2):
        contestants = [
            Contestant(name, f"{CONTESTANTS}:{name}", (str(stage.project()), file, f"{name} {uuid.uuid4()}"))
            for name in ("sending", "command")
        ]
        contestants += [
            Contestant(f"loop {size}", f"{CONTESTANTS}:loop", (*words, f"loop {size} {uuid.uuid4()}", str(size)))
            for size in (100, FIRST, 500, 5000)
        ]
        for name, sample in race(contestants, 1, "seconds").items():
            samples[name] = min(samples.get(name, sample), sample, key=lambda one: one.seconds)
    stage.faults()
    what = f"{count:,} items, 20 ms latency"
    return [
        faster(f"{what}: sending", samples["sending"], samples["loop 100"], "loop of 100", 3),
        faster(f"{what}: sending", samples["sending"], samples[f"loop {FIRST}"], f"loop of {FIRST}", 3),
        faster(f"{what}: sending", samples["sending"], samples["loop 500"], "loop of 500", 1),
        faster(f"{what}: sending", samples["sending"], samples["loop 5000"], "loop of 5000", 1),
        faster(f"{what}: with validation", samples["command"], samples["loop 500"], "loop of 500", 1),
    ]


def _memory(stage, large: bool) -> Row:  # type: ignore[no-untyped-def] # the tests' own stage
    """The most memory of a run over many items."""
    from submission_stage import items

    count = 1_000_000 if large else 100_000
    file = stage.home / "many.json"
    with file.open("w") as out:
        out.write('{"images": [\n')
        for start in range(0, count, 1000):
            lines = ",\n".join(map(json.dumps, items("images", 1000, start)))
            out.write(lines + (",\n" if start + 1000 < count else "\n]}\n"))
    arguments = (str(stage.project()), str(file), f"many {uuid.uuid4()}")
    sample = race([Contestant("sending", f"{CONTESTANTS}:sending", arguments)], 1)["sending"]
    return at_most(f"{count:,} items: memory of sending", sample.megabytes, 300, "MiB")


def _soak(large: bool) -> Row:
    """The soak of tests/sandbox, at its length; what it prints is the figure."""
    environment = {**os.environ, "INTEGRATIONS_SOAK": SOAK[large]}
    command = [sys.executable, "-m", "pytest", "-q", str(TESTS / "test_submission_soak.py")]
    played = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    figure = next((line for line in played.stdout.splitlines() if line.startswith("soak: ")), played.stdout[-300:])
    print(figure, flush=True)
    return Row(
        "soak: lost and twice", "0" if played.returncode == 0 else "failed", "0", 1.0 - bool(played.returncode), 1.0
    )
