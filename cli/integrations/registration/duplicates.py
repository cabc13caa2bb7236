"""Which object URLs stand in the files more than once; exact, in bounded memory, at any size.

Files made from listings are in order, and in ascending order nothing can repeat: of a run of
ascending blocks only the ends are kept, and odd items between them are looked up in the few blocks
where they could stand. Where runs overlap, or there is no order, the hashes of the URLs are
compared (`url_hashes.py`). The blocks of the files that equal hashes came from are read again and
compared by text, so two URLs that only share a hash are never reported.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import lt

from msgspec import Struct

from integrations.registration.blocks import Block, BlockTable
from integrations.registration.url_hashes import UrlHashes

_RUNS = 64
_ODD = 10_000
_FIRSTS = 4096  # of a run; when there are more, every other is forgotten


class _Run(Struct):
    """Blocks whose URLs ascend from the first to the last.

    begin, end: where its blocks stand in the table. firsts: the first URL of every `stride`-th block.
    """

    first: str
    last: str
    begin: int
    end: int
    firsts: list[str]
    stride: int = 1

    def take(self, urls: Sequence[str], *, merged: bool) -> None:
        """Go on with the URLs of a block, which may have become one with the last."""
        self.last = urls[-1]
        if merged:
            return
        if (self.end - self.begin) % self.stride == 0:
            self.firsts.append(urls[0])
        self.end += 1
        if len(self.firsts) > _FIRSTS:
            del self.firsts[1::2]
            self.stride *= 2

    def near(self, url: str) -> range:
        """The blocks in which this URL can stand."""
        at = bisect_right(self.firsts, url) - 1
        if at < 0 or url > self.last:
            return range(0)
        begin = self.begin + at * self.stride
        return range(begin, min(begin + self.stride, self.end))

    def overlaps(self, other: _Run) -> bool:
        return self.first <= other.last and other.first <= self.last


class UrlIndex:
    """All object URLs of one or more files."""

    def __init__(self) -> None:
        self._hashes = UrlHashes()
        self._in_order = True  # nothing had to be hashed so far
        self._runs: list[_Run] = []
        self._blocks = BlockTable()  # those of the runs
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
        self._hashes.add(urls, block)

    def _follows(self, urls: Sequence[str]) -> bool:
        """Whether the URLs of an odd item go on where the run is, in the same folder."""
        last = self._runs[-1].last if self._runs else ""
        return last < urls[0] and last.rpartition("/")[0] == urls[-1].rpartition("/")[0]

    def _append(self, urls: Sequence[str], block: Block) -> bool:
        """Make the block part of a run, if its URLs ascend and there are not too many runs."""
        if not all(map(lt, urls, islice(urls, 1, None))):
            return False
        fresh = not self._runs or urls[0] <= self._runs[-1].last
        if fresh:
            if len(self._runs) == _RUNS:
                return False
            self._runs.append(_Run(urls[0], urls[-1], len(self._blocks), len(self._blocks), []))
        merged = self._blocks.add(block, len(urls), alone=fresh)
        self._runs[-1].take(urls, merged=merged)
        return True

    def unhashed(self) -> Iterator[Block]:
        """The blocks of runs in which something may repeat after all: their URLs are to be given to `settle`."""
        doubtful = bytearray(len(self._blocks))
        for run in self._runs:
            if not self._in_order or any(run.overlaps(other) for other in self._runs if other is not run):
                doubtful[run.begin : run.end] = b"\1" * (run.end - run.begin)
        for urls, block in self._odd:
            self.settle(urls, block)
            for near in (at for url in urls for run in self._runs for at in run.near(url)):
                doubtful[near] = 1
        self._odd.clear()
        return (self._blocks[at] for at, doubt in enumerate(doubtful) if doubt)

    def settle(self, urls: Sequence[str], block: Block) -> None:
        """Take the URLs of a block that `unhashed` named."""
        self._hashes.add(urls, block)

    def candidates(self, limit: int) -> tuple[set[int], list[Block]]:
        """Hashes that occur more than once, about `limit` at most, and the blocks they came from, in order."""
        return self._hashes.candidates(limit)

    def close(self) -> None:
        """Give up the temporary file."""
        self._hashes.close()


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
