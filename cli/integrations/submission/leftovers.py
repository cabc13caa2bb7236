"""Writes items that were not registered as a file that can be submitted again, and beside it why and from where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from integrations.errors import ConfigurationError
from integrations.submission.records import Entry, Failure


def write_failures(path: Path, failures: Callable[[], Iterable[Failure]]) -> Path | None:
    """Write the items to `path`, and one line of JSON for each beside it, in the order of the files they came from.

    failures: gives them anew at each call, so that they need not be in memory. Returns the path of the
    reasons, or None if there was nothing to write. Raises ConfigurationError.
    """
    sections = sorted({one.entry.section for one in failures()})
    if not sections:
        return None
    write_items(path, sections, lambda: (one.entry for one in failures()))
    reasons = path.with_suffix(".jsonl")
    with _replaced(reasons) as file:
        for one in failures():
            entry = one.entry
            line = {"file": entry.file, "line": entry.line, "section": entry.section, "urls": entry.urls}
            file.write(msgspec.json.encode({**line, "error": one.error}) + b"\n")
    return reasons


def write_items(path: Path, sections: Iterable[str], entries: Callable[[], Iterable[Entry]]) -> None:
    """Write a registration file with an item on each line. Raises ConfigurationError."""
    with _replaced(path) as file:
        file.write(b"{")
        for number, section in enumerate(sections):
            file.write(b',\n"%b": [' % section.encode() if number else b'\n"%b": [' % section.encode())
            separator = b"\n"
            for entry in entries():
                if entry.section == section:
                    file.write(separator + b"  " + entry.raw)
                    separator = b",\n"
            file.write(b"\n]")
        file.write(b"\n}\n")


@contextmanager
def _replaced(path: Path) -> Iterator[BinaryIO]:
    """A file that is there whole, or as it was before."""
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
