"""The page of the matrix, written from the tables that the tests hold: tests/sandbox/matrix_<cloud>.py."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parents[1] / "tests" / "sandbox"

HEAD = """# The matrix

Ways to break an integration, each done for real against the sandbox's local clouds: exactly these checks fail or warn,
and what presupposes them is skipped. The last column is what makes all green again: the printed fix where it is a
change of configuration, else what a person does. Held by `tests/sandbox/test_matrix_<cloud>.py`.
"""


def matrix_page() -> dict[str, str]:
    """Path and text of the page."""
    sections = [_section(table) for table in tables()]
    return {"docs/matrix.md": "\n".join([HEAD, *sections])}


def tables() -> list[Any]:
    """The table of each cloud, by name."""
    sys.path.insert(0, str(TABLES))
    try:
        names = sorted(path.stem for path in TABLES.glob("matrix_*.py"))
        return [importlib.import_module(name).TABLE for name in names]
    finally:
        sys.path.remove(str(TABLES))


def _section(table: Any) -> str:
    rows = [
        f"| {case.what} | {_ids(case.fails)} | {_ids(case.warns)} | {_ids(case.skips)} | {case.mended_by} |"
        for case in table.cases
    ]
    head = ["| broken | fail | warn | skipped | mended by |", "|---|---|---|---|---|"]
    parts = [f"## {table.cloud}", "", *head, *rows, ""]
    staged = [one for one in table.elsewhere if one.in_the_sandbox]
    recorded = [one for one in table.elsewhere if not one.in_the_sandbox]
    parts += _list("What ends otherwise than a row can say is staged in a test of its own:", staged)
    parts += _list("What no emulator can stage is tested with recorded answers:", recorded)
    return "\n".join(parts)


def _list(heading: str, elsewhere: Sequence[Any]) -> list[str]:
    lines = [f"- {one.what}: {_ids(one.checks)} ({_file(one.tested)})" for one in elsewhere]
    return [heading, "", *lines, ""] if lines else []


def _ids(ids: frozenset[str]) -> str:
    return " ".join(f"[{one}](checks/{one}.md)" for one in sorted(ids))


def _file(path: str) -> str:
    return f"[{Path(path).name}](../{path})"
