"""Walks over a registration file in CSV, of any size, with one window in memory.

Encord's form: headings in any case; a new row of headings wherever the kind changes; the title's
heading says the kind; a single ObjectURL column means videos. Quoting as in RFC 4180.

Blocks without a quote are split at commas and line ends as a whole, and proven by the handler;
the others, and those in which something is wrong, are read cell by cell with positions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, Protocol

from msgspec import Struct

from integrations.registration.csv_block import columns_of
from integrations.registration.findings import Defect, Edit, FindingId
from integrations.registration.item_rules import nearest
from integrations.registration.model import KINDS, Kind
from integrations.registration.window import Window

WINDOW = 128 * 1024
MAX_ROW = 1024 * 1024
_SMALLEST_REACH = 1024

URL_HEADING = "ObjectURL"
HEADINGS = {
    "ObjectURL": None,
    "Video title": "videos",
    "Image title": "images",
    "Image group title": "image_groups",
    "Series title": "dicom_series",
    "Dicom title": "dicom_series",
    "Create video": None,
}
_LOWER = {heading.lower(): heading for heading in HEADINGS}
_CELL = re.compile(rb'[ \t]*+"((?:[^"]|"")*+)"[ \t]*+|([^,\r\n]*+)')
_END_OF_LINE = re.compile(rb"\r?+\n|\r")


class Layout(Struct, frozen=True):
    """What the columns under one row of headings mean. title, create_video: their columns, if there are any."""

    kind: Kind
    columns: tuple[str, ...]
    url: int
    title: int | None
    create_video: int | None

    @property
    def single(self) -> bool:
        return self.title is None and self.create_video is None


class Cell(Struct, frozen=True):
    """One cell and where it stands in the file, quotes included."""

    text: str
    start: int
    end: int


class Handler(Protocol):
    """What is done with the rows."""

    def headings(self, layout: Layout, offset: int) -> None:
        """Take note of new headings."""

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:
        """Prove rows clean and take them, or return False. No cell of the first column holds a line feed."""

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:
        """Examine and take one row."""


class CsvScanner:
    """One pass over one CSV file. layout: the headings in force, for a part of a file that has none of its own."""

    def __init__(
        self,
        file: BinaryIO,
        handler: Handler,
        report: Callable[[Defect], None],
        *,
        window: int = WINDOW,
        fast: bool = True,
        layout: Layout | None = None,
    ) -> None:
        self._window = Window(file, window)
        self._size = self._reach = window
        self._unproven = 0  # the end of a block that could not be proven
        self._handler = handler
        self._report = report
        self._fast = fast
        self._layout = layout
        self._unread = False  # rows under no headings, or under such as cannot be read without a guess

    def run(self) -> None:
        """Scan the file to its end."""
        window = self._window
        window.ensure(self._size)
        if window.data.startswith(b"\xef\xbb\xbf", 0, window.end):
            text = "the file starts with a byte order mark, which hides the first heading"
            self._report(Defect(FindingId.BYTE_ORDER_MARK, 0, "", "", text, "remove it", (Edit(start=0, end=3),)))
            window.at = 3
        while True:
            window.ensure(self._reach)
            if not window.unread:
                return
            if not (self._fast and self._layout and self._block(self._layout)):
                self._unproven = 0
                # Where even the shortest block is not clean, the rows after it are not tried as one either.
                until = window.offset + (_SMALLEST_REACH if self._reach == _SMALLEST_REACH else 1)
                self._reach = max(_SMALLEST_REACH, self._reach // 2)
                while window.offset < until and window.unread:
                    self._row()
                    window.ensure(_SMALLEST_REACH)

    # -- whole blocks ---------------------------------------------------------------------------

    def _block(self, layout: Layout) -> bool:
        """Take lines that the handler proves: all of the window, or half of them, or half of that (see scan.py)."""
        window = self._window
        limit = min(window.end, window.at + self._reach)
        if self._unproven > window.offset:
            limit = min(limit, window.at + (self._unproven - window.offset) // 2)
        while (end := window.data.rfind(b"\n", window.at, limit) + 1) > window.at:
            columns = columns_of(bytes(window.data[window.at : end]), len(layout.columns))
            if columns and self._handler.block(layout, columns, window.offset, window.base + end):
                self._reach = min(self._size, self._reach * 2)
                window.at = end
                return True
            self._unproven = window.base + end
            limit = window.at + (end - window.at) // 2
        return False

    # -- row by row -------------------------------------------------------------------------------

    def _row(self) -> None:
        window = self._window
        start = window.offset
        cells = self._cells()
        if cells is None or (len(cells) == 1 and not cells[0].text.strip()):
            return
        if any(names_url(cell.text) for cell in cells):
            self._layout = self._headings(cells)
            self._unread = self._layout is None
            if self._layout:
                self._handler.headings(self._layout, window.offset)
        elif self._layout is None:
            if not self._unread:
                self._no_headings(cells)
                self._unread = True
        elif len(cells) != len(self._layout.columns):
            text = f"this row has {len(cells)} columns, its headings have {len(self._layout.columns)}"
            fix = "quote a value that has a comma in it, and write every column"
            self._report(Defect(FindingId.CSV_COLUMNS, start, "", cells[0].text[:120], text, fix))
        else:
            self._handler.row(self._layout, cells, start, window.offset)

    def _cells(self) -> list[Cell] | None:
        """The cells of the next row; None if it cannot be read, which has been reported."""
        window = self._window
        while True:
            cells, at = [], window.at
            while True:
                match = _CELL.match(window.data, at, window.end)
                assert match is not None  # noqa: S101 - the second form matches anything, also nothing
                if match[1] is None and match[2].lstrip().startswith(b'"'):
                    break  # a quote that is not closed within the window
                cells.append((match[1], match[2], *match.span()))
                at = match.end()
                if window.data[at : at + 1] != b"," or at >= window.end:
                    break
                at += 1
            line_end = _END_OF_LINE.match(window.data, at, window.end)
            if line_end and (line_end.end() < window.end or window.eof or line_end[0] != b"\r"):
                window.at, base = line_end.end(), window.base
                return self._decoded(cells, base)
            if at >= window.end and window.eof and cells and cells[-1][3] == at:
                window.at, base = at, window.base
                return self._decoded(cells, base)
            if not window.eof and window.unread < MAX_ROW:
                window.ensure(2 * window.unread)
                continue
            self._give_up(at)
            return None

    def _decoded(self, cells: list[tuple[bytes | None, bytes | None, int, int]], base: int) -> list[Cell]:
        row = []
        for quoted, bare, start, end in cells:
            raw = bytes(bare or b"") if quoted is None else bytes(quoted).replace(b'""', b'"')
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                bad = raw[error.start : error.start + 1].hex()
                at = base + start + error.start
                self._report(
                    Defect(FindingId.NOT_TEXT, at, "", bad, "a byte that is no UTF-8", "write the file in UTF-8")
                )
                text = raw.decode("utf-8", "replace")
            if "\0" in text:
                at = base + start
                self._report(
                    Defect(FindingId.NOT_TEXT, at, "", "\\0", "a NUL byte, which no text has", "write the file again")
                )
            row.append(Cell(text, base + start, base + end))
        return row

    def _give_up(self, at: int) -> None:
        """Report a row that has no end, or a quote in the wrong place, and go to the next line."""
        window = self._window
        start = window.offset
        shown = bytes(window.data[window.at : min(window.end, window.at + 60)]).decode("utf-8", "replace")
        if window.unread >= MAX_ROW:
            text = f"this row is longer than {MAX_ROW >> 20} MiB, or a quote is not closed"
            self._report(Defect(FindingId.TOO_LARGE, start, "", shown, text, "close the quote, or split the row"))
        else:
            text = "the quotes of this row are broken"
            fix = "close the quote, and double a quote within a value"
            self._report(Defect(FindingId.CSV_QUOTING, window.base + at, "", shown, text, fix))
        while True:
            line_end = window.data.find(b"\n", window.at, window.end)
            if line_end >= 0:
                window.at = line_end + 1
                return
            window.at = window.end
            if window.eof:
                return
            window.ensure(self._size)

    # -- headings -----------------------------------------------------------------------------------

    def _headings(self, cells: list[Cell]) -> Layout | None:
        """What the columns mean; None if two of them mean the same, which has been reported."""
        columns = [_LOWER.get(cell.text.strip().lower()) or self._misspelt(cell) for cell in cells]
        alike: dict[str, list[Cell]] = {}
        for cell, name in zip(cells, columns, strict=True):
            if name in HEADINGS:
                alike.setdefault("title" if HEADINGS[name] else name, []).append(cell)
        if twice := next((some for some in alike.values() if len(some) > 1), None):
            self._ambiguous(*twice[:2])
            return None
        title = next((number for number, name in enumerate(columns) if HEADINGS.get(name)), None)
        kind = KINDS["videos" if title is None else HEADINGS[columns[title]] or ""]
        create = columns.index("Create video") if "Create video" in columns else None
        return Layout(kind, tuple(columns), columns.index(URL_HEADING), title, create)

    def _misspelt(self, cell: Cell) -> str:
        near, certain = nearest(cell.text, tuple(HEADINGS))
        fix = f"write {near!r}" if near else f"use {', '.join(HEADINGS)}"
        edits = (Edit(start=cell.start, end=cell.end, text=near.encode()),) if near and certain else ()
        text = f"Encord knows no heading {cell.text!r}"
        self._report(Defect(FindingId.CSV_HEADING, cell.start, "", cell.text[:120], text, fix, edits))
        return near if near and certain else cell.text

    def _ambiguous(self, first: Cell, second: Cell) -> None:
        text = f"of {first.text!r} and {second.text!r} nobody knows which counts, so the rows are not read"
        fix = "keep one URL, one title and one Create video; rows of another kind go under headings of their own"
        self._report(Defect(FindingId.CSV_HEADING, second.start, "", second.text[:120], text, fix))

    def _no_headings(self, cells: list[Cell]) -> None:
        start = cells[0].start
        shown = cells[0].text[:120]
        if re.search(r"object[ _-]?url", cells[0].text, re.IGNORECASE):
            text, fix = "columns are separated by commas, here they are not", "save the file with commas"
        else:
            text, fix = "the first row must be headings", "put ObjectURL and the title's heading into the first row"
        text += ", so the rows are not read"
        self._report(Defect(FindingId.CSV_NO_HEADINGS, start, "", shown, text, fix))


def names_url(text: str) -> bool:
    """Whether a cell is the heading of the object URLs, in any spelling, which makes its row one of headings."""
    return re.sub(r"[\s_-]", "", text).lower() == "objecturl"
