"""In a throw-away account of yours: created, checked, probed, destroyed, and the evidence written down.

See tests/live/README.md. Skipped by name where its variables are not set.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from integrations.environment.load import load_environment
from integrations.environment.model import Environment

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence"
CLOUDS = [cloud for cloud in os.environ.get("INTEGRATIONS_LIVE", "").split(",") if cloud]
FILE = os.environ.get("INTEGRATIONS_LIVE_FILE", "")
HOURS = 2

pytestmark = [
    pytest.mark.timeout(HOURS * 3600),
    pytest.mark.skipif(
        not CLOUDS or not FILE, reason="INTEGRATIONS_LIVE and INTEGRATIONS_LIVE_FILE name no throw-away account"
    ),
    pytest.mark.skipif(
        shutil.which("pulumi") is None, reason="the Pulumi CLI is not installed: https://www.pulumi.com/docs/install"
    ),
]


@pytest.fixture(scope="module")
def environment() -> Environment:
    path = Path(FILE)
    name = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    loaded = load_environment(name, path.parent.resolve())
    assert loaded.settings.disposable, f"{FILE} must say `disposable: true`: everything in it is destroyed at the end"
    assert {integration.cloud for integration in loaded.integrations} == set(CLOUDS)
    return loaded


def _pulumi(*words: str, environment: Environment, state: Path) -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": "throw-away"}
    command = [
        "pulumi",
        *words,
        "--stack",
        environment.name,
        "--cwd",
        str(Path(environment.path).parent),
        "--non-interactive",
    ]
    return subprocess.run(command, env=settings, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def deployed(environment: Environment) -> Iterator[Path]:
    """The stack, up; destroyed at the end whatever happened. Gives the file with its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        made = _pulumi("stack", "init", environment=environment, state=state)
        assert made.returncode == 0, made.stderr
        try:
            up = _pulumi("up", "--yes", "--policy-pack", str(ROOT / "policies"), environment=environment, state=state)
            assert up.returncode == 0, up.stdout + up.stderr
            outputs = state / "outputs.json"
            outputs.write_text(_pulumi("stack", "output", "--json", environment=environment, state=state).stdout)
            yield outputs
        finally:
            gone = _pulumi("destroy", "--yes", environment=environment, state=state)
            assert gone.returncode == 0, f"NOT everything was destroyed: {gone.stdout}{gone.stderr}"


def test_what_is_deployed_is_proved_live_and_the_evidence_is_written_down(
    environment: Environment, deployed: Path
) -> None:
    words = ["check", "--env", environment.name, "--format", "json", "--write-probe"]
    if os.environ.get("ENCORD_SSH_KEY_FILE"):
        words.append("--register-probe")
    done = subprocess.run(
        [sys.executable, "-m", "integrations", *words],
        cwd=Path(environment.path).parent,
        env={**os.environ, "INTEGRATIONS_STACK_OUTPUTS": str(deployed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    results = json.loads(done.stdout)["results"]
    _write_evidence(results)
    failed = [
        f"{one['id']} {one['subject']}: {one['seen']}{one['reason']}" for one in results if one["status"] == "fail"
    ]
    assert not failed, failed


def test_a_second_up_changes_nothing(environment: Environment, deployed: Path) -> None:
    again = _pulumi("preview", "--expect-no-changes", environment=environment, state=deployed.parent)
    assert again.returncode == 0, again.stdout


def _write_evidence(results: list[dict[str, str]]) -> None:
    """Ids and statuses by cloud, with versions and the date; nothing that names the account."""
    EVIDENCE.mkdir(exist_ok=True)
    today = datetime.now(UTC).date().isoformat()
    for cloud in CLOUDS:
        mine = sorted({(one["id"], one["status"], one["evidence"]) for one in results if one["cloud"] == cloud})
        document = {
            "date": today,
            "cloud": cloud,
            "versions": {name: version(name) for name in ("encord-integrations", "encord", "pulumi")},
            "results": [{"id": id_, "status": status, "evidence": evidence} for id_, status, evidence in mine],
        }
        (EVIDENCE / f"{cloud}-{today}.json").write_text(json.dumps(document, indent=2) + "\n")
