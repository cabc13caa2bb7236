"""Finds in a stretch of a file the URLs whose hashes are asked for, with their places."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from integrations.registration.csv_scan import Cell, CsvScanner, Layout
from integrations.registration.duplicates import Block, Mention
from integrations.registration.lenient import Member, Node
from integrations.registration.model import URL_FIELD, item_urls
from integrations.registration.scan import Scanner

_ITEMS = msgspec.json.Decoder(list[dict[str, Any]])


def json_mentions(source: BinaryIO, block: Block, hashes: set[int]) -> Iterator[Mention]:
    """The asked-for URLs in a block of items, read with the same scanner as the whole file."""
    head = b'{"%b":[' % block.section.encode()
    source.seek(block.start)
    text = head + source.read(block.end - block.start) + b"]}"
    handler = _JsonFinder(block, hashes, block.start - len(head))
    Scanner(io.BytesIO(text), handler, lambda _: None).run()
    yield from sorted(handler.found, key=lambda mention: mention.offset)


class _JsonFinder:
    def __init__(self, block: Block, hashes: set[int], shift: int) -> None:
        self._block, self._hashes, self._shift = block, hashes, shift
        self.found: list[Mention] = []

    def key(self, key: Node) -> None:
        pass

    def setting(self, member: Member) -> None:
        pass

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:  # noqa: ARG002
        try:
            items = _ITEMS.decode(text)
            urls = [url for item in items for url in item_urls(item)]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        return len(items) if self._hashes.isdisjoint(map(hash, urls)) else None

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        members = node.value if node.kind == "object" else []
        for member in members:
            value = member.value
            if value.kind != "string" or hash(value.value) not in self._hashes:
                continue
            if member.key == "objectUrl" or URL_FIELD.fullmatch(member.key):
                path = f"$.{section}[{self._block.first + index}].{member.key}"
                self.found.append(Mention(value.value, self._block.file, path, self._shift + value.start))


def csv_mentions(
    source: BinaryIO, block: Block, hashes: set[int], layouts: list[tuple[int, Layout]]
) -> Iterator[Mention]:
    """The asked-for URLs in a block of rows."""
    layout = next(layout for offset, layout in reversed(layouts) if offset <= block.start)
    source.seek(block.start)
    handler = _CsvFinder(block, hashes)
    text = io.BytesIO(source.read(block.end - block.start))
    CsvScanner(text, handler, lambda _: None, fast=False, layout=layout).run()
    yield from handler.found


class _CsvFinder:
    def __init__(self, block: Block, hashes: set[int]) -> None:
        self._block, self._hashes = block, hashes
        self.found: list[Mention] = []

    def headings(self, layout: Layout, offset: int) -> None:
        pass

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:  # noqa: ARG002
        raise AssertionError("blocks are off")

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:  # noqa: ARG002
        url = cells[layout.url]
        if hash(url.text) in self._hashes:
            offset = self._block.start + url.start
            self.found.append(Mention(url.text, self._block.file, "ObjectURL", offset))
