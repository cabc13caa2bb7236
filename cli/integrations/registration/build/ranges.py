"""An object as a file of which only those bytes are fetched that somebody reads."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK = 64 * 1024
LONGEST = 2 * 1024 * 1024  # bytes of one request
LIMIT = 64 * 1024 * 1024  # bytes of one object: a header is smaller


class TooMuchError(OSError):
    """What is asked for is not in a header: nearly the whole object would be fetched."""


class RangeFile(io.RawIOBase):
    """Reads an object by ranges; who reads on and on gets longer ones, so that a long header takes few requests.

    store: answers `get_range` as obstore does. size: the object's, in bytes. fetched: bytes so far.
    failure: why bytes could not be had, which the library that reads may have called something else.
    """

    def __init__(self, store: Any, key: str, size: int) -> None:
        self._store, self._key, self.size = store, key, size
        self._position = 0
        self._head = b""  # everybody comes back to the beginning
        self._start, self._held = 0, b""
        self.fetched = 0
        self.failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a position before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._position < self.size:
            piece = self._piece()[: len(view) - done]
            view[done : done + len(piece)] = piece
            done += len(piece)
            self._position += len(piece)
        return done

    def _piece(self) -> bytes:
        """What is at hand from the position on; at least one byte."""
        if self._position < len(self._head):
            return self._head[self._position :]
        if not self._start <= self._position < self._start + len(self._held):
            self._fetch()
        return self._held[self._position - self._start :]

    def _fetch(self) -> None:
        start = self._position - self._position % BLOCK
        goes_on = start == self._start + len(self._held) and start > 0
        length = min(2 * len(self._held), LONGEST) if goes_on else BLOCK
        try:
            self._held = self._get(start, min(start + length, self.size))
        except Exception as error:
            self.failure = error
            raise
        self._start = start
        self.fetched += len(self._held)
        if start == 0:
            self._head = self._held

    def _get(self, start: int, end: int) -> bytes:
        if self.fetched + end - start > LIMIT:
            raise TooMuchError(f"more than {LIMIT // 1024**2} MiB of it would have to be read")
        found = bytes(self._store.get_range(self._key, start=start, end=end))
        if len(found) != end - start:
            raise OSError(f"{len(found)} bytes came of {end - start}: the object has changed")
        return found
