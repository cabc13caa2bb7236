"""A stack's outputs come from a saved file, else from the Pulumi CLI, else there are none."""

from __future__ import annotations

import pytest

from integrations.environment import outputs
from integrations.errors import ConfigurationError, NothingMatchedError


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """Puts a `pulumi` on the path that is this shell script."""
    monkeypatch.delenv(outputs.VARIABLE, raising=False)

    def put(script: str) -> None:
        (tmp_path / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "pulumi").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return put


def saved(monkeypatch, path, text=None):
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv(outputs.VARIABLE, str(path))


def test_a_saved_file_is_read(monkeypatch, tmp_path):
    saved(monkeypatch, tmp_path / "o.json", '{"images": {"roleArn": "arn:x"}}')
    assert outputs.load_outputs("dev", tmp_path) == {"images": {"roleArn": "arn:x"}}


@pytest.mark.parametrize(
    ("text", "said"), [("{", "holds no JSON"), ("[]", "holds no map of stack outputs"), (None, "cannot be read")]
)
def test_a_saved_file_that_is_none_is_told(monkeypatch, tmp_path, text, said):
    saved(monkeypatch, tmp_path / "o.json", text)
    with pytest.raises(ConfigurationError, match=said):
        outputs.load_outputs("dev", tmp_path)


def test_without_file_and_cli_it_is_said_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv(outputs.VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NothingMatchedError, match="set INTEGRATIONS_STACK_OUTPUTS to a saved file, or install"):
        outputs.load_outputs("dev", tmp_path)


def test_the_cli_is_asked_for_this_stack_in_this_folder(cli, tmp_path):
    cli("""printf '{"asked": "%s"}' "$*" """)
    asked = outputs.load_outputs("dev", tmp_path)["asked"]
    assert asked == f"stack output --json --stack dev --cwd {tmp_path} --non-interactive"


def test_what_the_cli_refuses_is_told_in_its_last_words(cli, tmp_path):
    cli("echo first >&2; echo 'error: no stack named dev' >&2; exit 255")
    with pytest.raises(NothingMatchedError, match=r"has nothing for dev: error: no stack named dev$"):
        outputs.load_outputs("dev", tmp_path)


def test_a_cli_that_does_not_answer_is_not_waited_for(cli, tmp_path, monkeypatch):
    cli("exec sleep 20")
    monkeypatch.setattr(outputs, "SECONDS", 0.2)
    with pytest.raises(NothingMatchedError, match="did not answer within"):
        outputs.load_outputs("dev", tmp_path)
