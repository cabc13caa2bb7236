"""Objects: writing, reading and listing them, with the preconditions that Google checks.

fake-gcs-server is not used for this: with its data on disk it loses `folder/` placeholders,
takes `a//b` for `a/b`, cannot keep `a` beside `a/b`, and lets preconditions of plain
uploads and deletions pass. Only the live version of an object is kept, whatever the
bucket's versioning and soft delete policy say.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import google_crc32c
from msgspec import Struct
from msgspec.structs import replace

from integrations_sandbox.clouds.gcp_records import Bucket, StoredObject
from integrations_sandbox.clouds.gcp_refusals import Refusal, condition_not_met, invalid
from integrations_sandbox.clouds.gcp_retention import HOLDS, hold_of_new
from integrations_sandbox.clouds.gcp_store import END, Store

CHUNK = 256 * 1024
LONGEST_NAME = 1024  # bytes: https://cloud.google.com/storage/docs/objects#naming
# What the writer of an object may choose: https://cloud.google.com/storage/docs/json_api/v1/objects
WRITABLE = (
    "cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType", "customTime",
    "eventBasedHold", "metadata", "storageClass", "temporaryHold",
)  # fmt: skip
# https://cloud.google.com/storage/docs/request-preconditions
CONDITIONS = ("ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch", "ifMetagenerationNotMatch")


class Page(Struct, frozen=True):
    """Part of a listing. next: where the next part begins, None at the end."""

    objects: tuple[StoredObject, ...]
    prefixes: tuple[str, ...]
    next: str | None


class Draft:
    """Content that is being received, and what is known of it so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc32c = 0
        self._file = path.open("wb")

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._file.write(data)
        self._md5.update(data)
        self._crc32c = google_crc32c.extend(self._crc32c, data)
        self.size += len(data)

    def close(self) -> tuple[str, str]:
        """Finish; MD5 and CRC32C in base64."""
        self._file.close()
        return _base64(self._md5.digest()), _base64(self._crc32c.to_bytes(4, "big"))

    def discard(self) -> None:
        """Throw it away."""
        self._file.close()
        self.path.unlink(missing_ok=True)


