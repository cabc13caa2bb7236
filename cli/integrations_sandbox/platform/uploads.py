"""Encord's own storage: where local uploads go, as files in the platform's data folder.

An upload is prepared through the API (a name and a signed URL to put the content at), put
without any other proof than that URL, and then registered by its name. To the rest of the
platform it is one more cloud.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import shutil
import time
import uuid
from pathlib import Path

from integrations_sandbox.platform.clouds.door import HEAD, Found, ObjectProblem

# Stands where an integration's uuid would: an item without one is in Encord's own storage.
OWN = "encord"
PREFIX = "/_uploads"
SCHEME = "encord:"
LIFE = 3600  # seconds that a signed URL is good for
_NAME = re.compile(r"[0-9a-f-]{36}(\.mp4)?")


class Uploads:
    """The files, and URLs to write and read them. A CloudDoor, but for the host that its URLs name."""

    def __init__(self, folder: Path, secret: str) -> None:
        self._folder = folder
        self._key = hashlib.sha256(f"uploads {secret}".encode()).digest()

    def path(self, name: str) -> Path:
        """Where an upload's content is. Raises ObjectProblem for a name that cannot be one."""
        if not _NAME.fullmatch(name):
            raise ObjectProblem(f"{name!r} is no upload")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        return self._folder / name

    def signed(self, base: str, name: str, method: str) -> str:
        """A URL at `base` that may be used with this method for an hour."""
        expires = int(time.time()) + LIFE
        return f"{base.rstrip('/')}{PREFIX}/{name}?expires={expires}&signature={self._sign(method, name, expires)}"

    def admits(self, method: str, name: str, expires: str, signature: str) -> bool:
        """Whether a URL was signed here for this, and is still good."""
        if not expires.isdecimal() or int(expires) < time.time():
            return False
        return hmac.compare_digest(self._sign(method, name, int(expires)), signature)

    def _sign(self, method: str, name: str, expires: int) -> str:
        return hmac.new(self._key, f"{method} {name} {expires}".encode(), "sha256").hexdigest()

    # -- as a door --------------------------------------------------------------------------------

    def name(self, url: str) -> str:
        """The name in `encord:<name>`."""
        if not url.startswith(SCHEME):
            raise ObjectProblem(f"{url} is not an upload: objects of a bucket are registered through an integration")
        return url.removeprefix(SCHEME)

    def find(self, url: str) -> Found:
        """An upload that is complete."""
        path = self.path(self.name(url))
        try:
            with path.open("rb") as file:
                return Found(url, path.name, path.stat().st_size, file.read(HEAD), None)
        except FileNotFoundError:
            raise ObjectProblem(f"{url} was prepared, but its content was never put there") from None

    def read(self, found: Found, start: int, end: int) -> bytes:
        """Some bytes of an upload."""
        with self.path(found.name).open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def write(self, beside: str, name: str, file: Path, content_type: str) -> str:  # noqa: ARG002 - a door's words
        """Keep a sequence's video."""
        shutil.copyfile(file, self.path(name))
        return f"{SCHEME}{name}"

    def sign(self, url: str) -> str:
        """A door signs without knowing for which host; the routes do it with `signed`."""
        raise ObjectProblem(f"{url} is signed where the request came in")


def new_name() -> str:
    """A name for an upload that is about to be made; also the uuid of its item."""
    return str(uuid.uuid4())
