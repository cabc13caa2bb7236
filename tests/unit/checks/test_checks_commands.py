"""`checks list`, `explain` and the options of `check`, without a cloud."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from integrations.checks import suite
from integrations.checks.catalogue import CATALOGUE, CheckId
from integrations.checks.records import Status
from integrations.commands.app import run
from integrations.commands.options import duration
from integrations.errors import ConfigurationError, ExitCode


def said(capsys, *words):
    code = run(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_list_has_every_check_for_people_and_for_machines(capsys):
    _, text, _ = said(capsys, "checks", "list")
    assert [line[:6] for line in text.splitlines()] == list(CATALOGUE)
    _, text, _ = said(capsys, "checks", "list", "--format", "json")
    listed = json.loads(text)
    assert listed["schema_version"] == 1
    assert [one["id"] for one in listed["checks"]] == list(CATALOGUE)
    cors = next(one for one in listed["checks"] if one["id"] == "COR202")
    assert (cors["page"], cors["runbook"]) == ("docs/checks/COR202.md", "docs/runbooks/images-do-not-load.md")


def test_an_explanation_is_the_page_and_leads_to_the_runbook(capsys):
    code, text, _ = said(capsys, "explain", "url801")
    assert code == ExitCode.CLEAN
    assert text.startswith("# URL801") and "url-expires-early" in text


def test_a_check_that_does_not_exist_is_told_with_one_that_does(capsys):
    code, _, error = said(capsys, "explain", "COR20")
    assert code == ExitCode.NOTHING_MATCHED and "did you mean COR20" in error


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("2m", 120), ("0", 0), ("1.5m", 90)])
def test_a_length_of_time(text, seconds):
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "soon", "-1s", "1h", "1 m"])
def test_what_is_no_length_of_time(text):
    with pytest.raises(ConfigurationError, match="no length of time"):
        duration(text)


def test_the_catalogue_begins_with_the_bucket_and_ids_stand_in_order():
    assert next(iter(CATALOGUE)) is CheckId.BUCKET_FOUND
    assert set(CATALOGUE) == set(CheckId)


# A project without a cloud: what is asked of its files alone

ENVIRONMENT = """\
config:
  encord-integrations:corsOrigins: [https://app.encord.com]
  encord-integrations:encord: {domain: "http://127.0.0.1:9"}
  encord-integrations:integrations:
    images:
      cloud: aws
      account: "123456789012"
      role: encord-images
      buckets:
        - {name: acme-images, region: eu-west-2, ownership: create}
      encord: {title: acme}
  encord-integrations:suppressions:
    - {id: ENC605, reason: later, expires: "2999-01-31", integration: nope}
    - {id: ENC605, reason: later, expires: "2999-01-31", integration: images}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Its folder, which is the current one."""
    (tmp_path / "Pulumi.yaml").write_text("name: encord-integrations\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(ENVIRONMENT)
    for name in ("INTEGRATIONS_ENV", "INTEGRATIONS_STACK_OUTPUTS", "ENCORD_DOMAIN", "ENCORD_SSH_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_of_outputs_that_is_not_there_is_a_wrong_configuration(project, capsys, monkeypatch):
    monkeypatch.setenv("INTEGRATIONS_STACK_OUTPUTS", "outputs.json")
    code, text, _ = said(capsys, "check", "--select", "DRF701")
    assert code == ExitCode.USAGE
    assert "INTEGRATIONS_STACK_OUTPUTS names outputs.json, which cannot be read" in text


@pytest.mark.parametrize("select", ["ENC", "ENC601", "ENC604"])
def test_a_key_that_is_not_there_is_a_wrong_configuration_whatever_is_selected(project, capsys, monkeypatch, select):
    monkeypatch.setenv("ENCORD_SSH_KEY_FILE", str(project / "key"))
    code, text, _ = said(capsys, "check", "--select", select)
    assert (code, "does not exist" in text) == (ExitCode.USAGE, True)


def test_a_suppression_of_no_integration_is_told_whichever_is_checked(project, capsys):
    (project / "Pulumi.dev.yaml").write_text(ENVIRONMENT.replace("http://127.0.0.1:9", "https://api.encord.com"))
    code, text, _ = said(capsys, "check", "-i", "images", "--select", "ENC605,SUP", "--format", "jsonl")
    found = [json.loads(line) for line in text.splitlines()]
    assert code == ExitCode.CLEAN
    unused = [(one["integration"], one["cloud"], one["seen"]) for one in found if one["id"] == "SUP952"]
    assert unused == [
        ("", "", "there is no integration 'nope'"),
        ("images", "aws", "nothing of it fails: later"),
    ]


@pytest.mark.parametrize(("words", "waits"), [([], False), (["--fail-on", "warning"], True)])
def test_warnings_are_waited_for_where_they_count(project, monkeypatch, words, waits):
    asked = []
    monkeypatch.setattr(suite, "check_environment", lambda *args, **options: asked.append(options["wait_for"]) or [])
    assert run(["check", "--wait", "20s", *words]) == ExitCode.NOTHING_MATCHED
    assert (Status.WARNING in asked[0]) is waits


def test_a_run_with_a_probe_that_is_told_to_end_lets_the_probe_clear_up_first(project, monkeypatch):
    cleared = []

    def probing(*args, **options):
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
        time.sleep(0.1)  # until the command waits for this
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)
        cleared.append(True)

    monkeypatch.setattr(suite, "check_environment", probing)
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert run(["check", "--register-probe"]) == ExitCode.CANCELLED
    finally:
        signal.signal(signal.SIGTERM, before)
    assert cleared == [True]