class Objects:
    """The objects of every bucket: their records in the store, their content in files under `folder`."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder / "objects"
        self.uploads = folder / "uploads"  # what resumable uploads have received so far
        for place in (self._folder, self.uploads):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._last_generation = 0

    def draft(self) -> Draft:
        """A place for new content."""
        file = secrets.token_hex(16)
        (self._folder / file[:2]).mkdir(exist_ok=True)
        return Draft(self._folder / file[:2] / file)

    async def receive(self, body: AsyncIterator[bytes]) -> Draft:
        """Content from a request; nothing is kept of one that breaks off."""
        draft = self.draft()
        try:
            async for chunk in body:
                draft.write(chunk)
        except BaseException:
            draft.discard()
            raise
        return draft

    def keep(
        self, bucket: str, name: str, draft: Draft, settings: Mapping[str, Any], conditions: Mapping[str, int]
    ) -> StoredObject:
        """Make received content an object, in place of the one that had its name.

        settings: by the JSON API's names; those that nobody may choose are left out.
        Raises Refusal if a precondition does not hold or a checksum differs.
        """
        md5, crc32c = draft.close()
        old = self._store.object(bucket, name)
        try:
            self.check_name(name)
            check_conditions(old, conditions)
            _check_hashes(settings, md5Hash=md5, crc32c=crc32c)
        except Refusal:
            draft.discard()
            raise
        self._last_generation = max(self._last_generation + 1, time.time_ns() // 1000)
        stamp = now()
        file = str(draft.path.relative_to(self._folder))
        chosen = hold_of_new(self._store.get(Bucket, bucket))
        chosen |= {key: value for key, value in settings.items() if key in WRITABLE and value is not None}
        stored = StoredObject(
            bucket, name, self._last_generation, draft.size, md5, crc32c, file, stamp, stamp, chosen
        )  # fmt: skip
        self._store.put_object(stored)
        if old is not None:
            self._forget(old)
        return stored

    def check_name(self, name: str) -> None:
        """Raises Refusal for what is no name: https://cloud.google.com/storage/docs/objects#naming"""
        if not name or name in (".", "..") or len(name.encode()) > LONGEST_NAME or "\r" in name or "\n" in name:
            raise invalid(f"Invalid object name: {name!r}")

    def copy(
        self, source: StoredObject, bucket: str, name: str, settings: Mapping[str, Any], conditions: Mapping[str, int]
    ) -> StoredObject:
        """An object with the content of another, and its settings where none are given."""
        draft = self.draft()
        for chunk in self.content(source):
            draft.write(chunk)
        carried = {key: value for key, value in source.settings.items() if key not in HOLDS}
        return self.keep(bucket, name, draft, {**carried, **settings}, conditions)

    def content(self, stored: StoredObject, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes of an object from `start` up to and without `end`, though it be replaced meanwhile."""
        file = (self._folder / stored.file).open("rb")
        file.seek(start)
        return _chunks(file, (stored.size if end is None else end) - start)

    def change(self, stored: StoredObject, settings: dict[str, Any]) -> StoredObject:
        """Give an object other settings; its content stays."""
        changed = replace(
            stored, settings=settings, metageneration=stored.metageneration + 1, updated=now()
        )  # fmt: skip
        self._store.put_object(changed)
        return changed

    def remove(self, stored: StoredObject) -> None:
        """Delete an object."""
        self._store.remove_object(stored.bucket, stored.name)
        self._forget(stored)

    def page(
        self, bucket: str, prefix: str, delimiter: str, start: str, end: str, limit: int, trailing: bool = False
    ) -> Page:
        """Up to `limit` objects and common prefixes, as https://cloud.google.com/storage/docs/json_api/v1/objects/list

        start: the first name that may be listed; end: the first that may not, empty for none.
        trailing: an object that ends at the delimiter is listed besides its prefix.
        """
        objects: list[StoredObject] = []
        prefixes: list[str] = []
        cursor, stop = max(start, prefix), min(end or END, prefix + END)
        while cursor < stop:
            for stored in self._store.objects(bucket, cursor, stop):
                if len(objects) + len(prefixes) >= limit:
                    return Page(tuple(objects), tuple(prefixes), stored.name)
                common = _common(stored.name, prefix, delimiter)
                if common is None or (trailing and stored.name == common):
                    objects.append(stored)
                if common is not None:
                    prefixes.append(common)
                    cursor = common + END
                    break
            else:
                break
        return Page(tuple(objects), tuple(prefixes), None)

    def _forget(self, stored: StoredObject) -> None:
        (self._folder / stored.file).unlink(missing_ok=True)


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _chunks(file: BinaryIO, left: int) -> Iterator[bytes]:
    with file:
        while left > 0 and (chunk := file.read(min(left, CHUNK))):
            left -= len(chunk)
            yield chunk


def _common(name: str, prefix: str, delimiter: str) -> str | None:
    place = name.find(delimiter, len(prefix)) if delimiter else -1
    return None if place < 0 else name[: place + len(delimiter)]


def _check_hashes(settings: Mapping[str, Any], **real: str) -> None:
    """Raises Refusal if the writer names another checksum than the content has."""
    for name, value in real.items():
        if settings.get(name) not in (None, value):
            raise invalid(f"Provided {name} {settings[name]!r} doesn't match calculated {value!r}.")


def check_conditions(stored: StoredObject | None, conditions: Mapping[str, int]) -> None:
    """Raises Refusal if a precondition does not hold; generation 0 stands for an object that is not there."""
    generation, metageneration = (stored.generation, stored.metageneration) if stored else (0, 0)
    seen = dict(zip(CONDITIONS, (generation, generation, metageneration, metageneration), strict=True))
    for name, wanted in conditions.items():
        if (seen[name] == wanted) == name.endswith("NotMatch"):
            raise condition_not_met()


def now() -> str:
    """This moment, as Google writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
