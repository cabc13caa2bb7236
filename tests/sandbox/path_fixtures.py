"""What the tests of each cloud's path share: the sample media in the buckets, and registrations by the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from path_stage import folder_of

from integrations_sandbox import people
from integrations_sandbox.media import write_samples
from integrations_sandbox.stages import DEPLOYER, stage_of

if TYPE_CHECKING:
    from stage import Ran, Stage

Submit = Callable[..., "Ran"]


@pytest.fixture
def media(stage: Stage, tmp_path: Path) -> Stage:
    """The stage with the sample media in its buckets."""
    samples = [(sample.key, (tmp_path / sample.key).read_bytes()) for sample in write_samples(tmp_path)]
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        for integration in stage.sandbox.environment.integrations:
            stage_of(integration).put_objects(integration, samples, everywhere=False)
    return stage


@pytest.fixture
def submit(stage: Stage, request: pytest.FixtureRequest) -> Submit:
    """Registers a file, given as text or as what it holds, through an integration: the stage's first by default."""

    def registered(content: str | dict[str, Any], integration: str = "", name: str = "files.json") -> Ran:
        path = stage.root / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        through = integration or stage.sandbox.environment.integrations[0].name
        words = ("--folder", folder_of(request), "--create-folder", "--integration", through, "--yes")
        return stage.run_here("registration", "submit", str(path), *words, "--format", "json")

    return registered
