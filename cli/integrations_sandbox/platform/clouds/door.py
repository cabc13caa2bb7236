"""The door to one cloud: what the platform asks of every cloud, and nothing more."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

HEAD = 64 * 1024  # bytes that are read of every object; enough to tell what nearly all of them are
BLOCK = 512 * 1024  # bytes per later read


class ObjectProblem(Exception):  # noqa: N818 - it is a finding about somebody's bucket, not a fault of ours
    """An object cannot be read or written; the text is one sentence that names the object and the reason."""


class Found(Struct, frozen=True):
    """An object that was found and can be read.

    url: its URL without ambiguity. name: the last part of its key. size: in bytes. head: its
    first bytes, at most HEAD. content_type: what the cloud says it is, which may be wrong.
    """

    url: str
    name: str
    size: int
    head: bytes
    content_type: str | None


class CloudDoor(Protocol):
    """Objects are named by their URLs, in the forms that Encord documents for the cloud.

    Every method raises ObjectProblem when the cloud, or the URL, says no.
    """

    def name(self, url: str) -> str:
        """The last part of the key in a URL; also the check that it is a URL of this cloud."""
        ...

    def find(self, url: str) -> Found:
        """Look an object up and read its beginning."""
        ...

    def read(self, found: Found, start: int, end: int) -> bytes:
        """The bytes of an object from `start` up to but not including `end`."""
        ...

    def write(self, beside: str, name: str, file: Path, content_type: str) -> str:
        """Write a file as `<write prefix><name>` into the bucket of the object `beside`; returns its URL."""
        ...

    def sign(self, url: str) -> str:
        """A URL that reads the object without credentials for a while."""
        ...


class ObjectFile(io.RawIOBase):
    """An object as a file to read and seek in, which fetches only what is looked at.

    So the length of a video of many gigabytes is known after a few hundred kilobytes.
    """

    def __init__(self, found: Found, read: Callable[[Found, int, int], bytes]) -> None:
        super().__init__()
        self._found = found
        self._read = read
        self._position = 0
        self._block, self._start = found.head, 0

    @property
    def name(self) -> str:
        """As files have one; pydicom asks for it."""
        return self._found.name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._found.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._position >= self._found.size or not len(buffer):
            return 0
        if not self._start <= self._position < self._start + len(self._block):
            end = min(self._found.size, self._position + max(BLOCK, len(buffer)))
            self._block, self._start = self._read(self._found, self._position, end), self._position
        offset = self._position - self._start
        piece = self._block[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


def open_object(door: CloudDoor, found: Found) -> io.BufferedReader:
    """An object as a file; the caller closes it."""
    return io.BufferedReader(ObjectFile(found, door.read), buffer_size=HEAD)


def find_in_turn(places: Sequence[Any], look: Callable[[Any], Found]) -> Found:
    """The object at the first of the places that a URL can mean (each has a `key`) where there is one.

    Raises ObjectProblem of the first place, with the other readings that were tried.
    """
    first, *others = places
    try:
        return look(first)
    except ObjectProblem as problem:
        for place in others:
            try:
                return look(place)
            except ObjectProblem:
                continue
        read_as = "".join(f"; nor is it {place.key!r}, with + read as a space" for place in others)
        raise ObjectProblem(f"{problem}{read_as}") from problem
