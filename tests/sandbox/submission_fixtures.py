"""The fixtures of the submission's tests, as a plugin: each test module that wants them says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from submission_stage import Stage


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("submission"))
    stage.prepare()
    try:
        yield stage
    finally:
        stage.stop()


@pytest.fixture
def quiet_platform(platform: Stage) -> Iterator[Stage]:
    """The platform, without any fault when the test begins and when it ends."""
    if not (platform.process and platform.process.find()):
        platform.start()
    platform.faults()
    yield platform
    if platform.process and platform.process.find():
        platform.faults()


@pytest.fixture
def project(quiet_platform: Stage) -> Path:
    """A project that never submitted anything."""
    return quiet_platform.project()


@pytest.fixture
def folder(project: Path) -> str:
    """A folder that nobody has made yet."""
    return f"Tests/{project.name}"
