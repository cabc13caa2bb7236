"""Which object URLs stand in the files more than once; exact, in bounded memory, at any size.

Eight bytes of every URL are kept: its hash, in one of 64 partitions by its low bits, which go to
temporary files when they grow. A hash that occurs twice in its partition makes a candidate.
The blocks of the files that candidates came from are read again and compared by text, so two
URLs that only share a hash are never reported.
"""

from __future__ import annotations

import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from msgspec import Struct

_PARTITIONS = 64
_MASK = _PARTITIONS - 1
_IN_MEMORY = 1_000_000  # hashes, 8 bytes each
_BLOCK = 256  # URLs; below that, neighbouring items share a block


class Block(Struct, frozen=True):
    """A stretch of one file that holds whole items of one section. first: index of the first of them."""

    file: int
    section: str
    first: int
    start: int
    end: int


class UrlIndex:
    """All object URLs of one or more files, by their hashes."""

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(_PARTITIONS)]
        self._put = [part.append for part in self._parts]
        self._spilled: list[BinaryIO] = []
        self._spilled_counts = [0] * _PARTITIONS
        self._blocks: list[Block] = []
        self._ends = array("I")  # after each block, the length of each partition
        self._open: Block | None = None
        self._open_urls = 0
        self._in_memory = 0
        self.count = 0

    def add(self, urls: Sequence[str], block: Block) -> None:
        """Take the URLs of a block of items, in the order of the file."""
        put = self._put
        for value in map(hash, urls):
            put[value & _MASK](value)
        self.count += len(urls)
        self._in_memory += len(urls)
        self._extend(block, len(urls))
        if self._in_memory > _IN_MEMORY:
            self._spill()

    def _extend(self, block: Block, urls: int) -> None:
        before = self._open
        if before and before.file == block.file and before.section == block.section and self._open_urls < _BLOCK:
            block = Block(block.file, block.section, before.first, before.start, block.end)
            self._blocks.pop()
            del self._ends[-_PARTITIONS:]
            urls += self._open_urls
        self._open, self._open_urls = block, urls
        self._blocks.append(block)
        spilled = self._spilled_counts
        self._ends.extend([spilled[number] + len(part) for number, part in enumerate(self._parts)])

    def _spill(self) -> None:
        if not self._spilled:
            self._spilled = [tempfile.TemporaryFile(buffering=0) for _ in range(_PARTITIONS)]  # noqa: SIM115 - see close
        for number, (part, file) in enumerate(zip(self._parts, self._spilled, strict=True)):
            file.write(part.tobytes())
            self._spilled_counts[number] += len(part)
            del part[:]
        self._in_memory = 0

    def candidates(self, limit: int) -> tuple[set[int], list[Block]]:
        """Hashes that occur more than once, about `limit` at most, and the blocks they came from, in order."""
        repeated: set[int] = set()
        blocks: set[int] = set()
        for number in range(_PARTITIONS):
            values = self._partition(number)
            if len(set(values)) == len(values):
                continue
            here = _repeated(values)
            ends = self._ends[number::_PARTITIONS]
            blocks.update(bisect_right(ends, at) for at, value in enumerate(values) if value in here)
            repeated |= here
            if len(repeated) >= limit:
                break
        return repeated, [self._blocks[number] for number in sorted(blocks)]

    def _partition(self, number: int) -> array[int]:
        values = array("q")
        if self._spilled:
            self._spilled[number].seek(0)
            values.frombytes(self._spilled[number].read())
        values.extend(self._parts[number])
        return values

    def close(self) -> None:
        """Give up the temporary files."""
        for file in self._spilled:
            file.close()


def _repeated(values: Iterable[int]) -> set[int]:
    seen: set[int] = set()
    again: set[int] = set()
    for value in values:
        if value in seen:
            again.add(value)
        else:
            seen.add(value)
    return again


class Mention(Struct, frozen=True):
    """One place where a URL stands. offset: of its value, in the file."""

    url: str
    file: int
    path: str
    offset: int


def repetitions(mentions: Iterable[Mention]) -> Iterator[tuple[Mention, Mention]]:
    """Every mention of a URL after its first, with the first."""
    first: dict[str, Mention] = {}
    for mention in mentions:
        known = first.setdefault(mention.url, mention)
        if known is not mention:
            yield mention, known
