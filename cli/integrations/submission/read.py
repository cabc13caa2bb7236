"""Reads registration files of any size, item by item, each with the line it stands on.

The scanners of `registration` do the reading; memory holds one window of a file, and of a CSV
file the groups, whose rows may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import msgspec

from integrations.registration.csv_rules import TRUE_FALSE
from integrations.registration.csv_scan import URL_HEADING, Cell, CsvScanner, Layout
from integrations.registration.findings import Defect, FindingId
from integrations.registration.load import RegistrationError
from integrations.registration.model import group_fields
from integrations.registration.nodes import Member, Node
from integrations.registration.scan import Scanner
from integrations.registration.source import not_text, open_source, sniff
from integrations.submission.records import Entry

Take = Callable[[list[Entry]], None]
# Whether an item is to be left out: section (or "" for a row of CSV), index in it (or line).
LeaveOut = Callable[[str, int], bool]

_START = 4096
_BLOCK = 1 << 20
_ITEMS = msgspec.json.Decoder(list[dict[str, Any]])
_RAW_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_ENCODER = msgspec.json.Encoder(order="sorted")


def read_entries(name: str, take: Take, leave_out: LeaveOut | None = None) -> dict[str, Any]:
    """Give every item of a file to `take`, in pieces. Returns the file's settings.

    Raises RegistrationError if something cannot be read without loss, UnreadableFileError if the
    file cannot.
    """
    with open_source(name) as file:
        start = file.read(_START)
        file.seek(0)
        defects: list[Defect] = []
        if defect := not_text(start):
            defects = [defect]
        elif sniff(name, start) == "json":
            reader = _JsonReader(name, file, take, leave_out)
            Scanner(file, reader, defects.append).run()
        else:
            rows = _CsvReader(name, file, take, leave_out)
            CsvScanner(file, rows, defects.append).run()
            rows.finish()
        if leave_out is None:
            _refuse(name, file, defects)
        return reader.settings if not_text(start) is None and sniff(name, start) == "json" else {}


def _refuse(name: str, file: BinaryIO, defects: Sequence[Defect]) -> None:
    """Raise RegistrationError for the first loss; a section that stands there twice is merged, and so is none."""
    losses = [one for one in defects if one.id is not FindingId.REPEATED_KEY or not _moved(one)]
    if losses:
        first = min(losses, key=lambda one: one.offset)
        line = _Lines(file).at(first.offset)
        raise RegistrationError(
            f"{name}:{line}: {first.message} ({first.id}): see integrations registration validate {name}"
        )


def _moved(defect: Defect) -> bool:
    return any(edit.move_end for edit in defect.edits)


class _Lines:
    """Line numbers of ascending offsets, from 1; the file's position stays where it is."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._offset, self._line = file, 0, 1

    def at(self, offset: int) -> int:
        position = self._file.tell()
        self._file.seek(self._offset)
        while self._offset < offset:
            block = self._file.read(min(_BLOCK, offset - self._offset))
            if not block:
                break
            self._offset += len(block)
            self._line += block.count(b"\n")
        self._file.seek(position)
        return self._line


class _JsonReader:
    """Takes chunks of items at the speed of the decoder."""

    def __init__(self, name: str, file: BinaryIO, take: Take, leave_out: LeaveOut | None) -> None:
        self._name, self._lines, self._take, self._leave_out = name, _Lines(file), take, leave_out
        self.settings: dict[str, Any] = {}

    def key(self, key: Node) -> None:
        """Nothing is known by its key alone."""

    def setting(self, member: Member) -> None:
        self.settings[member.key] = member.value.plain()

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:
        try:
            items, raws = _ITEMS.decode(text), _RAW_ITEMS.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        line, at, before = self._lines.at(offset), 1, 1
        entries = []
        for index, (item, raw) in enumerate(zip(items, raws, strict=True), first):
            piece = bytes(raw)
            start = text.index(piece, at)
            line += text.count(b"\n", before, start)
            before, at = start, start + len(piece)
            if self._leave_out is None or not self._leave_out(section, index):
                entries.append(Entry(section, _ENCODER.encode(item), self._name, line))
        self._take(entries)
        return len(items)

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        if self._leave_out is None or not self._leave_out(section, index):
            line = self._lines.at(node.start)
            self._take([Entry(section, _ENCODER.encode(node.plain()), self._name, line)])


class _CsvReader:
    """Takes rows; those of one title under one kind make one group or series, in the order of the file."""

    def __init__(self, name: str, file: BinaryIO, take: Take, leave_out: LeaveOut | None) -> None:
        self._name, self._lines, self._take = name, _Lines(file), take
        self._leave_out = leave_out or (lambda _section, _line: False)
        self._groups: dict[tuple[str, str], tuple[int, dict[str, Any], list[str]]] = {}
        self._bad: set[tuple[str, str]] = set()

    def headings(self, layout: Layout, offset: int) -> None:
        """Rows say which headings they stand under."""

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:  # noqa: ARG002
        columns = [[cell.removeprefix("\n") for cell in columns[0]], *columns[1:]]
        if any(cell.strip().lower() == URL_HEADING.lower() for column in columns for cell in column):
            return False  # new headings begin somewhere in it: the scanner finds where
        first = self._lines.at(start)
        entries = []
        for line, row in enumerate(zip(*columns, strict=True), first):
            entry = self._row(layout, row, line)
            if entry is not None:
                entries.append(entry)
        self._take(entries)
        return True

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:  # noqa: ARG002
        entry = self._row(layout, tuple(cell.text for cell in cells), self._lines.at(start))
        if entry is not None:
            self._take([entry])

    def _row(self, layout: Layout, cells: Sequence[str], line: int) -> Entry | None:
        """The item of a row, if it is one by itself."""
        section, url = layout.kind.section, cells[layout.url]
        title = cells[layout.title] if layout.title is not None else ""
        bad = self._leave_out("", line)
        if not layout.kind.grouped:
            item = {"objectUrl": url, **({"title": title} if title else {})}
            return None if bad else Entry(section, _ENCODER.encode(item), self._name, line)
        key = (section, title or url)
        if bad:
            self._bad.add(key)
        if key not in self._groups:
            self._groups[key] = (line, _group(layout, cells, title or url.rpartition("/")[2]), [])
        self._groups[key][2].append(url)
        return None

    def finish(self) -> None:
        """Give the groups, which are whole now."""
        self._take(
            [
                Entry(section, _ENCODER.encode({**item, **group_fields(urls)}), self._name, line)
                for (section, title), (line, item, urls) in self._groups.items()
                if (section, title) not in self._bad
            ]
        )


def _group(layout: Layout, cells: Sequence[str], title: str) -> dict[str, Any]:
    if layout.kind.section != "image_groups":
        return {"title": title}
    create = cells[layout.create_video] if layout.create_video is not None else ""
    return {"title": title, "createVideo": TRUE_FALSE.get(create.strip().lower(), True)}
