"""Runs one function once; prints how long it took, its processor time, and the memory of the process: see compare.py."""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from pathlib import Path


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    function = getattr(importlib.import_module(module), name)
    start, used = time.perf_counter(), time.process_time()
    function(*sys.argv[2:])
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    sys.stdout.write(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": _megabytes("self")}))


def _megabytes(process: str) -> int:
    """The most memory of a process, and of those that it started and that still run, as Spark's Java does."""
    place = Path("/proc") / process
    try:
        children = [one for task in place.glob("task/*/children") for one in task.read_text(encoding="ascii").split()]
        status = (place / "status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return 0
    # Not ru_maxrss, which starts with what the parent had when it forked. What has ended and is not yet gone has none.
    most = re.search(r"VmHWM:\s+(\d+)", status)
    return (int(most[1]) // 1024 if most else 0) + sum(map(_megabytes, children))


if __name__ == "__main__":
    main()
