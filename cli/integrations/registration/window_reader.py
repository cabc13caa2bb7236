"""Reads values from a window over a file with the lenient parser, and finds where reading can start again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, TypeVar

from integrations.registration.findings import Defect, FindingId
from integrations.registration.lenient import Parser
from integrations.registration.reader import Lost, NeedMore
from integrations.registration.window import Window

MAX_ITEM = 32 * 1024 * 1024  # bytes; bounds the memory, far above any real item
_LOOK_BACK = 4096  # how much of a window to keep while looking for the next item

T = TypeVar("T")


class WindowReader:
    """Reads one file. size: of the window, in bytes."""

    def __init__(self, file: BinaryIO, report: Callable[[Defect], None], size: int) -> None:
        self.window = Window(file, size)
        self.size = size
        self.report = report

    def space(self, path: str) -> int:
        return self.parse(lambda parser: parser.skip(path))

    def parse(self, read: Callable[[Parser], T]) -> T:
        """Let the lenient parser read from the window, which grows until what is read fits into it."""
        window = self.window
        want = self.size // 8
        while True:
            window.ensure(want)
            held: list[Defect] = []
            end = min(window.end, window.at + MAX_ITEM)
            complete = window.eof and end == window.end
            parser = Parser(window.data, window.at, end, window.base, complete, held.append)
            try:
                return read(parser)
            except NeedMore:
                held.clear()
                parser.at = window.at
                want = min(MAX_ITEM, 2 * max(want, window.unread))
                if end - window.at == MAX_ITEM:
                    self.tell(FindingId.TOO_LARGE, f"one value is larger than {MAX_ITEM >> 20} MiB", "split it")
                    raise Lost from None
            finally:
                window.at = parser.at
                for defect in held:
                    self.report(defect)

    def seek(self, pattern: re.Pattern[bytes]) -> bool:
        window = self.window
        while True:
            window.ensure(self.size)
            match = pattern.search(window.data, max(0, window.at - 1), window.end)
            if match and match.lastgroup:
                window.at = match.start(match.lastgroup)
                return True
            if window.eof:
                window.at = window.end
                return False
            window.at = max(window.at, window.end - _LOOK_BACK)
            window.ensure(window.unread + self.size)

    def tell(self, finding: FindingId, message: str, fix: str, path: str = "$") -> None:
        window = self.window
        window.ensure(64)
        text = bytes(window.data[window.at : min(window.end, window.at + 40)]).decode("utf-8", "replace")
        self.report(Defect(finding, window.offset, path, text, message, fix))
