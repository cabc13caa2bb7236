"""A cursor over the bytes of a JSON text: goes over white space and comments, and reports what it meets."""

from __future__ import annotations

import re
from collections.abc import Callable

from integrations.registration.findings import Defect, Edit, FindingId

_SHOWN = 120
_CONTEXT = 40

Report = Callable[[Defect], None]

_SPACE = re.compile(rb"[ \t\r\n]*+")
_COMMENT = re.compile(rb"//[^\r\n]*+|/\*(?s:.)*?\*/")


class Lost(Exception):  # noqa: N818 - not an error of the program: the text has no one sensible reading here
    """The text cannot be read on from here; a defect has been reported."""


class NeedMore(Exception):  # noqa: N818
    """The value goes on behind the end of the buffer."""


class Reader:
    """Reads from `data[at:end]`.

    base: offset of data[0] in the file. complete: nothing follows `end` in the file.
    """

    def __init__(self, data: bytes | bytearray, at: int, end: int, base: int, complete: bool, report: Report) -> None:
        self.data, self.at, self.end = data, at, end
        self.base, self.complete, self._report = base, complete, report

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

    def utf8(self, start: int, end: int, path: str) -> str:
        raw = self.data[start:end]
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

    def index(self, offset: int) -> int:
        """The index in the buffer of an offset in the file."""
        return offset - self.base

    def whole(self, end: int) -> None:
        """A word that touches the end of the buffer may go on behind it."""
        if end >= self.end and not self.complete:
            raise NeedMore
