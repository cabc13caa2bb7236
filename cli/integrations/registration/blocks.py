"""Stretches of registration files, of which a large file has tens of thousands: kept in 40 bytes each."""

from __future__ import annotations

from array import array

from msgspec import Struct

_FIELDS = 5
_SMALL = 256  # URLs; a block with fewer of them grows
_GAP = 17  # bytes; in fewer than that between two blocks of JSON stands no item with a URL


class Block(Struct, frozen=True):
    """A stretch of one file that holds whole items of one section. first: index of the first of them; 0 for rows."""

    file: int
    section: str
    first: int
    start: int
    end: int


class BlockTable:
    """Blocks in the order in which they came."""

    def __init__(self) -> None:
        self._numbers = array("q")
        self._sections: list[str] = []
        self._urls = 0  # in the last block

    def __len__(self) -> int:
        return len(self._numbers) // _FIELDS

    def __getitem__(self, at: int) -> Block:
        file, section, first, start, end = self._numbers[at * _FIELDS : (at + 1) * _FIELDS]
        return Block(file, self._sections[section], first, start, end)

    def add(self, block: Block, urls: int, *, alone: bool = False) -> bool:
        """Take a block of so many URLs; whether it became one with the block before, which ended where it starts.

        alone: it must not.
        """
        if block.section not in self._sections:
            self._sections.append(block.section)
        section = self._sections.index(block.section)
        numbers = self._numbers
        if numbers and not alone and self._urls < _SMALL:
            file, last_section, _, _, end = numbers[-_FIELDS:]
            gap = _GAP if block.first else 1
            if (file, last_section) == (block.file, section) and 0 <= block.start - end < gap:
                numbers[-1] = block.end
                self._urls += urls
                return True
        numbers.extend((block.file, section, block.first, block.start, block.end))
        self._urls = urls
        return False
