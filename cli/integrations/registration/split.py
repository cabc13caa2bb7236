"""Splits registration files into smaller ones: by Encord's limits or less, groups and series kept whole.

The bytes of an item are copied as they are. Every part has the settings of the whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from integrations.registration.csv_rules import quoted
from integrations.registration.csv_scan import Cell, CsvScanner, Layout
from integrations.registration.findings import Defect
from integrations.registration.load import RegistrationError, refuse_defects
from integrations.registration.model import KINDS, MAX_ITEMS, MAX_URLS, URL_FIELD
from integrations.registration.nodes import Member, Node
from integrations.registration.part_files import Part, numbered, unfinished, whole_set
from integrations.registration.scan import Scanner
from integrations.registration.source import open_source, sniff

_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_GROUPS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


class Limits(Struct, frozen=True):
    """How much one part may hold at most."""

    items: int = MAX_ITEMS
    urls: int = MAX_URLS


def split(name: str | Path, folder: Path, limits: Limits | None = None) -> list[Part]:
    """Write the parts of a file into `folder`, numbered from 1: all of them, or none.

    Raises RegistrationError if the file has defects that make reading it a guess, or an item
    that is larger than the limits by itself; ConfigurationError if such parts are there already.
    """
    limits = limits or Limits()
    stem = "stdin" if str(name) == "-" else Path(name).stem
    with open_source(name) as file:
        form = sniff(name, file.read(4096))
        file.seek(0)
        with whole_set(folder, stem, form) as done:
            parts = _Parts(folder, stem, form, limits, done)
            try:
                (_split_json if form == "json" else _split_csv)(name, file, parts)
            finally:
                parts.abandon()
    return done


class _Parts:
    """The part that is being written, and those that are done."""

    def __init__(self, folder: Path, stem: str, form: str, limits: Limits, done: list[Part]) -> None:
        self._folder, self._stem, self._form, self._limits, self._done = folder, stem, form, limits, done
        self._file: BinaryIO | None = None
        self._path = folder
        self._items = self._urls = 0

    def room(self, urls: int) -> bool:
        """Whether another item with so many URLs fits into the part."""
        if urls > self._limits.urls:
            raise RegistrationError(f"one item has {urls:,} object URLs, a part may have {self._limits.urls:,}")
        return self._items < self._limits.items and self._urls + urls <= self._limits.urls

    @property
    def file(self) -> BinaryIO:
        """The part's file, opened when it is first needed."""
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._path = numbered(self._folder, self._stem, self._form, len(self._done) + 1)
            self._file = unfinished(self._path).open("wb")
        return self._file

    def count(self, items: int, urls: int) -> None:
        self._items += items
        self._urls += urls

    def close(self, tail: bytes = b"") -> None:
        if self._file is not None:
            self._file.write(tail)
            self._file.close()
            self._done.append(Part(self._path, self._items, self._urls))
        self._file, self._items, self._urls = None, 0, 0

    def abandon(self) -> None:
        """Close a part that was not finished."""
        if self._file is not None:
            self._file.close()
            self._file = None


# -- JSON -----------------------------------------------------------------------------------------


def _split_json(name: str | Path, file: BinaryIO, parts: _Parts) -> None:
    """Two passes: the settings may stand behind the items, and a broken file is not split at all."""
    defects: list[Defect] = []
    reader = _Settings()
    Scanner(file, reader, defects.append).run()
    refuse_defects(name, file, defects)
    file.seek(0)
    writer = _JsonSplitter(parts, reader.settings)
    Scanner(file, writer, lambda _: None).run()
    writer.close()


