"""Keeps the defects of one file, counts them all, and turns them into findings with line and column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import BinaryIO

from integrations.registration.catalogue import CATALOGUE
from integrations.registration.findings import Defect, Finding, FindingId

_BLOCK = 1 << 17
_CONTINUATION = bytes(range(0x80, 0xC0))
# To the end of the text, because a broken URL has spaces and quotes in its query; and by name, because a text may begin
# in the middle of one. Encoders of JSON write = as \u003d.
_QUERY = re.compile(
    r"([?&#])\s*[\w.%~-]+\s*(?:=|%3D|\\u003d).*"
    r"|(?:X-(?:Amz|Goog|Obs)-[\w-]+|\b(?:AWSAccessKeyId|Signature|sig))(?:=|%3D|\\u003d).*",
    re.DOTALL | re.IGNORECASE,
)


class Collector:
    """Takes defects; keeps the first `limit` of them, counts the rest by their id.

    mendable: of those with an edit so many are kept in place of `limit`.
    """

    def __init__(self, limit: int, mendable: int | None = None) -> None:
        self._limit = limit
        self._mendable = mendable
        self.kept: list[Defect] = []
        self.counts: Counter[FindingId] = Counter()

    def __call__(self, defect: Defect) -> None:
        self.counts[defect.id] += 1
        if self._mendable is not None and defect.edits:
            if self._mendable:
                self._mendable -= 1
                self.kept.append(defect)
        elif self._limit:
            self._limit -= 1
            self.kept.append(defect)

    def findings(self, name: str, file: BinaryIO) -> list[Finding]:
        """The kept defects as findings of the file `name`, in the order of the file."""
        defects = sorted(self.kept, key=lambda defect: defect.offset)
        return [
            finding(name, defect, line, column)
            for defect, (line, column) in zip(defects, positions(file, (one.offset for one in defects)), strict=True)
        ]


def finding(name: str, defect: Defect, line: int, column: int) -> Finding:
    """The finding of a defect whose place has been counted."""
    return Finding(
        id=defect.id,
        severity=CATALOGUE[defect.id].severity,
        file=name,
        line=line,
        column=column,
        path=_without_query(defect.path),
        text=_without_query(defect.text),
        message=_without_query(defect.message),
        fix=_without_query(defect.fix),
        repairable=bool(defect.edits),
    )


def _without_query(text: str) -> str:
    """The text up to the query of a URL, which may be a signature."""
    return _QUERY.sub(r"\1…", text)


def positions(file: BinaryIO, offsets: Iterable[int]) -> list[tuple[int, int]]:
    """Line and column, from 1 and in characters, of ascending offsets: one pass that counts line feeds."""
    file.seek(0)
    found: list[tuple[int, int]] = []
    line, characters = 1, 0  # how many characters of this line are passed
    base, block, at = 0, b"", 0

    def advance(to: int) -> None:
        """Pass the block up to the index `to`."""
        nonlocal line, characters, at
        passed = block[at:to]
        newline = passed.rfind(b"\n")
        line += _lines(passed)
        characters = _characters(passed[newline + 1 :]) if newline >= 0 else characters + _characters(passed)
        at = to

    for offset in offsets:
        while offset >= base + len(block):
            following = file.read(_BLOCK)
            if not following:
                break
            advance(len(block))
            base, block, at = base + len(block), following, 0
        advance(min(offset - base, len(block)))
        found.append((line, characters + 1))
    return found


def _lines(text: bytes) -> int:
    """How many line feeds there are; on lines of some length four times as fast as counting them."""
    return len(text) - len(text.replace(b"\n", b""))


def _characters(text: bytes) -> int:
    """How many characters start in this piece of UTF-8, which may begin or end within one."""
    return len(text) if text.isascii() else len(text.translate(None, _CONTINUATION))
