"""`registration build --engine`: what is refused before Spark is asked. What Spark writes is in tests/spark."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from integrations.commands.app import run
from integrations.errors import ExitCode

BUILD = ["registration", "build", "gs://bucket/"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--engine", "sparc"], "'sparc'"),
        (["--engine", "spark"], "--engine spark reads inventories: name them with --inventory"),
        (["--inventory", "i.parquet", "--spark-master", "local"], "--spark-master is for --engine spark"),
        (["--inventory", "i.parquet", "--engine", "spark"], "pip install 'encord-integrations[spark]'"),
    ],
)
def test_a_wrong_engine_and_a_missing_extra_are_wrong_configuration(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    assert run([*BUILD, str(tmp_path / "out"), *arguments]) == ExitCode.USAGE
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
