"""What the tests of each cloud's path say: a folder of their own, the mixed example mended, what a registration came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integrations.errors import ExitCode
from integrations_sandbox.examples import example

if TYPE_CHECKING:
    from stage import Ran, Stage


def folder_of(request: pytest.FixtureRequest) -> str:
    """A folder of the test's own."""
    return f"Path/{request.node.name[:60]}"


def repaired(stage: Stage, base: str) -> str:
    """The mixed example for the bucket at `base`, mended by the command: its repeated key merged."""
    broken, whole = stage.root / "mixed.json", stage.root / "mended.json"
    broken.write_text(example("mixed.json", base), encoding="utf-8")
    found = stage.run_here("registration", "validate", str(broken), "--format", "json")
    assert found.code == ExitCode.FINDINGS
    errors = [one for one in found.json["findings"] if one["severity"] == "error"]
    assert [(one["id"], one["line"]) for one in errors] == [("REG110", 33)]
    mended = stage.run_here("registration", "repair", str(broken), "--output", str(whole))
    assert mended.code in (ExitCode.CLEAN, ExitCode.FINDINGS), mended.err
    return whole.read_text()


def tally(ran: Ran) -> tuple[int, int]:
    """How many items were registered, and how many failed."""
    counts = ran.json["tally"]
    return counts["registered"], counts["failed"]


def errors(ran: Ran) -> str:
    """What Encord said of those that failed."""
    return " | ".join(one["error"] for one in ran.json["failures"])
