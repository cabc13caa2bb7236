"""Mends registration files where that needs no guess, and says what it changed and what it left.

Every finding that can be mended brings its own edit of the bytes; repairing is applying them.
What is not edited stays as it is, byte by byte. One mend can uncover another (a renamed key
holds a URL with a space), so it goes on until nothing is left to mend: a repaired file is not
changed by repairing it again.
"""

from __future__ import annotations

import shutil
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, structs

from integrations.registration.findings import Edit, Finding
from integrations.registration.source import open_source
from integrations.registration.validate import Options, examine

_AT_ONCE = 200_000  # mends in one round, which bounds the memory
_LEFT = 50_000  # findings that need a person, as far as they are listed
_ROUNDS = 1000
_COPY = 1 << 20


class Origins:
    """Where the bytes of a mended copy come from: pieces, each with its place in the copy, and in the file before."""

    def __init__(self) -> None:
        self._places, self._origins, self._lengths = array("q"), array("q"), array("q")

    def add(self, place: int, origin: int, length: int) -> None:
        """Take the next piece of the copy; new text has the place before which it was put, and the length 0."""
        for column, value in zip((self._places, self._origins, self._lengths), (place, origin, length), strict=True):
            column.append(value)

    def of(self, place: int) -> int:
        """The place in the file before of a place in the copy."""
        piece = bisect_right(self._places, place) - 1
        if piece < 0:
            return place
        return self._origins[piece] + min(place - self._places[piece], self._lengths[piece])


class Repair(Struct, frozen=True):
    """What was changed, in the order of the work, and what is still wrong with the mended copy.

    Lines and columns are those of the file that was given; paths those of the document as it was when that was found.
    """

    changes: list[Finding]
    left: list[Finding]


def repair(name: str | Path, output: BinaryIO, options: Options | None = None) -> Repair:
    """Write a mended copy of a file to `output`. Raises UnreadableFileError."""
    options = structs.replace(options or Options(), max_findings=_LEFT, mendable=_AT_ONCE)
    changes: list[Finding] = []
    rounds: list[Origins] = []
    with open_source(name) as source, tempfile.TemporaryFile() as first, tempfile.TemporaryFile() as second:
        current, following = source, first
        for _ in range(_ROUNDS):
            collector = examine(str(name), current, options)
            edits = _in_order([edit for defect in collector.kept for edit in defect.edits])
            collector.kept = [structs.replace(one, offset=_origin(rounds, one.offset)) for one in collector.kept]
            findings = collector.findings(str(name), source)
            if not edits:
                break
            changes += [one for one in findings if one.repairable]
            following.seek(0)
            following.truncate()
            rounds.append(apply(current, edits, following))
            current, following = following, second if following is first else first
        current.seek(0)
        shutil.copyfileobj(current, output, _COPY)
    return Repair(changes, findings)


def _in_order(edits: Sequence[Edit]) -> list[Edit]:
    return sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end))


def _origin(rounds: Sequence[Origins], offset: int) -> int:
    """The place in the file that was given of a place in the copy after some rounds."""
    for one in reversed(rounds):
        offset = one.of(offset)
    return offset


def apply(source: BinaryIO, edits: Sequence[Edit], output: BinaryIO) -> Origins:
    """Write the source with the edits, which come in order; of two that overlap the second waits for another round."""
    origins = Origins()
    _write(source, edits, output, origins, 0, source.seek(0, 2))
    return origins


def _write(source: BinaryIO, edits: Sequence[Edit], output: BinaryIO, origins: Origins, start: int, end: int) -> None:
    at = start
    for edit in edits:
        if edit.start < at or edit.end > end:
            continue
        origins.add(output.tell(), at, edit.start - at)
        _copy(source, output, at, edit.start)
        origins.add(output.tell(), edit.start, 0)
        output.write(edit.text)
        if edit.move_end > edit.move_start:
            _write(source, edits, output, origins, edit.move_start, edit.move_end)
        at = edit.end
    origins.add(output.tell(), at, end - at)
    _copy(source, output, at, end)


def _copy(source: BinaryIO, output: BinaryIO, start: int, end: int) -> None:
    source.seek(start)
    while start < end:
        block = source.read(min(_COPY, end - start))
        if not block:
            return
        output.write(block)
        start += len(block)
