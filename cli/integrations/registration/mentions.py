"""Finds in a stretch of a file the URLs whose hashes are asked for, with their places."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct

from integrations.registration.blocks import Block
from integrations.registration.csv_scan import Cell, CsvScanner, Layout
from integrations.registration.duplicates import Mention
from integrations.registration.model import KINDS, URL_FIELD, item_urls
from integrations.registration.nodes import Member, Node
from integrations.registration.scan import Scanner


class _Single(Struct, gc=False):
    """The one URL of an item that is no group; the decoder passes over the rest."""

    objectUrl: Any = None  # noqa: N815 - Encord's name


_SINGLES = msgspec.json.Decoder(list[_Single])
_ITEMS = msgspec.json.Decoder(list[dict[str, Any]])


def json_mentions(source: BinaryIO, block: Block, hashes: set[int]) -> Iterator[Mention]:
    """The asked-for URLs in a block of items, read with the same scanner as the whole file."""
    text, head = _json_block(source, block)
    handler = _JsonFinder(block, hashes, block.start - head)
    Scanner(text, handler, lambda _: None).run()
    yield from sorted(handler.found, key=lambda mention: mention.offset)


def json_urls(source: BinaryIO, block: Block) -> list[str]:
    """All URLs of a block of items."""
    text, head = _json_block(source, block)
    found = _urls_of(block.section, b"[" + text.getvalue()[head:-2] + b"]")
    if found:  # nothing is wrong in it, as in nearly all
        return found[1]
    handler = _JsonUrls()
    Scanner(text, handler, lambda _: None).run()
    return handler.urls


def _json_block(source: BinaryIO, block: Block) -> tuple[io.BytesIO, int]:
    """A document of only this block, and how much stands before it there."""
    head = b'{"%b":[' % block.section.encode()
    source.seek(block.start)
    return io.BytesIO(head + source.read(block.end - block.start) + b"]}"), len(head)


def _urls_of(section: str, text: bytes) -> tuple[int, list[str]] | None:
    """How many items, and their URLs; None if they cannot be decoded."""
    try:
        if KINDS[section].grouped:
            items = _ITEMS.decode(text)
            return len(items), [url for item in items for url in item_urls(item) if isinstance(url, str)]
        singles = _SINGLES.decode(text)
        return len(singles), [url for one in singles if isinstance(url := one.objectUrl, str)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _JsonUrls:
    def __init__(self) -> None:
        self.urls: list[str] = []

    def key(self, key: Node) -> None:
        pass

    def setting(self, member: Member) -> None:
        pass

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:  # noqa: ARG002
        found = _urls_of(section, text)
        if found is None:
            return None
        self.urls += found[1]
        return found[0]

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        if node.kind == "object":
            self.urls += [url for url in item_urls(node.plain()) if isinstance(url, str) and url]


class _JsonFinder:
    def __init__(self, block: Block, hashes: set[int], shift: int) -> None:
        self._block, self._hashes, self._shift = block, hashes, shift
        self.found: list[Mention] = []

    def key(self, key: Node) -> None:
        pass

    def setting(self, member: Member) -> None:
        pass

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:  # noqa: ARG002
        found = _urls_of(section, text)
        return found[0] if found and self._hashes.isdisjoint(map(hash, found[1])) else None

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        members = node.value if node.kind == "object" else []
        for member in members:
            value = member.value
            if value.kind != "string" or hash(value.value) not in self._hashes:
                continue
            if URL_FIELD.fullmatch(member.key) if KINDS[section].grouped else member.key == "objectUrl":
                path = f"$.{section}[{self._block.first + index}].{member.key}"
                self.found.append(Mention(value.value, self._block.file, path, self._shift + value.start))


def csv_mentions(
    source: BinaryIO, block: Block, hashes: set[int], layouts: list[tuple[int, Layout]]
) -> Iterator[Mention]:
    """The asked-for URLs in a block of rows."""
    yield from (one for one in _csv_cells(source, block, layouts) if hash(one.url) in hashes)


def csv_urls(source: BinaryIO, block: Block, layouts: list[tuple[int, Layout]]) -> list[str]:
    """All URLs of a block of rows."""
    return [one.url for one in _csv_cells(source, block, layouts)]


def _csv_cells(source: BinaryIO, block: Block, layouts: list[tuple[int, Layout]]) -> list[Mention]:
    layout = next(layout for offset, layout in reversed(layouts) if offset <= block.start)
    source.seek(block.start)
    handler = _CsvFinder(block)
    text = io.BytesIO(source.read(block.end - block.start))
    CsvScanner(text, handler, lambda _: None, fast=False, layout=layout).run()
    return handler.found


class _CsvFinder:
    def __init__(self, block: Block) -> None:
        self._block = block
        self.found: list[Mention] = []

    def headings(self, layout: Layout, offset: int) -> None:
        pass

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:  # noqa: ARG002
        raise AssertionError("blocks are off")

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:  # noqa: ARG002
        url = cells[layout.url]
        if url.text:
            self.found.append(Mention(url.text, self._block.file, "ObjectURL", self._block.start + url.start))
