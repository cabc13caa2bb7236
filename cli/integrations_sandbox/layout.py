"""Where the sandbox keeps what it has on disk, and the record of what it started."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from integrations.errors import ConfigurationError
from integrations_sandbox.clouds.processes import Process

ENVIRONMENT = "sandbox"


class Record(Struct):
    """What was started: the ports, which stay the same over restarts, and the processes by name."""

    ports: dict[str, int] = {}
    processes: dict[str, Process] = {}


class Layout(Struct, frozen=True):
    """The sandbox's folder, `.sandbox` beside the project's files, for the owner's eyes only."""

    folder: Path

    @property
    def tls(self) -> Path:
        return self.folder / "tls"

    @property
    def state(self) -> Path:
        return self.folder / "stack.json"

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs.json"

    @property
    def edge(self) -> Path:
        return self.folder / "edge"

    @property
    def detour(self) -> Path:
        """What the detour for faults was started with, its token among it."""
        return self.edge / "detour.json"

    @property
    def platform(self) -> Path:
        return self.folder / "platform"

    @property
    def key(self) -> Path:
        return self.folder / "encord-key"

    @property
    def settings(self) -> Path:
        """The variables that lead a shell into the sandbox, to be sourced."""
        return self.folder / "env"

    def read(self) -> Record:
        """What is on record; empty before the first start."""
        try:
            return msgspec.json.decode((self.folder / "sandbox.json").read_bytes(), type=Record)
        except FileNotFoundError:
            return Record()
        except msgspec.DecodeError as error:
            raise ConfigurationError(
                f"{self.folder / 'sandbox.json'} is damaged ({error}): remove {self.folder}"
            ) from error

    def write(self, record: Record) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / "sandbox.json"
        draft = path.with_suffix(".tmp")
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2))
        draft.replace(path)
