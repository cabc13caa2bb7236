"""A project folder, and the command run in it: in this process for speed, as a process of its own where that matters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from integrations.commands.app import run

DEV = """\
config:
  encord-integrations:corsOrigins: [https://app.encord.com]
  encord-integrations:encord: {domain: "http://127.0.0.1:9"}
  encord-integrations:integrations:
    images:
      cloud: aws
      account: "123456789012"
      role: encord-images
      buckets:
        - {name: acme-images, region: eu-west-2, ownership: create}
      encord: {title: acme, principal: "arn:aws:iam::111122223333:root", externalId: id-of-the-dialog}
"""


class Ended(Struct):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the environment `dev`, as the current folder, and no setting of the machine's."""
    (tmp_path / "Pulumi.yaml").write_text("name: encord-integrations\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(DEV)
    monkeypatch.chdir(tmp_path)
    for name in ("ENCORD_SSH_KEY", "ENCORD_SSH_KEY_FILE", "ENCORD_DOMAIN", "INTEGRATIONS_ENV", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def command(project: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs a command in this process."""

    def go(*arguments: str) -> Ended:
        code = int(run(list(arguments)))
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return go


@pytest.fixture
def process(project: Path) -> Callable[..., Ended]:
    """Runs a Python text as a process of its own; it has the command's modules, and nothing imported yet."""

    def go(text: str) -> Ended:
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    return go
