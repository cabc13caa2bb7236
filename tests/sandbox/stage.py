"""A whole sandbox of a project of its own, and the command run in it as a person or CI would."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from integrations.commands import app
from integrations_sandbox import people, sandbox
from integrations_sandbox.stages import CHECKER

ROOT = Path(__file__).parents[2]
PROJECT = ("Pulumi.yaml", "Pulumi.sandbox.yaml")
FOLDERS = ("stacks", "policies")
SECONDS = 120


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Stage:
    """A running sandbox. `run` runs the command in it; `session` is somebody's AWS session."""

    sandbox: sandbox.Sandbox
    cloud: str | None = None

    @property
    def root(self) -> Path:
        return self.sandbox.root

    def run(self, *words: str, profile: str = CHECKER, stdin: str = "", **variables: str) -> Ran:
        """Run `integrations` in a process of its own, with nothing but standard settings."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        environment = {**kept, **self.sandbox.variables(profile), **variables}
        done = subprocess.run(
            [sys.executable, "-m", "integrations", *words],
            cwd=self.root, env=environment, input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def run_here(self, *words: str, profile: str = CHECKER, **variables: str) -> Ran:
        """The same in this process, which is a second faster: nothing has to be imported anew."""
        out, err = io.StringIO(), io.StringIO()
        with (
            people.working_as({**self.sandbox.variables(profile), **variables}),
            contextlib.chdir(self.root),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")  # what other people's packages deprecate is not what is tested here
            code = app.run(list(words))
        return Ran(code, out.getvalue(), err.getvalue())

    def check(self, *words: str, **more: Any) -> tuple[int, dict[str, set[str]]]:
        """Run `integrations check`. Returns its exit code and the ids of each status, those of passes left out."""
        ran = self.run_here("check", "--format", "json", *words, **more)
        assert ran.out, ran.err
        found: dict[str, set[str]] = {}
        for result in ran.json["results"]:
            if result["status"] != "pass":
                found.setdefault(result["status"], set()).add(result["id"])
        return ran.code, found

    def session(self, profile: str, region: str = "eu-west-2") -> boto3.Session:
        """A session that goes on working outside of `working_as`."""
        with people.working_as(self.sandbox.variables(profile)):
            frozen = boto3.Session().get_credentials().get_frozen_credentials()
        return boto3.Session(frozen.access_key, frozen.secret_key, frozen.token, region_name=region)

    def client(self, service: str, profile: str = "deployer", region: str = "eu-west-2") -> Any:
        """A client of that person."""
        from botocore.config import Config

        proxies = {"https": f"http://127.0.0.1:{self.sandbox.ports['edge']}"}
        session: Any = self.session(profile, region)
        return session.client(service, config=Config(proxies=proxies), verify=str(self.sandbox.layout.tls / "ca.pem"))

    def root_client(self, service: str, account: str, region: str = "eu-west-2") -> Any:
        """A client of the root user of any account."""
        from botocore.config import Config

        proxies = {"https": f"http://127.0.0.1:{self.sandbox.ports['edge']}"}
        session: Any = boto3.Session(account, "root", region_name=region)
        return session.client(service, config=Config(proxies=proxies), verify=str(self.sandbox.layout.tls / "ca.pem"))

    def rewrite(self, old: str, new: str) -> None:
        """Replace a text in Pulumi.sandbox.yaml, everywhere it stands."""
        path = self.root / "Pulumi.sandbox.yaml"
        assert old in path.read_text(), f"{old!r} is not in {path}"
        path.write_text(path.read_text().replace(old, new))

    def up(self) -> None:
        """Deploy what the files say now; it must succeed."""
        outcome = sandbox.provision(sandbox.open_sandbox(self.root), "up")
        assert outcome.ok, outcome.errors

    def restore(self) -> None:
        """The configuration of the beginning, deployed."""
        _configure(self.root, self.cloud)
        sandbox.start(self.sandbox, lambda _: None)
        self.up()


def _configure(root: Path, cloud: str | None) -> None:
    """The project's own files; of the environment only what is about `cloud`, if one is given."""
    for name in PROJECT:
        text = (ROOT / name).read_text()
        (root / name).write_text(_only(text, cloud) if cloud and name == "Pulumi.sandbox.yaml" else text)


def _only(text: str, cloud: str) -> str:
    """The environment without the integrations of other clouds; everything else to the letter as it was."""
    (_, config), *_ = yaml.compose(text).value
    named = next(value for key, value in config.value if key.value.endswith(":integrations"))
    lines = text.splitlines(keepends=True)
    for _, body in reversed(named.value):
        if not any((key.value, value.value) == ("cloud", cloud) for key, value in body.value):
            del lines[body.start_mark.line - 1 : body.end_mark.line]
    return "".join(lines)


def open_stage(root: Path, cloud: str | None = None) -> Iterator[Stage]:
    """A project in `root`, its sandbox up; everything stopped afterwards."""
    _configure(root, cloud)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    here = sandbox.open_sandbox(root)
    try:
        sandbox.start(here, lambda _: None)
        stage = Stage(here, cloud)
        stage.up()
        yield stage
    finally:
        sandbox.stop(here)


@pytest.fixture(scope="session")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str | None], Stage]]:
    """A sandbox for each cloud that is asked for, opened once; None is one with all of them."""
    with contextlib.ExitStack() as opened:
        opening = contextlib.contextmanager(open_stage)

        @functools.cache
        def of(cloud: str | None) -> Stage:
            return opened.enter_context(opening(tmp_path_factory.mktemp(cloud or "project"), cloud))

        yield of


@pytest.fixture
def stage(stages: Callable[[str | None], Stage], request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The sandbox of the module's CLOUD (or of all), as it was at the beginning, whatever the test does to it."""
    mine = stages(getattr(request.module, "CLOUD", None))
    yield mine
    mine.restore()
