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
from collections.abc import Callable
from typing import Any, NamedTuple

from integrations.registration.findings import Defect, Edit, FindingId

MAX_DEPTH = 100  # levels within one item; decoders of other languages stop not far from there
MAX_VALUES = 300_000  # in one item; a list of numbers counts as one
_SHOWN = 120
_CONTEXT = 40

Report = Callable[[Defect], None]

_SPACE = re.compile(rb"[ \t\r\n]*+")
_COMMENT = re.compile(rb"//[^\r\n]*+|/\*(?s:.)*?\*/")
_STRING = re.compile(rb'"[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+"')
_SINGLE_QUOTED = re.compile(rb"'[^'\"\\\x00-\x1f]*+'")
_NUMBER = re.compile(rb"-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+")
_NUMBERS = re.compile(rb"\[[-+.\deE, \t\r\n]*+\]")
_WORD = re.compile(rb"[^\s,:{}\[\]\"']++")
_PROSE = re.compile(rb"[^,{}\[\]\r\n]++")
_LITERALS: dict[bytes, tuple[str, Any]] = {
    b"true": ("boolean", True),
    b"false": ("boolean", False),
    b"null": ("null", None),
}
_PYTHON_LITERALS = {b"True": b"true", b"False": b"false", b"None": b"null"}
_NOT_NUMBERS = (b"NaN", b"Infinity", b"-Infinity", b"nan", b"inf", b"-inf")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Lost(Exception):  # noqa: N818 - not an error of the program: the text has no one sensible reading here
    """The text cannot be read on from here; a defect has been reported."""


class NeedMore(Exception):  # noqa: N818
    """The value goes on behind the end of the buffer."""


class Member(NamedTuple):
    """One key and its value in an object; offsets in the file, quotes included."""

    key: str
    start: int
    end: int
    value: Node


class Node:
    """One value. kind: object, array, numbers (an array of nothing else), string, number, boolean, null or
    bad (something that is no JSON).

    start, end: offsets in the file. value: a list of Members, a list of Nodes, or the plain value.
    """

    __slots__ = ("end", "kind", "start", "value")

    def __init__(self, kind: str, start: int, end: int, value: Any) -> None:
        self.kind, self.start, self.end, self.value = kind, start, end, value

    def member(self, key: str) -> Member | None:
        """The last member of that name, which is the one that decoders keep."""
        return next((member for member in reversed(self.value) if member.key == key), None)

    def plain(self) -> Any:
        """The value as json.loads gives it."""
        if self.kind == "object":
            return {member.key: member.value.plain() for member in self.value}
        if self.kind == "array":
            return [node.plain() for node in self.value]
        return self.value


def trailing_comma(offset: int, path: str) -> Defect:
    """The defect of a comma behind the last entry of a list or object."""
    edits = (Edit(start=offset, end=offset + 1),)
    text = "there is a comma behind the last entry"
    return Defect(FindingId.TRAILING_COMMA, offset, path, ",", text, "remove the comma", edits)


def missing_comma(offset: int, path: str) -> Defect:
    """The defect of two entries without a comma between; `offset` is the end of the first."""
    edits = (Edit(start=offset, end=offset, text=b","),)
    return Defect(
        FindingId.MISSING_COMMA, offset, path, "", "there is no comma between two entries", "put a comma", edits
    )


def repeated_key(member: Member, path: str, removal: Edit | None) -> Defect:
    """The defect of a key that stands in an object again; `removal` takes it out where nothing is lost by that."""
    text = f"the key {member.key!r} stands here for the second time, and only one of the values is kept"
    fix = "remove the second, which says the same" if removal else "keep one of the two"
    return Defect(FindingId.REPEATED_KEY, member.start, path, member.key, text, fix, (removal,) if removal else ())


