"""A JSON parser that keeps positions, does not stop at the first mistake, and says how to mend it.

It is the judge of syntax: what it accepts without a defect is JSON (RFC 8259), and whatever a
faster decoder refuses is read again here. It is for one item at a time, not for a whole file:
plain Python, some ten megabytes a second.

It recovers where there is one sensible reading: a comma too many or too few, a comment, a
word without quotes, single quotes. Where there is none it raises Lost, and the caller looks
for the next item.
"""

from __future__ import annotations

import json
import re
from typing import Any

from integrations.registration.findings import Edit, FindingId
from integrations.registration.nodes import Member, Node, missing_comma, repeated_key, trailing_comma
from integrations.registration.reader import Lost, Report
from integrations.registration.scalars import LITERALS, ScalarReader, number_of

MAX_DEPTH = 100  # levels within one item; decoders of other languages stop not far from there
MAX_VALUES = 300_000  # in one item; a list of numbers counts as one

_NUMBERS = re.compile(rb"\[[-+.\deE, \t\r\n]*+\]")
# A key and a value in which nothing is odd, up to what follows; most members are of this form.
_PLAIN = re.compile(
    rb'"([^"\\\x00-\x1f]*+)"[ \t\r\n]*+:[ \t\r\n]*+'
    rb'(?:("[^"\\\x00-\x1f]*+")|(-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+)|(true|false|null))(?=[ \t\r\n]*+[,}])'
)
_WORD = re.compile(rb"[^\s,:{}\[\]\"']++")


