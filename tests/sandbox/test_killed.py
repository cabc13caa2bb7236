"""Whatever is killed comes back with `sandbox up`, and nothing is lost."""

from __future__ import annotations

import os
import signal

import pytest

from integrations.errors import ExitCode

pytest_plugins = ["stage"]
CLOUD = "aws"


def _kill(stage, name):
    process = stage.sandbox.layout.read().processes[name]
    os.kill(process.pid, signal.SIGKILL)
    found = process.find()
    if found is not None:
        found.wait(10)


@pytest.mark.parametrize("name", ["aws", "platform", "edge"])
def test_after_a_kill_sandbox_up_heals_and_check_is_green(stage, name):
    made = stage.run("folder", "create", f"Kept/{name}", "--format", "json")
    assert made.code == ExitCode.CLEAN, made.err
    _kill(stage, name)
    status = stage.run("sandbox", "status")
    assert (status.code, f"{name:<10} does not run" in status.out) == (ExitCode.INCOMPLETE, True)
    up = stage.run("sandbox", "up")
    assert up.code == ExitCode.CLEAN, up.err
    assert stage.check() == (ExitCode.CLEAN, {})
    assert stage.run("folder", "show", f"Kept/{name}", "--format", "json").json["id"] == made.json["id"]


def test_up_again_changes_nothing(stage):
    ran = stage.run("sandbox", "up", "--expect-no-changes")
    assert ran.code == ExitCode.CLEAN, ran.out


def test_a_preview_shows_a_change_and_makes_none(stage):
    stage.rewrite("https://app.encord.com", "https://app.us.encord.com")
    ran = stage.run("sandbox", "up", "--preview", "--expect-no-changes")
    assert ran.code == ExitCode.CHANGES
    assert "corsRules[0].allowedOrigins" in ran.out
    rules = stage.client("s3").get_bucket_cors(Bucket="acme-media-eu")["CORSRules"]
    assert rules[0]["AllowedOrigins"] == ["https://app.encord.com"]
