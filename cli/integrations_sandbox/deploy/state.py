"""What the stack has: one JSON file, saved atomically before and after every step.

A resource is recorded as pending before the cloud is asked, so that a run that was
killed can be taken up. Secrets are encrypted with a key of their own (mode 0600, in a
file beside the state); the state alone gives nothing away.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from msgspec import Struct

from integrations.errors import ConfigurationError
from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.wire import Props

VERSION = 1


class Resource(Struct, frozen=True):
    """One resource of the stack. Only what exists in a cloud, and explicit providers, are kept in the state.

    inputs and outputs are in wire form (`wire`). dependencies: URNs, the parent's among
    them. limits: seconds that create, update and delete may take. pending: what had been
    begun and not finished. doomed: replaced by another, not deleted yet.
    """

    urn: str
    type: str
    id: str = ""
    parent: str = ""
    provider: str = ""
    inputs: Props = {}
    outputs: Props = {}
    dependencies: tuple[str, ...] = ()
    limits: dict[str, float] = {}
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    pending: Literal["", "create", "update", "delete"] = ""
    doomed: bool = False

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[1]

    @property
    def provider_urn(self) -> str:
        """A provider is named as `URN::id`."""
        return self.provider.rpartition("::")[0]

    @property
    def is_provider(self) -> bool:
        return self.type.startswith("pulumi:providers:")

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"{self.type} {self.name!r}" + (f" ({self.id})" if self.id not in ("", self.name) else "")


class _Document(Struct):
    version: int = VERSION
    resources: list[Resource] = []
    outputs: Props = {}


class Vault:
    """Encrypts what stands in secret envelopes, with the key in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def seal(self, value: Any) -> Any:
        """The value with every secret encrypted; makes the key if there is none yet."""
        if wire.is_secret(value):
            text = json.dumps(value["value"]).encode()
            return {wire.SIGNATURE: wire.SECRET, "ciphertext": self._cipher(make=True).encrypt(text).decode()}
        return wire.over(value, self.seal)

    def open(self, value: Any) -> Any:
        """The way back. Raises ConfigurationError if the key is lost or another one."""
        if not wire.is_secret(value):
            return wire.over(value, self.open)
        try:
            return wire.secret(json.loads(self._cipher(make=False).decrypt(value["ciphertext"])))
        except (FileNotFoundError, InvalidToken, ValueError):
            raise ConfigurationError(
                f"the secrets of this state cannot be read, because {self._path} is lost or not theirs:"
                " take the sandbox down and up again"
            ) from None

    def _cipher(self, *, make: bool) -> Fernet:
        if make and not self._path.exists():
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(Fernet.generate_key())
        return Fernet(self._path.read_bytes())


class State:
    """The state of one stack. With `writable=False` changes stay in memory, as a preview wants it.

    `lock` guards it, and whatever else a run has to keep in step with it.
    Raises ConfigurationError if the file is none of ours.
    """

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._writable = writable
        self._vault = Vault(path.with_name(path.name + ".key"))
        document = self._read()
        self.resources = document.resources
        self.outputs = document.outputs

    def _read(self) -> _Document:
        try:
            raw = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return _Document()
        except ValueError as error:
            raise ConfigurationError(f"{self.path} is not the state of a stack: {error}") from error
        try:
            document = msgspec.convert(self._vault.open(raw), _Document)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"{self.path} is not the state of a stack: {error}") from error
        if document.version != VERSION:
            raise ConfigurationError(f"{self.path} has version {document.version}, this program reads {VERSION}")
        return document

    def live(self, urn: str) -> Resource | None:
        """The resource of that name as the last run left it."""
        return next((r for r in self.resources if r.urn == urn and not r.doomed and r.pending != "create"), None)

    def half_made(self, urn: str) -> Resource | None:
        """The resource of that name whose creation was begun and not finished."""
        return next((r for r in self.resources if r.urn == urn and not r.doomed and r.pending == "create"), None)

    def put(self, new: Resource, *instead_of: Resource | None) -> Resource:
        """Record `new`, in place of others if given, and save."""
        with self.lock:
            self.resources = [r for r in self.resources if not any(r is old for old in instead_of)] + [new]
            self.save()
        return new

    def drop(self, old: Resource) -> None:
        with self.lock:
            self.resources = [r for r in self.resources if r is not old]
            self.save()

    def set_outputs(self, outputs: Props) -> None:
        with self.lock:
            self.outputs = outputs
            self.save()

    def save(self) -> None:
        """Write the file. A reader sees the old one or the new one, never half of one."""
        if not self._writable:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        document = msgspec.to_builtins(_Document(VERSION, self.resources, self.outputs))
        new = self.path.with_name(self.path.name + ".new")
        new.write_text(json.dumps(self._vault.seal(document), indent=1), encoding="utf-8")
        new.replace(self.path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep everybody else from deploying with the state `path`. Raises ConfigurationError if somebody is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(f"somebody else is deploying with {path}: wait until that has ended") from None
        yield
