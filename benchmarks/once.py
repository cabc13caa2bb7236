"""Runs one function once; prints how long it took, its processor time, and the memory of the process: see compare.py."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    function = getattr(importlib.import_module(module), name)
    start, used = time.perf_counter(), time.process_time()
    function(*sys.argv[2:])
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    # Not ru_maxrss, which starts with what the parent had when it forked.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    megabytes = int(status.split("VmHWM:")[1].split()[0]) // 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "cpu": cpu, "megabytes": megabytes}))


if __name__ == "__main__":
    main()
