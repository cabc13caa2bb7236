"""A stack on a cloud in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_cloud import Cloud, Stack


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(Cloud(), tmp_path / "test.json")
