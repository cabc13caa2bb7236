"""Takes the items of one list, as many at once as can be proven: guess and verify, see `scan.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from msgspec import Struct

from integrations.registration.findings import Defect, FindingId
from integrations.registration.model import KINDS, SETTINGS, UNCHECKED_SECTIONS
from integrations.registration.nodes import Member, Node, missing_comma, trailing_comma
from integrations.registration.reader import Lost
from integrations.registration.window_reader import MAX_ITEM, WindowReader

_WORTH_IT, _PATIENCE, _LONGEST_PAUSE = 4, 16, 256  # items, attempts, items
_SMALLEST_REACH = 1024

_BEHIND_ITEM = re.compile(rb"\}[ \t\r\n]*+,[ \t\r\n]*+\{[ \t\r\n]*+\"[^\"\\]{1,64}+\"")
_ITEM_KEYS = b"objectUrl|objectUrl_0|title|createVideo|clientMetadata|videoMetadata|imageMetadata|audioMetadata"
TOP_KEYS = "|".join((*KINDS, *UNCHECKED_SECTIONS, *SETTINGS)).encode()
# Where reading can start again: at an item (not at the value of a key, which follows a colon),
# at the end of a list of items, at a key of the top level.
_NEXT_ITEM = re.compile(
    rb"[^: \t\r\n][ \t\r\n]*+(?P<item>\{)(?=[ \t\r\n]*+\"(?:" + _ITEM_KEYS + rb')"[ \t\r\n]*+:)'
    rb"|(?P<end>\])(?=[ \t\r\n]*+,?+[ \t\r\n]*+\"(?:" + TOP_KEYS + rb')"[ \t\r\n]*+:)'
)


@dataclass(slots=True)
class ItemList:
    """Where the contents of one section stand in the file, and whether there are any."""

    start: int
    end: int
    empty: bool


class Wrong(Struct, frozen=True):
    """The index of a wrong item among those of a chunk; those before it may be right."""

    item: int


class Broken(Struct, frozen=True):
    """The index of a byte in the text of a chunk at which it is no JSON any more; the items that end before may be right."""

    at: int


class Handler(Protocol):
    """What is done with what the scanner finds."""

    def key(self, key: Node) -> None:
        """Take note of a key of the top level."""

    def setting(self, member: Member) -> None:
        """Take a member of the top level that is no list."""

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | Wrong | Broken | None:
        """Prove a JSON array of items of `section` clean and take them; how many.

        Wrong or Broken if it cannot and knows what is in the way, None if it does not know.

        first: index of the first of them in its section. offset: where in the file text[1] stands.
        """

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:
        """Examine and take one item that no chunk could prove."""


class ItemScanner(WindowReader):
    """Takes the items of lists. counts: items by section so far."""

    def __init__(
        self, file: BinaryIO, handler: Handler, report: Callable[[Defect], None], *, window: int, fast: bool
    ) -> None:
        super().__init__(file, report, window)
        self.handler = handler
        self._fast = fast
        self._reach = window
        self._separator = b""
        self._wrong_next = False  # the next item is known to be in the way
        self._unproven = 0  # the end of a text that could not be proven, so something is wrong before it
        self._misses = 0  # chunks in a row that proved nothing worth the attempt
        self._pause = 0  # items to be taken one by one before the next attempt
        self.counts: dict[str, int] = {}

    def array(self, section: str, path: str, found: ItemList) -> None:
        """All items of one list, up to its closing bracket. Raises Lost where the list cannot be read to its end."""
        window = self.window
        comma: int | None = None
        before = window.offset
        while True:
            byte = self.space(path)
            if byte == 0x5D:
                if comma is not None and comma >= 0:
                    self.report(trailing_comma(comma, path))
                found.end = window.offset
                window.at += 1
                return
            if comma == -1 and byte in (0x7B, 0x22, 0x5B):
                self.report(missing_comma(before, path))
            elif comma == -1 and byte != -1:
                self.tell(
                    FindingId.SYNTAX, "a comma or the end of the list is expected here", "look at the brackets", path
                )
                self._skip_to_next_item()
                comma = None
                continue
            found.empty = False
            start = window.offset
            try:
                self._items(section, path)
                before = window.offset
                comma = self.parse(lambda parser: parser.commas(path))
            except Lost:
                window.at += window.offset == start  # never to find the same item again
                self._skip_to_next_item()
                comma = None

    def _items(self, section: str, path: str) -> None:
        """Take as many items as can be proven at once, or else one."""
        index = self.counts.get(section, 0)
        if self._pause:
            self._pause -= 1
            taken = 0
        else:
            taken = self._chunk(section, index) if self._fast and self._separator and not self._wrong_next else 0
            self._note(taken)
        if taken:
            self.counts[section] = index + taken
            return
        self.counts[section] = index + 1
        window = self.window
        self._unproven, self._wrong_next = 0, False
        self._reach = max(_SMALLEST_REACH, self._reach // 2)
        node = self.parse(lambda parser: parser.value(f"{path}[{index}]"))
        start, end = node.start - window.base, node.end - window.base
        with memoryview(window.data) as view:  # one copy, not two
            raw = bytes(view[start:end])
        self.handler.item(section, index, node, raw)
        behind = _BEHIND_ITEM.match(window.data, end - 1, window.end)
        if behind:
            self._separator = bytes(behind[0])

    def _note(self, taken: int) -> None:
        """Where nearly every item is wrong, guessing costs more than it saves: it is tried ever more seldom."""
        self._misses = 0 if taken >= _WORTH_IT else self._misses + 1
        if self._misses > _PATIENCE:
            self._pause = min(_LONGEST_PAUSE, 1 << (self._misses - _PATIENCE))

    def _chunk(self, section: str, index: int) -> int:
        """Guess where an item ends, and verify; the number of items taken, 0 if there is nothing to go by."""
        window = self.window
        window.ensure(self._reach)
        limit = min(window.end, window.at + self._reach)
        if self._unproven > window.offset:
            limit = min(limit, window.at + (self._unproven - window.offset) // 2)
        cut = self._end_of_last(limit)
        tried, known = window.end, False  # known: what was in the way of the last attempt stands behind `cut`
        while 0 <= cut < tried:
            with memoryview(window.data) as view:
                text = b"".join((b"[", view[window.at : cut + 1], b"]"))
            taken = self.handler.chunk(section, index, window.offset, text)
            if isinstance(taken, int):
                self._wrong_next = known
                self._reach = self._reach if known else min(self.size, self._reach * 2)
                window.at = cut + 1
                return taken
            tried, known = cut, taken is not None and not known
            self._unproven = window.base + cut + 1
            if isinstance(taken, Wrong) and known:
                cut = self._end_of_items(taken.item, cut)
            elif isinstance(taken, Broken) and known:
                cut = window.data.rfind(self._separator, window.at, min(cut, window.at - 1 + taken.at))
            else:
                cut = self._end_of_last(window.at + (cut + 1 - window.at) // 2)
        return 0

    def _end_of_last(self, limit: int) -> int:
        """Where the last item ends that ends before `limit`, or else the first one; -1 if none seems to."""
        window = self.window
        cut = window.data.rfind(self._separator, window.at, limit)
        return cut if cut >= 0 else window.data.find(self._separator, window.at, min(window.end, window.at + MAX_ITEM))

    def _end_of_items(self, count: int, end: int) -> int:
        """Where the last of `count` items before `end` ends, if no text looks like an end; -1 if there is none."""
        window = self.window
        pieces = window.data[window.at : end].split(self._separator, max(0, count - 1))
        if len(pieces) != count:
            return -1
        behind = _BEHIND_ITEM.search(window.data, end - len(pieces[-1]), end)
        return behind.start() if behind else -1

    def _skip_to_next_item(self) -> None:
        """Go to where an item starts, or a list ends. Raises Lost if there is no such place."""
        if not self.seek(_NEXT_ITEM):
            raise Lost
