"""What a stack really made: its outputs, from a saved file or from the Pulumi CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from integrations.errors import ConfigurationError, NothingMatchedError

VARIABLE = "INTEGRATIONS_STACK_OUTPUTS"
SECONDS = 60


def load_outputs(environment: str, root: Path) -> dict[str, Any]:
    """The stack's outputs, by integration.

    They come from the file that INTEGRATIONS_STACK_OUTPUTS names (`pulumi stack output --json > FILE`, for
    CI without access to the state), else from the Pulumi CLI. Raises NothingMatchedError if there are none.
    """
    if path := os.environ.get(VARIABLE):
        return _parsed(_text(Path(path)), path)
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise NothingMatchedError(
            f"there are no stack outputs: set {VARIABLE} to a saved file, or install the Pulumi CLI"
        )
    command = [pulumi, "stack", "output", "--json", "--stack", environment, "--cwd", str(root), "--non-interactive"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NothingMatchedError(f"`pulumi stack output` did not answer within {SECONDS} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise NothingMatchedError(f"`pulumi stack output` has nothing for {environment}: {last}")
    return _parsed(done.stdout, "pulumi stack output")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{VARIABLE} names {path}, which cannot be read: {error.strerror}") from error


def _parsed(text: str, source: str) -> dict[str, Any]:
    try:
        outputs = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{source} holds no JSON: {error}") from error
    if not isinstance(outputs, dict):
        raise ConfigurationError(f"{source} holds no map of stack outputs")
    return outputs