class _Settings:
    """Takes every item unseen, and keeps the settings."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}

    def key(self, key: Node) -> None:
        pass

    def setting(self, member: Member) -> None:
        self.settings[member.key] = member.value.plain()

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:  # noqa: ARG002
        try:
            return len(_RAW.decode(text)) if text.isascii() or text.decode() else None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:
        pass


class _JsonSplitter(_Settings):
    def __init__(self, parts: _Parts, settings: dict[str, Any]) -> None:
        super().__init__()
        members = "".join(f",\n{json.dumps(key)}: {json.dumps(value)}" for key, value in settings.items())
        self._tail = f"]{members}}}\n".encode()
        self._parts = parts
        self._section = ""  # of the list that is open in the part; empty if none is

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:  # noqa: ARG002
        try:
            raws = _RAW.decode(text)
            counts = [_url_count(item) for item in _GROUPS.decode(text)] if _grouped(section) else [1] * len(raws)
        except (msgspec.DecodeError, RecursionError):
            return None
        for raw, urls in zip(raws, counts, strict=True):
            self._put(section, bytes(raw), urls)
        return len(raws)

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        is_group = _grouped(section) and node.kind == "object"
        self._put(section, raw, _url_count(node.plain()) if is_group else 1)

    def _put(self, section: str, raw: bytes, urls: int) -> None:
        if not self._parts.room(urls):
            self.close()
        file = self._parts.file
        if section != self._section:
            file.write(b"%b%b: [\n" % (b"],\n" if self._section else b"{", json.dumps(section).encode()))
            self._section = section
        else:
            file.write(b",\n")
        file.write(raw)
        self._parts.count(1, urls)

    def close(self) -> None:
        self._parts.close(self._tail)
        self._section = ""


def _grouped(section: str) -> bool:
    return section in KINDS and KINDS[section].grouped


def _url_count(item: dict[str, Any]) -> int:
    return sum(1 for key in item if URL_FIELD.fullmatch(key))


# -- CSV ------------------------------------------------------------------------------------------


def _split_csv(name: str | Path, file: BinaryIO, parts: _Parts) -> None:
    """Two passes: in the first, groups are measured, because rows of one title stay together."""
    defects: list[Defect] = []
    sizes = _Sizes()
    CsvScanner(file, sizes, defects.append, fast=False).run()
    refuse_defects(name, file, defects)
    if sizes.torn:
        raise RegistrationError(
            f"the rows of {sizes.torn!r} do not stand together in {name}: sort them, or convert the file to JSON first"
        )
    file.seek(0)
    writer = _CsvSplitter(parts, sizes.counts, lambda start, end: _read(file, start, end))
    CsvScanner(file, writer, lambda _: None, fast=False).run()
    parts.close()


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    at = file.tell()
    file.seek(start)
    raw = file.read(end - start)
    file.seek(at)
    return raw


class _Sizes:
    """How many rows each group and series has, in their order."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.torn = ""
        self._seen: set[tuple[str, int]] = set()
        self._last: tuple[str, str] | None = None

    def headings(self, layout: Layout, offset: int) -> None:
        pass

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:  # noqa: ARG002
        return False

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:  # noqa: ARG002
        key = _item_key(layout, cells)
        if key is not None and key == self._last:
            self.counts[-1] += 1
            return
        self._last = key
        self.counts.append(1)
        if key is not None:
            mark = (key[0], hash(key[1]))
            self.torn = self.torn or (key[1] if mark in self._seen else "")
            self._seen.add(mark)


def _item_key(layout: Layout, cells: list[Cell]) -> tuple[str, str] | None:
    """What rows of one group or series have in common; None for a row that is an item by itself."""
    title = cells[layout.title].text if layout.title is not None else ""
    return (layout.kind.section, title) if layout.kind.grouped and title else None


class _CsvSplitter:
    def __init__(self, parts: _Parts, counts: list[int], read: Callable[[int, int], bytes]) -> None:
        self._parts, self._counts, self._read = parts, iter(counts), read
        self._left = 0  # rows of the item that is being written
        self._written: Layout | None = None  # the headings that stand in the part

    def headings(self, layout: Layout, offset: int) -> None:
        pass

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:  # noqa: ARG002
        return False

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:  # noqa: ARG002
        if not self._left:
            self._left = next(self._counts)
            if not self._parts.room(self._left):
                self._parts.close()
                self._written = None
            self._parts.count(1, self._left)
        self._left -= 1
        file = self._parts.file
        if layout != self._written:
            file.write(",".join(map(quoted, layout.columns)).encode() + b"\r\n")
            self._written = layout
        file.write(self._read(start, end).rstrip(b"\r\n") + b"\r\n")
