"""Which object URLs stand in the files more than once; exact, in bounded memory, at any size.

Files made from listings are in order, and in ascending order nothing can repeat: of a run of
ascending blocks only the ends are kept, and odd items between them are looked up in the one block
where they could stand. Where runs overlap, or there is no order, eight bytes of every URL are
kept: its hash, in one of 64 partitions by its low bits, which go to temporary files when they
grow. A hash that occurs twice in its partition makes a candidate. The blocks of
the files that candidates came from are read again and compared by text, so two URLs that only
share a hash are never reported.
"""

from __future__ import annotations

import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import lt
from typing import BinaryIO

from msgspec import Struct

_PARTITIONS = 64
_MASK = _PARTITIONS - 1
_IN_MEMORY = 1_000_000  # hashes, 8 bytes each
_RUNS = 64
_ODD = 10_000
_BLOCK = 256  # URLs; below that, neighbouring items share a block


class Block(Struct, frozen=True):
    """A stretch of one file that holds whole items of one section. first: index of the first of them."""

    file: int
    section: str
    first: int
    start: int
    end: int


class _Run(Struct):
    """Blocks whose URLs ascend from the first to the last. firsts: the first URL of each block."""

    first: str
    last: str
    blocks: list[Block]
    firsts: list[str]

    def near(self, url: str) -> Block | None:
        """The one block in which this URL can stand."""
        at = bisect_right(self.firsts, url)
        return self.blocks[at - 1] if at and url <= self.last else None

    def overlaps(self, other: _Run) -> bool:
        return self.first <= other.last and other.first <= self.last


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
        self._in_order = True  # nothing had to be hashed so far
        self._runs: list[_Run] = []
        self._odd: list[tuple[Sequence[str], Block]] = []
        self.count = 0

    def add(self, urls: Sequence[str], block: Block, *, odd: bool = False) -> None:
        """Take the URLs of a block of items, in the order of the file; of an odd one, the order may be anything."""
        self.count += len(urls)
        if not urls:
            return
        if odd and self._in_order and len(self._odd) < _ODD and not self._follows(urls):
            self._odd.append((urls, block))
            return
        if self._in_order and self._append(urls, block):
            return
        self._in_order = False
        self._hash(urls, block)

    def _follows(self, urls: Sequence[str]) -> bool:
        """Whether the URLs of an odd item go on where the run is, in the same folder."""
        last = self._runs[-1].last if self._runs else ""
        return last < urls[0] and last.rpartition("/")[0] == urls[-1].rpartition("/")[0]

    def _append(self, urls: Sequence[str], block: Block) -> bool:
        """Make the block part of a run, if its URLs ascend and there are not too many runs."""
        if not all(map(lt, urls, islice(urls, 1, None))):
            return False
        run = self._runs[-1] if self._runs else None
        if run is None or urls[0] <= run.last:
            if len(self._runs) == _RUNS:
                return False
            run = _Run(urls[0], urls[-1], [], [])
            self._runs.append(run)
        run.last = urls[-1]
        run.blocks.append(block)
        run.firsts.append(urls[0])
        return True

    def unhashed(self) -> list[Block]:
        """The blocks of runs in which something may repeat after all: their URLs are to be given to `settle`."""
        doubtful = self._runs
        if self._in_order:
            doubtful = [
                run for run in self._runs if any(run.overlaps(other) for other in self._runs if other is not run)
            ]
        blocks = {block: None for run in doubtful for block in run.blocks}
        for urls, block in self._odd:
            self.settle(urls, block)
            blocks.update((near, None) for url in urls for run in self._runs if (near := run.near(url)))
        self._odd.clear()
        return list(blocks)

    def settle(self, urls: Sequence[str], block: Block) -> None:
        """Take the URLs of a block that `unhashed` named."""
        self._open = None  # it is no neighbour of the block before
        self._hash(urls, block)

    def _hash(self, urls: Sequence[str], block: Block) -> None:
        put = self._put
        for value in map(hash, urls):
            put[value & _MASK](value)
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
        found = [self._blocks[number] for number in blocks]
        return repeated, sorted(found, key=lambda block: (block.file, block.start))

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