class Parser(ScalarReader):
    """Reads values, and what is around them at the top level."""

    def __init__(self, data: bytes | bytearray, at: int, end: int, base: int, complete: bool, report: Report) -> None:
        super().__init__(data, at, end, base, complete, report)
        self._values = 0

    def value(self, path: str, depth: int = 0) -> Node:
        """Read one value. Raises Lost, or NeedMore if the buffer is too short."""
        first = self.skip(path)
        if first == -1:
            raise self.ran_out(path)
        if depth > MAX_DEPTH:
            self.report(
                FindingId.TOO_DEEP, self.at, path, f"nested deeper than {MAX_DEPTH} levels", "flatten the value"
            )
            raise Lost
        self._values += 1
        if self._values > MAX_VALUES:
            self.report(
                FindingId.TOO_LARGE, self.at, path, f"one item holds more than {MAX_VALUES:,} values", "split the item"
            )
            raise Lost
        if first == 0x7B:
            return self._object(path, depth)
        if first == 0x5B:
            return self._array(path, depth)
        if first == 0x22:
            return self.string(path)
        return self.scalar(path)

    def _object(self, path: str, depth: int) -> Node:
        start = self.at
        self.at += 1
        members: list[Member] = []
        comma = -1
        while True:
            byte = self.skip(path)
            if byte == 0x7D:
                if comma >= 0:
                    self._report(trailing_comma(comma, path))
                self.at += 1
                if len(members) > 1 and len({member.key for member in members}) < len(members):
                    self._repeated_keys(members, path)
                return Node("object", self.base + start, self.base + self.at, members)
            if members and comma < 0:
                self._report(missing_comma(members[-1].value.end, path))
            members.append(self._plain_member(depth) or self._member(path, depth))
            comma = self.commas(path)

    def _plain_member(self, depth: int) -> Member | None:
        """A member that is read in one go; None if anything about it may be odd."""
        found = _PLAIN.match(self.data, self.at, self.end)
        if found is None or depth >= MAX_DEPTH or self._values >= MAX_VALUES or not found[0].isascii():
            return None
        which = found.lastindex or 0
        text, start = found[which], found.start(which)
        if which == 2:
            kind, value = "string", text[1:-1].decode()
        elif which == 3:
            kind, value = "number", number_of(text)
        else:
            kind, value = LITERALS[bytes(text)]
        self._values += 1
        self.at = found.end()
        base = self.base
        node = Node(kind, base + start, base + self.at, value)
        return Member(found[1].decode(), base + found.start(), base + found.end(1) + 1, node)

    def _member(self, path: str, depth: int) -> Member:
        key = self.key(path)
        inner = f"{path}.{key.value}"
        value = self.value(inner, depth + 1)
        return Member(key.value, key.start, key.end, self.prose_behind(value, inner))

    def key(self, path: str) -> Node:
        """Read a key and the colon behind it."""
        key = self._key(self.skip(path), path)
        inner = f"{path}.{key.value}"
        byte = self.skip(inner)
        if byte == -1:
            raise self.ran_out(inner)
        if byte == 0x3A:
            self.at += 1
        elif byte in b'{["-' or 0x30 <= byte <= 0x39:
            after = self.index(key.end)
            edits = self.edit(after, after, b":")
            self.report(FindingId.SYNTAX, after, inner, "there is no colon after the key", "put a colon", edits=edits)
        else:
            raise self.lost(self.at, inner, "there is no colon after the key", "put a colon, then the value")
        return key

    def _array(self, path: str, depth: int) -> Node:
        start = self.at
        numbers = _numbers(_NUMBERS.match(self.data, start, self.end))
        if numbers is not None:
            self.at, values = numbers
            return Node("numbers", self.base + start, self.base + self.at, values)
        self.at += 1
        nodes: list[Node] = []
        comma = -1
        while True:
            if self.skip(path) == 0x5D:
                if comma >= 0:
                    self._report(trailing_comma(comma, path))
                self.at += 1
                return Node("array", self.base + start, self.base + self.at, nodes)
            if nodes and comma < 0:
                self._report(missing_comma(nodes[-1].end, path))
            inner = f"{path}[{len(nodes)}]"
            nodes.append(self.prose_behind(self.value(inner, depth + 1), inner))
            comma = self.commas(path)

    def commas(self, path: str) -> int:
        """Go over the comma behind a value; its offset, or -1 if there is none. More than one is a defect."""
        comma = -1
        while self.skip(path) == 0x2C:
            if comma >= 0:
                text, fix = "there is a comma too many", "remove it"
                edits = self.edit(self.at, self.at + 1)
                self.report(FindingId.SYNTAX, self.at, path, text, fix, text=",", edits=edits)
            else:
                comma = self.base + self.at
            self.at += 1
        return comma

    def _repeated_keys(self, members: list[Member], path: str) -> None:
        first: dict[str, Member] = {}
        for before, member in zip([None, *members], members, strict=False):
            known = first.setdefault(member.key, member)
            if known is member or before is None:
                continue
            same = known.value.plain() == member.value.plain() and known.value.kind == member.value.kind
            edit = Edit(start=before.value.end, end=member.value.end) if same else None
            self._report(repeated_key(member, f"{path}.{member.key}", edit))

    def _key(self, byte: int, path: str) -> Node:
        if byte == 0x22:
            node = self.string(path)
            if node.kind == "bad":  # said already; the key still has to be called something
                node.value = self.text(self.index(node.start) + 1, self.index(node.end) - 1)
            return node
        if byte == -1:
            raise self.ran_out(path)
        if quoted := self.requoted(path):
            return quoted
        word = _WORD.match(self.data, self.at, self.end)
        if word is None:
            raise self.lost(
                self.at, path, "a key in double quotes is expected here", "look at the brackets and commas before"
            )
        start, end = word.span()
        self.whole(end)
        self.at = end
        if self.skip(path) != 0x3A:
            raise self.lost(
                start, path, "a key in double quotes is expected here", "look at the quotes and commas before"
            )
        name = bytes(word[0]).decode("utf-8", "replace")
        self.report(
            FindingId.SYNTAX,
            start,
            path,
            "the key has no quotes",
            "put it in double quotes",
            text=name,
            edits=self.edit(start, end, json.dumps(name).encode()),
        )
        return Node("string", self.base + start, self.base + end, name)


def _numbers(match: re.Match[bytes] | None) -> tuple[int, list[Any]] | None:
    """A list of numbers read in one go, which is what an embedding is; None if it is anything else."""
    if match is None:
        return None
    try:
        return match.end(), json.loads(match[0])
    except ValueError:
        return None
