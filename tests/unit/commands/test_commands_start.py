"""The command starts at once: what is heavy is imported by the command that needs it, and by no other."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
import typer

import integrations.commands
from integrations import __version__
from integrations.commands.app import COMMANDS

HEAVY = {
    "azure", "boto3", "botocore", "cryptography", "duckdb", "encord", "fastapi", "google", "grpc", "numpy", "pandas",
    "pulumi", "pulumi_aws", "pyarrow", "pydantic", "requests", "rich", "integrations_sandbox",
}  # fmt: skip
RUN = """
import json, sys
sys.argv = ["integrations", *{arguments!r}]
from integrations.__main__ import main
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
sys.stderr.write(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def test_every_command_of_the_table_has_a_module_with_an_app():
    for module, summary in COMMANDS.values():
        assert isinstance(importlib.import_module(f"integrations.commands.{module}").app, typer.Typer)
        assert summary.endswith(".")


def test_every_module_with_an_app_is_in_the_table_or_part_of_one_that_is():
    folder = Path(integrations.commands.__file__).parent
    apps = {path.stem: path.read_text() for path in folder.glob("*.py") if "\napp = typer.Typer(" in path.read_text()}
    parts = {stem for stem in apps if any(f"{stem}.app" in text for text in apps.values())}
    assert set(apps) - parts - {"app"} == {module for module, _ in COMMANDS.values()}


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["--help"], ["env", "list"], ["check", "--help"], ["registration", "--help"]],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(process, arguments):
    ended = process(RUN.format(arguments=arguments))
    assert (ended.code, bool(ended.out)) == (0, True), ended.err
    assert HEAVY & set(json.loads(ended.err)) == set()


def test_the_measure_sees_what_is_imported(process):
    ended = process(RUN.format(arguments=["--version"]).replace("import json, sys", "import json, sys, boto3", 1))
    assert {"boto3", "botocore"} <= set(json.loads(ended.err))


def test_help_lists_every_command_and_each_has_help_of_its_own(command):
    ended = command("--help")
    assert ended.code == 0
    assert all(f"\n  {name} " in ended.out for name in COMMANDS)
    for name in COMMANDS:
        assert command(name, "--help").code == 0


def test_the_version_is_the_packages(process):
    assert process(RUN.format(arguments=["--version"])).out == f"integrations {__version__}\n"
