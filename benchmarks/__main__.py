"""`python -m benchmarks [NAME …] [--large]`: all benchmarks, or those named; exit code 1 if one is below its floor.

A benchmark is a package here with a `run(large: bool) -> list[Row]` in its `bench` module.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.compare import Row, table


def main(arguments: list[str]) -> int:
    known = sorted(path.parent.name for path in Path(__file__).parent.glob("*/bench.py"))
    names = [one for one in arguments if not one.startswith("-")] or known
    if unknown := set(names) - set(known):
        sys.stderr.write(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}\n")
        return 2
    rows: list[Row] = []
    for name in names:
        found = importlib.import_module(f"benchmarks.{name}.bench").run("--large" in arguments)
        rows += found
        print(f"\n{name}\n{table(found)}", flush=True)
    return 0 if all(row.good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
