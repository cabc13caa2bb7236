"""Pulumi.yaml and Pulumi.<stack>.yaml."""

from __future__ import annotations

import json

import pytest

from integrations.errors import ConfigurationError, NothingMatchedError
from integrations_sandbox.deploy.project import load_project

PROJECT = """
name: demo
main: stacks/
config:
  colours: {type: array, items: {type: string}}
  size: {type: integer, default: 3}
  token: {type: string, secret: true, default: hush}
  aws:region: {value: eu-west-2}
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {demo:colours: [red, blue], other:on: true, size: 4}")
    return tmp_path


def test_values_come_as_the_cli_hands_them_over(root):
    project = load_project(root, "dev")
    assert (project.name, project.main) == ("demo", root / "stacks")
    assert project.config == {
        "demo:colours": '["red", "blue"]', "demo:size": "4", "demo:token": "hush",
        "aws:region": "eu-west-2", "other:on": "true",
    }  # fmt: skip
    assert project.secret_keys == {"demo:token"}


def test_overrides_win_and_may_be_secret(root):
    project = load_project(root, "dev", {"size": "9"}, {"aws:token": "x"})
    assert (project.config["demo:size"], project.config["aws:token"]) == ("9", "x")
    assert project.secret_keys == {"demo:token", "aws:token"}


def test_a_value_without_default_must_be_given(root):
    (root / "Pulumi.dev.yaml").write_text("config: {}")
    with pytest.raises(ConfigurationError, match="no value for 'demo:colours'"):
        load_project(root, "dev")
    assert json.loads(load_project(root, "dev", {"colours": "[]"}).config["demo:colours"]) == []


@pytest.mark.parametrize("value", ["{secure: abc}", "[{secure: abc}]", "{deep: {secure: abc}}"])
def test_encrypted_values_are_refused(root, value):
    (root / "Pulumi.dev.yaml").write_text(f"config: {{demo:colours: {value}}}")
    with pytest.raises(ConfigurationError, match="'demo:colours' is encrypted"):
        load_project(root, "dev")


def test_a_stack_without_a_file_is_not_there(root):
    with pytest.raises(NothingMatchedError, match=r"Pulumi\.prod\.yaml does not exist"):
        load_project(root, "prod")


@pytest.mark.parametrize("text", ["[1]", "a: [", "main: x"])
def test_a_file_that_is_no_project_is_refused(root, text):
    (root / "Pulumi.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"Pulumi\.yaml"):
        load_project(root, "dev")
