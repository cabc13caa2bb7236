"""A window that moves over a file: as much of it in memory as one step needs."""

from __future__ import annotations

from typing import BinaryIO


class Window:
    """The unread bytes `data[at:end]` of a file; `base` is the offset in the file of data[0].

    Consumers move `at`; of what is before it, one byte is kept.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.data = bytearray(2 * size)
        self.at = self.end = self.base = 0
        self.eof = False

    @property
    def offset(self) -> int:
        """Where in the file the next unread byte stands."""
        return self.base + self.at

    @property
    def unread(self) -> int:
        return self.end - self.at

    def ensure(self, want: int) -> None:
        """Have at least `want` unread bytes, or all there are."""
        if self.unread >= want or self.eof:
            return
        self._make_room(want)
        with memoryview(self.data) as view:
            while self.unread < want:
                count = self._file.readinto(view[self.end :])  # type: ignore[attr-defined]
                if not count:
                    self.eof = True
                    return
                self.end += count

    def _make_room(self, want: int) -> None:
        start = max(0, self.at - 1)  # one byte is kept, for those who look back
        kept = self.end - start
        if want + 1 > len(self.data):
            data = bytearray(want + 1)  # no more: who wants more doubles it
            with memoryview(self.data) as view:
                data[:kept] = view[start : self.end]
            self.data = data
        elif start:
            with memoryview(self.data) as view:
                view[:kept] = view[start : self.end]  # memmove
        self.base += start
        self.at, self.end = self.at - start, kept
