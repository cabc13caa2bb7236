"""Numbered files that belong together: they have their names only when the last of them is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from integrations.errors import ConfigurationError


class Part(Struct, frozen=True):
    """One file that was written."""

    path: Path
    items: int
    urls: int


def numbered(folder: Path, stem: str, form: str, number: int) -> Path:
    """The name of a part; numbers count from 1."""
    return folder / f"{stem}-{number:05d}.{form}"


def unfinished(path: Path, mark: str = "") -> Path:
    """Where a part is until all are whole. mark: tells several that write the same part apart."""
    return path.with_name(f"{path.name}{mark}.part")


@contextmanager
def whole_set(folder: Path, stem: str, form: str) -> Iterator[list[Part]]:
    """The parts of a set, to be filled in: each has been written to `unfinished` of its path.

    They get their names at the end; after an exception nothing is left of them, and what a killed
    run left goes before the next. Raises ConfigurationError if such files are there already.
    """
    whole = re.compile(rf"{re.escape(stem)}-\d{{5,}}\.{form}")
    there = next((one for one in _files(folder) if whole.fullmatch(one.name)), None)
    if there:
        raise ConfigurationError(f"{there} is there already: name an empty folder, or remove all files of that name")
    _sweep(folder, stem)
    parts: list[Part] = []
    try:
        yield parts
    except BaseException:
        _sweep(folder, stem)
        raise
    for part in parts:
        unfinished(part.path).replace(part.path)


def _sweep(folder: Path, stem: str) -> None:
    left = re.compile(rf"{re.escape(stem)}-(?:[a-z_]+-)?\d{{5,}}\.(?:\w+\.)*part")
    for one in _files(folder):
        if left.fullmatch(one.name):
            one.unlink()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
