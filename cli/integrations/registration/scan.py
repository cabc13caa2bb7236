"""Walks over a registration file of any size with one window in memory: guess and verify.

A decoder in C is fast, but wants the whole text; a streaming parser in Python is bounded, but
slow. JSON lets one have both. If `[` + text + `]` decodes as an array, and the text starts
where an item starts, then the byte behind the text is the end of an item: the grammar leaves
no other reading. So:

1. read a window (128 KiB);
2. guess where the last whole item in it ends: the last place that looks like the separator
   between the items before, for example `}, {"objectUrl"`;
3. let the handler prove the text up to there: decode it with C speed, typed, and apply its
   rules to the chunk as a whole. If it can, the guess was right and every item in it is clean;
4. if it cannot, take the text before what is in the way, if the handler knows; or half the text,
   and half of that, until a part is proven or one item is left. That item is read by the lenient
   parser, which judges its syntax, keeps positions and recovers; the handler examines what came
   out. Then go on behind it, with half the courage: where one item is wrong, the next may be too.

A wrong guess (the separator stood inside a text) costs a decode and nothing else: it cannot be
proven. No Python code runs per byte, and hardly any per item, as long as items are clean.

Around the items the top level is walked key by key, so a section that stands in the file twice
is seen, where `json.load` keeps the second and drops the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeVar

from msgspec import Struct

from integrations.registration.findings import Defect, Edit, FindingId
from integrations.registration.lenient import (
    Lost,
    Member,
    NeedMore,
    Node,
    Parser,
    missing_comma,
    repeated_key,
    trailing_comma,
)
from integrations.registration.model import KINDS, SETTINGS, UNCHECKED_SECTIONS
from integrations.registration.window import Window

WINDOW = 128 * 1024
MAX_ITEM = 32 * 1024 * 1024  # bytes; bounds the memory, far above any real item
_SMALLEST_REACH = 1024

_BEHIND_ITEM = re.compile(rb"\}[ \t\r\n]*+,[ \t\r\n]*+\{[ \t\r\n]*+\"[^\"\\]{1,64}+\"")
_ITEM_KEYS = b"objectUrl|objectUrl_0|title|createVideo|clientMetadata|videoMetadata|imageMetadata|audioMetadata"
_TOP_KEYS = "|".join((*KINDS, *UNCHECKED_SECTIONS, *SETTINGS)).encode()
# Where reading can start again: at an item (not at the value of a key, which follows a colon),
# at the end of a list of items, at a key of the top level.
_NEXT_ITEM = re.compile(
    rb"[^: \t\r\n][ \t\r\n]*+(?P<item>\{)(?=[ \t\r\n]*+\"(?:" + _ITEM_KEYS + rb')"[ \t\r\n]*+:)'
    rb"|(?P<end>\])(?=[ \t\r\n]*+,?+[ \t\r\n]*+\"(?:" + _TOP_KEYS + rb')"[ \t\r\n]*+:)'
)
_NEXT_TOP_KEY = re.compile(rb'(?P<key>")(?:' + _TOP_KEYS + rb')"(?=[ \t\r\n]*+:)')
_LOOK_BACK = 4096  # how much of a window to keep while looking for the next item

T = TypeVar("T")


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


@dataclass(slots=True)
class _List:
    """Where the contents of one section stand in the file, and whether there are any."""

    start: int
    end: int
    empty: bool


class Scanner:
    """One pass over one JSON file.

    counts: items by section. Defects go to `report` in the order of their discovery.
    """

    def __init__(
        self,
        file: BinaryIO,
        handler: Handler,
        report: Callable[[Defect], None],
        *,
        window: int = WINDOW,
        fast: bool = True,
    ) -> None:
        self._window = Window(file, window)
        self._size = self._reach = window
        self._handler = handler
        self._report = report
        self._fast = fast
        self._separator = b""
        self._wrong_next = False  # the next item is known to be in the way
        self._unproven = 0  # the end of a text that could not be proven, so something is wrong before it
        self._lists: dict[str, _List] = {}
        self._settings: dict[str, Member] = {}
        self.counts: dict[str, int] = {}

    # -- the top level ------------------------------------------------------------------------

    def run(self) -> None:
        """Scan the file to its end, or to where nobody can read on."""
        window = self._window
        window.ensure(self._size)
        if window.data.startswith(b"\xef\xbb\xbf", 0, window.end):
            text = "the file starts with a byte order mark, which JSON forbids"
            self._report(Defect(FindingId.BYTE_ORDER_MARK, 0, "$", "", text, "remove it", (Edit(start=0, end=3),)))
            window.at = 3
        try:
            if self._space("$") != 0x7B:
                self._tell(
                    FindingId.NOT_AN_OBJECT, "the file holds no JSON object", 'it starts with {"videos": [ or the like'
                )
                return
            window.at += 1
            self._members()
            if self._space("$") != -1:
                self._tell(FindingId.TEXT_AFTER_END, "there is text behind the end of the document", "remove it")
        except Lost:
            return

    def _members(self) -> None:
        """All members of the top level, up to its closing brace."""
        comma: int | None = None  # None: whether there must be one is not known
        before = self._window.offset
        while True:
            byte = self._space("$")
            if byte == 0x7D:
                if comma is not None and comma >= 0:
                    self._report(trailing_comma(comma, "$"))
                self._window.at += 1
                return
            if comma == -1 and byte != -1:
                self._report(missing_comma(before, "$"))
            start = self._window.offset
            try:
                self._member(before)
                before = self._window.offset
                comma = self._parse(lambda parser: parser.commas("$"))
            except Lost:
                self._window.at += self._window.offset == start  # never to find the same key again
                if not self._seek(_NEXT_TOP_KEY):
                    raise
                before, comma = self._window.offset, None

    def _member(self, before: int) -> None:
        key = self._parse(lambda parser: parser.key("$"))
        name = key.value
        self._handler.key(key)
        path = f"$.{name}"
        if self._space(path) == 0x5B:
            self._window.at += 1
            found = _List(self._window.offset, -1, True)
            self._array(name, path, found)
            if name in self._lists:
                self._repeated_list(key, before, self._lists[name], found)
            else:
                self._lists[name] = found
            return
        value = self._parse(lambda parser: parser.value(path))
        member = Member(name, key.start, key.end, value)
        known = self._settings.setdefault(name, member)
        if known is not member:
            same = known.value.plain() == value.plain() and known.value.kind == value.kind
            self._report(repeated_key(member, path, Edit(start=before, end=value.end) if same else None))
        self._handler.setting(member)

    def _repeated_list(self, key: Node, before: int, first: _List, second: _List) -> None:
        """A section that stands in the file twice: the second list belongs behind the first."""
        comma = b"" if first.empty or second.empty else b","
        edits = (
            Edit(start=first.end, end=first.end, text=comma, move_start=second.start, move_end=second.end),
            Edit(start=before, end=second.end + 1),
        )
        first.empty &= second.empty
        text = f"the section {key.value!r} stands here for the second time, and the items of only one of them are kept"
        fix = "put all items into one list"
        self._report(Defect(FindingId.REPEATED_KEY, key.start, f"$.{key.value}", key.value, text, fix, edits))

    # -- one list of items ----------------------------------------------------------------------

    def _array(self, section: str, path: str, found: _List) -> None:
        """All items of one list, up to its closing bracket. Raises Lost where the list cannot be read to its end."""
        window = self._window
        comma: int | None = None
        before = window.offset
        while True:
            byte = self._space(path)
            if byte == 0x5D:
                if comma is not None and comma >= 0:
                    self._report(trailing_comma(comma, path))
                found.end = window.offset
                window.at += 1
                return
            if comma == -1 and byte in (0x7B, 0x22, 0x5B):
                self._report(missing_comma(before, path))
            elif comma == -1 and byte != -1:
                self._tell(
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
                comma = self._parse(lambda parser: parser.commas(path))
            except Lost:
                window.at += window.offset == start  # never to find the same item again
                self._skip_to_next_item()
                comma = None

    def _items(self, section: str, path: str) -> None:
        """Take as many items as can be proven at once, or else one."""
        index = self.counts.get(section, 0)
        taken = self._chunk(section, index) if self._fast and self._separator and not self._wrong_next else 0
        if taken:
            self.counts[section] = index + taken
            return
        self.counts[section] = index + 1
        window = self._window
        self._unproven, self._wrong_next = 0, False
        self._reach = max(_SMALLEST_REACH, self._reach // 2)
        node = self._parse(lambda parser: parser.value(f"{path}[{index}]"))
        start, end = node.start - window.base, node.end - window.base
        self._handler.item(section, index, node, bytes(window.data[start:end]))
        behind = _BEHIND_ITEM.match(window.data, end - 1, window.end)
        if behind:
            self._separator = bytes(behind[0])

    # -- guess and verify -------------------------------------------------------------------------

    def _chunk(self, section: str, index: int) -> int:
        """Guess where an item ends, and verify; the number of items taken, 0 if there is nothing to go by."""
        window = self._window
        window.ensure(self._reach)
        limit = min(window.end, window.at + self._reach)
        if self._unproven > window.offset:
            limit = min(limit, window.at + (self._unproven - window.offset) // 2)
        cut = self._end_of_last(limit)
        tried, known = window.end, False  # known: what was in the way of the last attempt stands behind `cut`
        while 0 <= cut < tried:
            with memoryview(window.data) as view:
                text = b"".join((b"[", view[window.at : cut + 1], b"]"))
            taken = self._handler.chunk(section, index, window.offset, text)
            if isinstance(taken, int):
                self._wrong_next = known
                self._reach = self._reach if known else min(self._size, self._reach * 2)
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
        window = self._window
        cut = window.data.rfind(self._separator, window.at, limit)
        return cut if cut >= 0 else window.data.find(self._separator, window.at, window.end)

    def _end_of_items(self, count: int, end: int) -> int:
        """Where the last of `count` items before `end` ends, if no text looks like an end; -1 if there is none."""
        window = self._window
        at = window.at
        for _ in range(count - 1):
            found = window.data.find(self._separator, at, end)
            if found < 0:
                return -1
            at = found + len(self._separator)
        behind = _BEHIND_ITEM.search(window.data, at, end) if count else None
        return behind.start() if behind else -1

    # -- reading ----------------------------------------------------------------------------------

    def _space(self, path: str) -> int:
        return self._parse(lambda parser: parser.skip(path))

    def _parse(self, read: Callable[[Parser], T]) -> T:
        """Let the lenient parser read from the window, which grows until what is read fits into it."""
        window = self._window
        want = self._size // 8
        while True:
            window.ensure(want)
            held: list[Defect] = []
            parser = Parser(window.data, window.at, window.end, window.base, window.eof, held.append)
            try:
                return read(parser)
            except NeedMore:
                held.clear()
                parser.at = window.at
                want = 2 * max(want, window.unread)
                if want > MAX_ITEM:
                    self._tell(FindingId.TOO_LARGE, f"one value is larger than {MAX_ITEM >> 20} MiB", "split it")
                    raise Lost from None
            finally:
                window.at = parser.at
                for defect in held:
                    self._report(defect)

    def _skip_to_next_item(self) -> None:
        """Go to where an item starts, or a list ends. Raises Lost if there is no such place."""
        if not self._seek(_NEXT_ITEM):
            raise Lost

    def _seek(self, pattern: re.Pattern[bytes]) -> bool:
        window = self._window
        while True:
            window.ensure(self._size)
            match = pattern.search(window.data, max(0, window.at - 1), window.end)
            if match and match.lastgroup:
                window.at = match.start(match.lastgroup)
                return True
            if window.eof:
                window.at = window.end
                return False
            window.at = max(window.at, window.end - _LOOK_BACK)
            window.ensure(window.unread + self._size)

    def _tell(self, finding: FindingId, message: str, fix: str, path: str = "$") -> None:
        window = self._window
        window.ensure(64)
        text = bytes(window.data[window.at : min(window.end, window.at + 40)]).decode("utf-8", "replace")
        self._report(Defect(finding, window.offset, path, text, message, fix))
