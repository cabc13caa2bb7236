"""A window that moves over a file: as much of it in memory as one step needs."""

from __future__ import annotations

from typing import BinaryIO


class Window:
    """The unread bytes `data[at:end]` of a file; `base` is the offset in the file of data[0].

    Consumers move `at`; nothing before it is kept.
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
        unread = self.unread
        if want > len(self.data):
            data = bytearray(2 * want)
            data[:unread] = self.data[self.at : self.end]
            self.data = data
        elif self.at:
            with memoryview(self.data) as view:
                view[:unread] = view[self.at : self.end]  # memmove
        self.base += self.at
        self.at, self.end = 0, unread