class Parser:
    """Reads values from `data[at:end]`.

    base: offset of data[0] in the file. complete: nothing follows `end` in the file.
    """

    def __init__(self, data: bytes | bytearray, at: int, end: int, base: int, complete: bool, report: Report) -> None:
        self.data, self.at, self.end = data, at, end
        self.base, self.complete, self._report = base, complete, report
        self._values = 0

    # -- telling ----------------------------------------------------------------------------

    def report(
        self,
        finding: FindingId,
        at: int,
        path: str,
        message: str,
        fix: str,
        *,
        text: str = "",
        edits: tuple[Edit, ...] = (),
    ) -> None:
        """Report a defect at index `at`."""
        self._report(Defect(finding, self.base + at, path, text, message, fix, edits))

    def edit(self, start: int, end: int, text: bytes = b"") -> tuple[Edit, ...]:
        return (Edit(start=self.base + start, end=self.base + end, text=text),)

    def text(self, start: int, end: int) -> str:
        shown = bytes(self.data[start : min(end, start + _SHOWN)]).decode("utf-8", "replace")
        return shown + "…" if end - start > _SHOWN else shown

    def lost(self, at: int, path: str, message: str, fix: str) -> Exception:
        if self.end - at < _CONTEXT and not self.complete:
            return NeedMore()
        self.report(FindingId.SYNTAX, at, path, message, fix, text=self.text(at, min(self.end, at + _CONTEXT)))
        return Lost()

    def ran_out(self, path: str) -> Exception:
        if not self.complete:
            return NeedMore()
        self.report(
            FindingId.TRUNCATED, self.end, path, "the file ends in the middle", "write the file again, or copy it again"
        )
        return Lost()

    # -- reading ----------------------------------------------------------------------------

    def skip(self, path: str) -> int:
        """Go over white space and comments; the next byte, or -1 at the end of the file."""
        if self.at < self.end and (byte := self.data[self.at]) > 0x20 and byte != 0x2F:
            return byte
        while True:
            self.at = _SPACE.match(self.data, self.at, self.end).end()  # type: ignore[union-attr]
            if self.at >= self.end:
                if self.complete:
                    return -1
                raise NeedMore
            if self.data[self.at] != 0x2F:
                return self.data[self.at]
            comment = _COMMENT.match(self.data, self.at, self.end)
            if comment is None or comment.end() == self.end:
                if not self.complete:
                    raise NeedMore
                if comment is None:
                    return 0x2F
            start, self.at = comment.span()
            self.report(
                FindingId.NOT_JSON_LITERAL,
                start,
                path,
                "JSON has no comments",
                "remove the comment",
                text=self.text(start, self.at),
                edits=self.edit(start, self.at),
            )

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
            return self._string(path)
        return self._scalar(path)

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
            members.append(self._member(path, depth))
            comma = self.commas(path)

    def _member(self, path: str, depth: int) -> Member:
        key = self.key(path)
        inner = f"{path}.{key.value}"
        value = self.value(inner, depth + 1)
        return Member(key.value, key.start, key.end, self._prose_behind(value, inner))

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
            after = self._index(key.end)
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
            nodes.append(self._prose_behind(self.value(inner, depth + 1), inner))
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
            node = self._string(path)
            if node.kind == "bad":  # said already; the key still has to be called something
                node.value = self.text(self._index(node.start) + 1, self._index(node.end) - 1)
            return node
        if byte == -1:
            raise self.ran_out(path)
        single = _SINGLE_QUOTED.match(self.data, self.at, self.end)
        if single:
            return self._requoted(path)
        word = _WORD.match(self.data, self.at, self.end)
        if word is None:
            raise self.lost(
                self.at, path, "a key in double quotes is expected here", "look at the brackets and commas before"
            )
        start, end = word.span()
        self._whole(end)
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

    def _requoted(self, path: str) -> Node:
        """A text in single quotes, which says what is meant although it is no JSON."""
        start, end = self.at, _SINGLE_QUOTED.match(self.data, self.at, self.end).end()  # type: ignore[union-attr]
        self.at = end
        inner = self._utf8(start + 1, end - 1, path)
        self.report(
            FindingId.NOT_JSON_LITERAL,
            start,
            path,
            "JSON knows double quotes only",
            "use double quotes",
            text=self.text(start, end),
            edits=self.edit(start, end, b'"' + bytes(self.data[start + 1 : end - 1]) + b'"'),
        )
        return Node("string", self.base + start, self.base + end, inner)

    def _string(self, path: str) -> Node:
        match = _STRING.match(self.data, self.at, self.end)
        if match is None:
            raise self._unclosed(path)
        start, self.at = match.span()
        raw = match[0]
        if b"\\" not in raw:
            return Node("string", self.base + start, self.base + self.at, self._utf8(start + 1, self.at - 1, path))
        text = self._utf8(start, self.at, path)
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            at = start + len(text[: error.pos].encode())
            escape = self.text(at, min(at + 2, self.at))
            self.report(FindingId.SYNTAX, at, path, "JSON has no such escape", r"write \\ for a backslash", text=escape)
            return Node("bad", self.base + start, self.base + self.at, None)
        if _SURROGATE.search(value):
            self.report(
                FindingId.LONE_SURROGATE,
                start,
                path,
                "half of a surrogate pair stands alone, which is no character",
                "write the character itself, in UTF-8",
                text=self.text(start, self.at),
            )
        return Node("string", self.base + start, self.base + self.at, value)

    def _utf8(self, start: int, end: int, path: str) -> str:
        raw = bytes(self.data[start:end])
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            self.report(
                FindingId.NOT_TEXT,
                start + error.start,
                path,
                "a byte that is no UTF-8",
                "write the file in UTF-8",
                text=raw[error.start : error.start + 1].hex(),
            )
            return raw.decode("utf-8", "replace")

    def _unclosed(self, path: str) -> Exception:
        """The string at `self.at` does not match: why?"""
        at = self.at + 1
        while at < self.end and self.data[at] >= 0x20 and self.data[at] != 0x22:
            at += 2 if self.data[at] == 0x5C else 1
        if at >= self.end:
            return self.ran_out(path)
        if self.data[at] in b"\r\n":
            return self.lost(self.at, path, "the text is not closed on its line", "put the closing quote")
        fix = r"write it as an escape, such as \t for a tab"
        return self.lost(at, path, f"a text cannot hold the control character {self.data[at]:#04x}", fix)

    def _scalar(self, path: str) -> Node:
        start = self.at
        if _SINGLE_QUOTED.match(self.data, start, self.end):
            return self._requoted(path)
        word = _WORD.match(self.data, start, self.end)
        if word is None:
            raise self.lost(start, path, "a value is expected here", "look at the brackets and commas before")
        self._whole(word.end())
        text = bytes(word[0])
        if text in _LITERALS:
            self.at = word.end()
            return Node(_LITERALS[text][0], self.base + start, self.base + self.at, _LITERALS[text][1])
        if _NUMBER.fullmatch(text):
            self.at = word.end()
            return Node("number", self.base + start, self.base + self.at, _number(text))
        return self._no_value(start, text, path)

    def _no_value(self, start: int, text: bytes, path: str) -> Node:
        """A word that is no JSON value: Python's or JavaScript's spelling, or a placeholder."""
        end = start + len(text)
        shown = self.text(start, end)
        if text in _PYTHON_LITERALS:
            right = _PYTHON_LITERALS[text]
            self.at = end
            self.report(
                FindingId.NOT_JSON_LITERAL,
                start,
                path,
                "this is Python's spelling, not JSON's",
                f"write {right.decode()}",
                text=shown,
                edits=self.edit(start, end, right),
            )
            kind, value = _LITERALS[right]
            return Node(kind, self.base + start, self.base + end, value)
        if text in _NOT_NUMBERS:
            self.at = end
            self.report(FindingId.NOT_JSON_LITERAL, start, path, "JSON has no such number", "put a number", text=shown)
            return Node("bad", self.base + start, self.base + end, None)
        return self._placeholder(start, path)

    def _prose_behind(self, value: Node, path: str) -> Node:
        """A value followed by words, as in `"frame" or "seconds"`, is a placeholder as a whole."""
        byte = self.skip(path)
        if byte == -1 or byte in b',}]{["' or _NUMBER.match(self.data, self.at, self.end):
            return value
        if value.kind in ("object", "array"):
            return value
        return self._placeholder(self._index(value.start), path)

    def _placeholder(self, start: int, path: str) -> Node:
        prose = _PROSE.match(self.data, start, self.end)
        end = prose.end() if prose else start + 1
        self._whole(end)
        self.at = start + len(bytes(self.data[start:end]).rstrip())
        if self.data.count(b'"', start, self.at) % 2:  # a quote is missing, and what follows is not meant as words
            self.report(
                FindingId.SYNTAX,
                start,
                path,
                "the text is not closed",
                "put the closing quote",
                text=self.text(start, self.at),
            )
            return Node("bad", self.base + start, self.base + self.at, None)
        self.report(
            FindingId.PLACEHOLDER_VALUE,
            start,
            path,
            "this is a placeholder, not a value",
            "put the real value",
            text=self.text(start, self.at),
        )
        return Node("bad", self.base + start, self.base + self.at, None)

    def _index(self, offset: int) -> int:
        """The index in the buffer of an offset in the file."""
        return offset - self.base

    def _whole(self, end: int) -> None:
        """A word that touches the end of the buffer may go on behind it."""
        if end >= self.end and not self.complete:
            raise NeedMore


def _numbers(match: re.Match[bytes] | None) -> tuple[int, list[Any]] | None:
    """A list of numbers read in one go, which is what an embedding is; None if it is anything else."""
    if match is None:
        return None
    try:
        return match.end(), json.loads(match[0])
    except ValueError:
        return None


def _number(text: bytes) -> int | float:
    try:
        return int(text)
    except ValueError:  # a fraction, or more digits than Python converts
        return float(text)
