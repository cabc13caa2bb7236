"""Which of many URLs occur more than once, in bounded memory: eight bytes each, most of them on disk.

The hash of a URL goes to one of 256 partitions by its low bits, so equal ones meet. Every hundred
thousand they are written to a temporary file, with how far each block of URLs reached in each
partition. At the end one partition after the other is in memory.
"""

from __future__ import annotations

import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import IO

from msgspec import Struct

from integrations.registration.blocks import Block, BlockTable

_PARTITIONS = 256
_MASK = _PARTITIONS - 1
_IN_MEMORY = 100_000  # hashes


class _Spill(Struct):
    """One part of the temporary file. starts: where the hashes of each partition begin, and where the last ones end;
    behind them, partition by partition, stands where each of `blocks` blocks ends in it."""

    starts: array[int]
    blocks: int


class UrlHashes:
    """The hashes of URLs, and the blocks that they came from."""

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(_PARTITIONS)]
        self._put = [part.append for part in self._parts]
        self._ends = array("I")  # of each block since the last spill, in each partition
        self._blocks = BlockTable()
        self._file: IO[bytes] | None = None
        self._spills: list[_Spill] = []
        self._in_memory = 0

    def add(self, urls: Sequence[str], block: Block) -> None:
        """Take the URLs of a block."""
        put = self._put
        for value in map(hash, urls):
            put[value & _MASK](value)
        if self._blocks.add(block, len(urls), alone=not self._ends):
            del self._ends[-_PARTITIONS:]
        self._ends.extend(map(len, self._parts))
        self._in_memory += len(urls)
        if self._in_memory > _IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - see close
        start = self._file.tell()
        starts = array("q", accumulate((8 * len(part) for part in self._parts), initial=start))
        self._spills.append(_Spill(starts, len(self._ends) // _PARTITIONS))
        ends = (self._ends[number::_PARTITIONS] for number in range(_PARTITIONS))
        self._file.write(b"".join((*self._parts, *ends)))
        for part in self._parts:
            del part[:]
        del self._ends[:]
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
            ends = array("q", self._ends_of(number))
            blocks.update(bisect_right(ends, at) for at, value in enumerate(values) if value in here)
            repeated |= here
            if len(repeated) >= limit:
                break
        found = [self._blocks[number] for number in blocks]
        return repeated, sorted(found, key=lambda block: (block.file, block.start))

    def _partition(self, number: int) -> array[int]:
        values = array("q")
        for spill in self._spills:
            start, end = spill.starts[number : number + 2]
            values.frombytes(self._read(start, end - start))
        values.extend(self._parts[number])
        return values

    def _ends_of(self, number: int) -> Iterator[int]:
        """Where each block ends in a partition."""
        before = 0
        for spill in self._spills:
            ends = array("I")
            size = ends.itemsize * spill.blocks
            ends.frombytes(self._read(spill.starts[-1] + number * size, size))
            yield from (before + end for end in ends)
            before += (spill.starts[number + 1] - spill.starts[number]) // 8
        yield from (before + end for end in self._ends[number::_PARTITIONS])

    def _read(self, start: int, size: int) -> bytes:
        assert self._file is not None  # noqa: S101 - there are no spills without it
        self._file.seek(start)
        return self._file.read(size)

    def close(self) -> None:
        """Give up the temporary file."""
        if self._file is not None:
            self._file.close()


def _repeated(values: Iterable[int]) -> set[int]:
    seen: set[int] = set()
    again: set[int] = set()
    for value in values:
        if value in seen:
            again.add(value)
        else:
            seen.add(value)
    return again
