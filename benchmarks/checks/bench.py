"""Checks one integration and twenty of the same cloud, in a sandbox whose clouds are all 100 ms further away."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from benchmarks.compare import Row, at_most
from integrations_sandbox import sandbox
from integrations_sandbox.clouds import processes
from integrations_sandbox.stages import CHECKER

ROOT = Path(__file__).parents[2]
MANY, LATENCY, LIMIT, ROUNDS = 20, 100, 3.0, 3
INTEGRATIONS = "encord-integrations:integrations"
# One of the sandbox's integrations on each cloud.
EACH = ("media", "studio", "clinic", "telekom")


def run(large: bool) -> list[Row]:  # noqa: ARG001 - every benchmark's signature
    """How many times as long twenty integrations take, on each cloud."""
    return [_row(name) for name in EACH]


def _row(integration: str) -> Row:
    with tempfile.TemporaryDirectory() as folder, _sandbox(Path(folder), integration) as variables:
        seconds: dict[str, list[float]] = {"one": [], "many": []}
        for _ in range(ROUNDS):
            for name, times in seconds.items():
                times.append(_check(Path(folder), name, variables))
    one, many = (statistics.median(times) for times in seconds.values())
    what = f"check {MANY} integrations like {integration}, each answer {LATENCY} ms late"
    return at_most(what, round(many / one, 2), LIMIT, f"x one ({one:.1f} s, {many:.1f} s)")


@contextmanager
def _sandbox(root: Path, integration: str) -> Iterator[dict[str, str]]:
    """A sandbox with one integration, its cloud far away. Yields the variables that lead there."""
    _write(root, integration)
    here = sandbox.open_sandbox(root)
    started: list[processes.Process] = []
    try:
        sandbox.start(here, lambda _: None)
        outcome = sandbox.provision(here, "up")
        if not outcome.ok:
            raise RuntimeError(f"the sandbox was not deployed: {outcome.errors}")
        ports = {name: processes.free_port() for name in ("edge", "platform")}
        for name, port in ports.items():
            command = [
                sys.executable,
                "-m",
                "benchmarks.checks.latency",
                str(port),
                str(here.ports[name]),
                str(LATENCY),
            ]
            started.append(processes.start(name, command, root / f"{name}.log", port))
        yield {
            **here.variables(CHECKER),
            "HTTPS_PROXY": f"http://127.0.0.1:{ports['edge']}",
            "ENCORD_DOMAIN": f"http://127.0.0.1:{ports['platform']}",
            "INTEGRATIONS_STACK_OUTPUTS": str(_outputs(root, here, integration)),
        }
    finally:
        for process in started:
            processes.stop(process)
        sandbox.stop(here)


def _write(root: Path, integration: str) -> None:
    """The project, with the environments `one` and `many`: the same integration, once and under many names."""
    for name in ("stacks", "policies"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Pulumi.yaml", root)
    document = yaml.safe_load((ROOT / "Pulumi.sandbox.yaml").read_text())
    body = document["config"][INTEGRATIONS][integration]
    for name, names in (("sandbox", [integration]), ("one", [integration]), ("many", _names(integration))):
        document["config"][INTEGRATIONS] = dict.fromkeys(names, body)
        document["config"]["encord-integrations:disposable"] = name == "sandbox"
        (root / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(document))


def _names(integration: str) -> list[str]:
    return [f"{integration}-{number}" for number in range(MANY)]


def _outputs(root: Path, here: sandbox.Sandbox, integration: str) -> Path:
    made = json.loads(here.layout.outputs.read_text())
    path = root / "outputs.json"
    path.write_text(json.dumps({**made, **dict.fromkeys(_names(integration), made[integration])}))
    return path


def _check(root: Path, environment: str, variables: dict[str, str]) -> float:
    """Seconds of the whole command, which must be clean."""
    command = [sys.executable, "-m", "integrations", "check", "--env", environment]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=root, env={**kept, **variables}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the check was not clean:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - begin
