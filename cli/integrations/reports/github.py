"""Workflow commands of GitHub Actions, which become annotations.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions. GitHub shows ten errors
and ten warnings of a step and drops the others without a word, so a last line says how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

SHOWN = 10


class Annotation(Struct, frozen=True):
    """One message at a place in a file."""

    level: Literal["error", "warning", "notice"]
    file: str
    line: int
    column: int
    title: str
    message: str


def github(annotations: Sequence[Annotation]) -> str:
    """The commands, errors first, as many as are shown."""
    lines: list[str] = []
    for level in ("error", "warning", "notice"):
        ours = [one for one in annotations if one.level == level]
        lines += [_command(one) for one in ours[:SHOWN]]
        if len(ours) > SHOWN:
            lines.append(f"::notice::{len(ours) - SHOWN} more findings of level {level} are not shown here")
    return "".join(f"{line}\n" for line in lines)


def _command(one: Annotation) -> str:
    place = f"file={_property(one.file)},line={one.line},col={one.column},title={_property(one.title)}"
    return f"::{one.level} {place}::{_data(one.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
