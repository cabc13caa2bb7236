"""Reads the values of JSON that hold no others, and what people write in their place.

It recovers where there is one sensible reading: a word without quotes, single quotes, Python's
spelling. What stands for a value but is none is a placeholder.
"""

from __future__ import annotations

import json
import re
from typing import Any

from integrations.registration.findings import FindingId
from integrations.registration.nodes import Node
from integrations.registration.reader import Reader

_TEXT = rb'[^"\\\x00-\x1f]*+(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*+'
_STRING = re.compile(rb'"' + _TEXT + rb'"')
_UNCLOSED = re.compile(rb'"' + _TEXT + rb"\\?+")
_SINGLE_QUOTED = re.compile(rb"'[^'\"\\\x00-\x1f]*+'")
_NUMBER = re.compile(rb"-?(?:0|[1-9]\d*+)(?:\.\d++)?+(?:[eE][+-]?\d++)?+")
_WORD = re.compile(rb"[^\s,:{}\[\]\"']++")
_PROSE = re.compile(rb"[^,{}\[\]\r\n]++")
LITERALS: dict[bytes, tuple[str, Any]] = {
    b"true": ("boolean", True),
    b"false": ("boolean", False),
    b"null": ("null", None),
}
_PYTHON_LITERALS = {b"True": b"true", b"False": b"false", b"None": b"null"}
_NOT_NUMBERS = (b"NaN", b"Infinity", b"-Infinity", b"nan", b"inf", b"-inf")
_SURROGATE = re.compile("[\ud800-\udfff]")


class ScalarReader(Reader):
    """Reads texts, numbers and words."""

    def string(self, path: str) -> Node:
        match = _STRING.match(self.data, self.at, self.end)
        if match is None:
            raise self._unclosed(path)
        start, self.at = match.span()
        if self.data.find(b"\\", start, self.at) < 0:
            return Node("string", self.base + start, self.base + self.at, self.utf8(start + 1, self.at - 1, path))
        text = self.utf8(start, self.at, path)
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

    def requoted(self, path: str) -> Node | None:
        """A text in single quotes, which says what is meant although it is no JSON; None if there is none."""
        quoted = _SINGLE_QUOTED.match(self.data, self.at, self.end)
        if quoted is None:
            return None
        start, end = quoted.span()
        self.at = end
        inner = self.utf8(start + 1, end - 1, path)
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

    def _unclosed(self, path: str) -> Exception:
        """The string at `self.at` does not match: why?"""
        at = _UNCLOSED.match(self.data, self.at, self.end).end()  # type: ignore[union-attr]
        if at >= self.end:
            return self.ran_out(path)
        if self.data[at] in b"\r\n":
            return self.lost(self.at, path, "the text is not closed on its line", "put the closing quote")
        fix = r"write it as an escape, such as \t for a tab"
        return self.lost(at, path, f"a text cannot hold the control character {self.data[at]:#04x}", fix)

    def scalar(self, path: str) -> Node:
        start = self.at
        if quoted := self.requoted(path):
            return quoted
        word = _WORD.match(self.data, start, self.end)
        if word is None:
            raise self.lost(start, path, "a value is expected here", "look at the brackets and commas before")
        self.whole(word.end())
        text = bytes(word[0])
        if text in LITERALS:
            self.at = word.end()
            return Node(LITERALS[text][0], self.base + start, self.base + self.at, LITERALS[text][1])
        if _NUMBER.fullmatch(text):
            self.at = word.end()
            return Node("number", self.base + start, self.base + self.at, number_of(text))
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
            kind, value = LITERALS[right]
            return Node(kind, self.base + start, self.base + end, value)
        if text in _NOT_NUMBERS:
            self.at = end
            self.report(FindingId.NOT_JSON_LITERAL, start, path, "JSON has no such number", "put a number", text=shown)
            return Node("bad", self.base + start, self.base + end, None)
        return self._placeholder(start, path)

    def prose_behind(self, value: Node, path: str) -> Node:
        """A value followed by words, as in `"frame" or "seconds"`, is a placeholder as a whole."""
        byte = self.skip(path)
        if byte == -1 or byte in b',}]{["' or _NUMBER.match(self.data, self.at, self.end):
            return value
        if value.kind in ("object", "array"):
            return value
        return self._placeholder(self.index(value.start), path)

    def _placeholder(self, start: int, path: str) -> Node:
        prose = _PROSE.match(self.data, start, self.end)
        end = prose.end() if prose else start + 1
        self.whole(end)
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


def number_of(text: bytes) -> int | float:
    """The value of a number as JSON writes it."""
    try:
        return int(text)
    except ValueError:  # a fraction, or more digits than Python converts
        return float(text)
