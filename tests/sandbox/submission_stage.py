"""The stage of the submission's tests: a platform by itself, an operator with a key, a project, the command as a process.

Items describe their media, so the platform trusts the description and reads no object: no cloud is needed.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_stage import EncordUserClient, Person

from integrations_sandbox.clouds import processes
from integrations_sandbox.faults import Fault
from integrations_sandbox.platform import control
from integrations_sandbox.platform.clouds import Integration
from integrations_sandbox.platform.clouds.aws import AwsIntegration

TITLE, FOLDER = "acme-media", "Night/2026"
BASE = "https://acme-media-eu.s3.eu-west-2.amazonaws.com"
ENVIRONMENT = """config:
  encord-integrations:corsOrigins:
    - https://app.encord.com
  encord-integrations:encord:
    domain: https://api.encord.com
  encord-integrations:integrations:
    media:
      cloud: aws
      account: "222222222222"
      role: encord-media
      buckets:
        - {name: acme-media-eu, region: eu-west-2, ownership: create}
      encord: {title: acme-media}
"""
MEDIA: dict[str, dict[str, Any]] = {
    "images": {"imageMetadata": {"mime_type": "image/jpeg", "file_size": 10, "height": 4, "width": 4}},
    "videos": {
        "videoMetadata": {
            "fps": 25.0, "duration": 2.0, "width": 4, "height": 4, "file_size": 10, "mime_type": "video/mp4",
        }
    },
    "audio": {
        "audioMetadata": {
            "duration": 1.0, "file_size": 10, "mime_type": "audio/mpeg", "sample_rate": 8000, "bit_depth": 16,
            "codec": "mp3", "num_channels": 1,
        }
    },
    "pdfs": {"pdfMetadata": {"file_size": 10, "num_pages": 1}},
    "text": {"textMetadata": {"file_size": 10, "mime_type": "text/plain"}},
}  # fmt: skip
ENDINGS = {"images": "jpg", "videos": "mp4", "audio": "mp3", "pdfs": "pdf", "text": "txt"}


def items(section: str, count: int, first: int = 0) -> list[dict[str, Any]]:
    """Items that the platform takes without reading any object."""
    return [
        {
            "objectUrl": f"{BASE}/{section}/{number:07}.{ENDINGS[section]}",
            "title": f"{section} {number}",
            **MEDIA[section],
        }
        for number in range(first, first + count)
    ]


@dataclass
class Played:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Stage:
    """A platform and a project."""

    home: Path
    user: Person = field(default_factory=lambda: Person("operator@acme.example"))
    port: int = field(default_factory=processes.free_port)
    integration: str = field(default_factory=lambda: str(uuid.uuid4()))
    process: processes.Process | None = None
    browser_base: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The platform's folder."""
        return self.home / "platform"

    # -- the platform -----------------------------------------------------------------------------

    def start(self) -> None:
        self.process = control.start(self.data, self.port, {}, self.browser_base)

    def kill(self) -> None:
        """End the platform as a crash would."""
        assert self.process
        os.kill(self.process.pid, signal.SIGKILL)
        processes.stop(self.process)

    def stop(self) -> None:
        if self.process:
            processes.stop(self.process)

    @property
    def admin(self) -> control.AdminDoor:
        return control.AdminDoor(self.data, self.port)

    def faults(self, *rules: Fault) -> None:
        self.admin.put_faults(*rules)

    def prepare(self, integration: Integration | None = None) -> None:
        """Start, and introduce the operator and the integration: by itself one that can read nothing."""
        self.start()
        self.admin.put_user(self.user.email, "admin", [self.user.public])
        blind = AwsIntegration(
            uuid=self.integration, title=TITLE, role_arn="arn:aws:iam::222222222222:role/encord-media", external_id="x",
            access_key="x", secret_key="x", region="eu-west-2",
        )  # fmt: skip
        self.admin.put_integration(integration or blind)
        key = self.home / "key"
        key.write_text(self.user.pem)
        key.chmod(0o600)

    def project(self) -> Path:
        """A project of its own, with no journal yet."""
        path = self.home / f"project-{uuid.uuid4().hex[:8]}"
        path.mkdir()
        (path / "Pulumi.yaml").write_text("name: encord-integrations\nruntime: python\n")
        (path / "Pulumi.dev.yaml").write_text(ENVIRONMENT)
        return path

    @property
    def client(self) -> EncordUserClient:
        return EncordUserClient.create_with_ssh_private_key(self.user.pem, domain=control.base_url(self.port))

    def urls_in(self, folder: str) -> list[str]:
        """What is registered in a folder, straight from the platform's database; frames of groups are not counted."""
        with sqlite3.connect(self.data / "platform.sqlite3") as db:
            rows = db.execute(
                "select identity from item join folder on folder.uuid = item.folder"
                " where folder.name = ? and identity is not null",
                (folder.rpartition("/")[2],),
            ).fetchall()
        db.close()
        return [row[0] for row in rows]

    # -- the command ------------------------------------------------------------------------------

    @property
    def variables(self) -> dict[str, str]:
        return {
            **os.environ,
            "ENCORD_DOMAIN": control.base_url(self.port),
            "ENCORD_SSH_KEY_FILE": str(self.home / "key"),
            "INTEGRATIONS_ENV": "dev",
        }

    def begin(self, project: Path, *words: str, **options: Any) -> subprocess.Popen[str]:
        """Start the command in a project."""
        return subprocess.Popen(
            [sys.executable, "-m", "integrations", *words],
            cwd=project, env=self.variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, **options,
        )  # fmt: skip

    def play(self, project: Path, *words: str, timeout: float = 120) -> Played:
        """Run the command to its end."""
        process = self.begin(project, *words)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()
        return Played(process.returncode, out, err)

    def submit(self, project: Path, file: Path | str, folder: str, *more: str, timeout: float = 120) -> Played:
        return self.play(project, *submit_words(file, folder), *more, timeout=timeout)


def submit_words(file: Path | str, folder: str) -> tuple[str, ...]:
    return ("registration", "submit", str(file), "--folder", folder, "--create-folder", "--yes", "--format", "json")


def write(path: Path, **sections: list[dict[str, Any]]) -> Path:
    """A registration file with an item on each line."""
    parts = [f'"{name}": [\n' + ",\n".join(map(json.dumps, some)) + "\n]" for name, some in sections.items()]
    path.write_text("{" + ",\n".join(parts) + "}\n")
    return path


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def all_urls(*some: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(item["objectUrl"] for items_ in some for item in items_)
