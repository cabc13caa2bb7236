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
from typing import BinaryIO

from integrations.registration.findings import Defect, Edit, FindingId
from integrations.registration.item_scan import TOP_KEYS, Handler, ItemList, ItemScanner
from integrations.registration.nodes import Member, Node, missing_comma, repeated_key, trailing_comma
from integrations.registration.reader import Lost

WINDOW = 128 * 1024

_NEXT_TOP_KEY = re.compile(rb'(?P<key>")(?:' + TOP_KEYS + rb')"(?=[ \t\r\n]*+:)')


class Scanner(ItemScanner):
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
        super().__init__(file, handler, report, window=window, fast=fast)
        self._lists: dict[str, ItemList] = {}
        self._settings: dict[str, Member] = {}

    def run(self) -> None:
        """Scan the file to its end, or to where nobody can read on."""
        window = self.window
        window.ensure(self.size)
        if window.data.startswith(b"\xef\xbb\xbf", 0, window.end):
            text = "the file starts with a byte order mark, which JSON forbids"
            self.report(Defect(FindingId.BYTE_ORDER_MARK, 0, "$", "", text, "remove it", (Edit(start=0, end=3),)))
            window.at = 3
        try:
            if self.space("$") != 0x7B:
                self.tell(
                    FindingId.NOT_AN_OBJECT, "the file holds no JSON object", 'it starts with {"videos": [ or the like'
                )
                return
            window.at += 1
            self._members()
            if self.space("$") != -1:
                self.tell(FindingId.TEXT_AFTER_END, "there is text behind the end of the document", "remove it")
        except Lost:
            return

    def _members(self) -> None:
        """All members of the top level, up to its closing brace."""
        comma: int | None = None  # None: whether there must be one is not known
        before = self.window.offset
        while True:
            byte = self.space("$")
            if byte == 0x7D:
                if comma is not None and comma >= 0:
                    self.report(trailing_comma(comma, "$"))
                self.window.at += 1
                return
            if comma == -1 and byte != -1:
                self.report(missing_comma(before, "$"))
            start = self.window.offset
            try:
                self._member(before)
                before = self.window.offset
                comma = self.parse(lambda parser: parser.commas("$"))
            except Lost:
                self.window.at += self.window.offset == start  # never to find the same key again
                if not self.seek(_NEXT_TOP_KEY):
                    raise
                before, comma = self.window.offset, None

    def _member(self, before: int) -> None:
        key = self.parse(lambda parser: parser.key("$"))
        name = key.value
        self.handler.key(key)
        path = f"$.{name}"
        if self.space(path) == 0x5B:
            self.window.at += 1
            found = ItemList(self.window.offset, -1, True)
            self.array(name, path, found)
            if name in self._lists:
                self._repeated_list(key, before, self._lists[name], found)
            else:
                self._lists[name] = found
            return
        value = self.parse(lambda parser: parser.value(path))
        member = Member(name, key.start, key.end, value)
        known = self._settings.setdefault(name, member)
        if known is not member:
            same = known.value.plain() == value.plain() and known.value.kind == value.kind
            self.report(repeated_key(member, path, Edit(start=before, end=value.end) if same else None))
        self.handler.setting(member)

    def _repeated_list(self, key: Node, before: int, first: ItemList, second: ItemList) -> None:
        """A section that stands in the file twice: the second list belongs behind the first."""
        comma = b"" if first.empty or second.empty else b","
        edits = (
            Edit(start=first.end, end=first.end, text=comma, move_start=second.start, move_end=second.end),
            Edit(start=before, end=second.end + 1),
        )
        first.empty &= second.empty
        text = f"the section {key.value!r} stands here for the second time, and the items of only one of them are kept"
        fix = "put all items into one list"
        self.report(Defect(FindingId.REPEATED_KEY, key.start, f"$.{key.value}", key.value, text, fix, edits))
