"""How long `integrations` takes to answer, beside the AWS CLI and beside Python itself.

The AWS CLI gets an environment of its own (.benchmarks/awscli): its pins do not go with those
of the sandbox. Whole processes, in turn, medians; modules compiled, as an installation leaves them.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.compare import Row

ROOT = Path(__file__).parents[2]
AWSCLI = ROOT / ".benchmarks" / "awscli"
ROUNDS = 15


def run(large: bool) -> list[Row]:
    """`large` makes no difference here."""
    del large
    _compile()
    aws = _aws_cli()
    integrations = [sys.executable, "-m", "integrations"]
    seconds = _in_turn(
        {
            "python": [sys.executable, "-c", "pass"],
            "aws": [str(aws), "--version"],
            "--version": [*integrations, "--version"],
            "--help": [*integrations, "--help"],
            "env list": [*integrations, "env", "list"],
        }
    )
    rows = [
        _row(f"integrations {what}", seconds[what], "aws --version", seconds["aws"], 3.0)
        for what in ("--help", "env list")
    ]
    # A floor below 1: it cannot be faster than Python, but it must stay near.
    rows.append(_row("integrations --version", seconds["--version"], "python -c pass", seconds["python"], 1 / 2.5))
    return rows


def _row(what: str, ours: float, baseline_name: str, baseline: float, floor: float) -> Row:
    return Row(what, f"{ours * 1000:.0f} ms", f"{baseline_name} {baseline * 1000:.0f} ms", baseline / ours, floor)


def _in_turn(commands: dict[str, list[str]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
            times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(taken) for name, taken in times.items()}


def _compile() -> None:
    """The editable install has no compiled modules where somebody forbids Python to write them."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(ROOT / "cli" / "integrations")], check=True)


def _aws_cli() -> Path:
    """`aws`, version 1, in an environment of its own, made at the first run."""
    found = AWSCLI / "bin" / "aws"
    if not found.exists():
        uv = Path(sys.executable).with_name("uv")
        environment = {**os.environ, "VIRTUAL_ENV": str(AWSCLI)}
        subprocess.run([uv, "venv", "--quiet", str(AWSCLI)], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--compile-bytecode", "awscli<2"], check=True, env=environment)
    return found
