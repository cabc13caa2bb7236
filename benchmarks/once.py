"""Runs one function once and prints how long it took and how much memory the process needed: see compare.py."""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    function = getattr(importlib.import_module(module), name)
    start = time.perf_counter()
    function(*sys.argv[2:])
    seconds = time.perf_counter() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": megabytes}))


if __name__ == "__main__":
    main()
