"""`integrations check` on Azure beside its matrix: what is said, and what cannot be known."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from azure_rig import (
    ACCOUNT,
    APPLICATION,
    CHECKER,
    CONTAINER,
    ENCORD,
    assignments,
    blobs,
    revoke,
    roles,
)

from integrations.access.azure import SEES_SETTINGS, write_probe_prefix
from integrations.azure_client import Session
from integrations.checks.azure_sessions import guarded
from integrations.checks.records import Obstacle, Status
from integrations.errors import ExitCode
from integrations_sandbox.clouds import azure as local_azure

pytest_plugins = ["stage", "silence"]
pytestmark = pytest.mark.skipif(local_azure.available() is not None, reason=str(local_azure.available()))
CLOUD = "azure"
MEDIA = {"COR205", "COR206", "COR207"}  # what is asked of a signed URL once it shows a picture
OWN = ("--select", "BKT,COR,TRU,ACC")
# What is asked first: everything else presupposes one of these, or needs no answer from anybody.
FIRST = {"BKT101", "TRU301", "CLK901"}


def test_a_sound_environment_is_clean_and_every_question_is_answered(stage):
    code, found = stage.check("--write-probe", "--register-probe")
    assert (code, found) == (ExitCode.CLEAN, {})
    with blobs(stage) as service:
        probes = service.get_container_client(CONTAINER).list_blobs(name_starts_with=write_probe_prefix())
        assert list(probes) == [], "what was written is removed"


# Who Encord is


def test_an_application_id_is_no_object_id_and_the_right_one_is_named(stage):
    stage.rewrite(f"applicationId: {APPLICATION}\n", "\n")
    stage.rewrite(f"objectId: {ENCORD}\n", f"objectId: {APPLICATION}\n")
    ran = stage.run_here("check", "--select", "TRU301")
    assert ran.code == ExitCode.FINDINGS
    assert f"set `objectId: {ENCORD}`" in ran.out


def test_an_object_id_that_nobody_has_is_said_to_await_the_consent(stage):
    stage.rewrite(f"objectId: {ENCORD}\n", "objectId: 5a6db000-0000-4000-8000-0000000000ff\n")
    ran = stage.run_here("check", "--select", "TRU301")
    assert ran.code == ExitCode.FINDINGS
    assert "consents to cord-integrator" in ran.out


# What it is granted


def test_writing_without_image_sequences_is_too_much_and_up_takes_exactly_that_away(stage):
    stage.rewrite("imageSequences: true", "imageSequences: false")
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "ACC404"}})
    before = set(assignments(stage))
    stage.up()
    assert stage.check("--write-probe") == (ExitCode.CLEAN, {})
    assert (roles(stage, ENCORD), roles(stage, CHECKER)) == ({"reads", "signs"}, {"reads", "signs", "sees-settings"})
    assert len(before - set(assignments(stage))) == 2
    assert set(assignments(stage)) <= before


# The account


def test_an_account_that_is_not_there_is_one_failure(stage):
    stage.rewrite(f"name: {ACCOUNT},", "name: acmenowhere,")
    ran = stage.run_here("check", "--format", "json", *OWN, profile="deployer")
    failures = {one["id"] for one in ran.json["results"] if one["status"] == "fail"}
    assert (ran.code, failures) == (ExitCode.FINDINGS, {"BKT101"})


# What cannot be known


def test_without_a_check_principal_live_claims_are_listed_and_only_counted_on_demand(stage):
    stage.rewrite("checkPrincipal:", "#")
    stage.up()
    code, found = stage.check()
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"TRU303", "ACC403", "TRU306", "COR203", *MEDIA}})
    code, found = stage.check("--require", "live")
    assert code == ExitCode.INCOMPLETE
    assert "TRU303" in found["unknown"]


def test_another_identity_than_the_check_principal_proves_nothing(stage):
    code, found = stage.check(*OWN, profile="deployer")
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"TRU303", "ACC403", "TRU306", "COR203", *MEDIA}})


def test_before_the_consent_nothing_is_granted_and_the_questions_wait(stage):
    stage.rewrite(f"objectId: {ENCORD}\n", "\n")
    stage.up()
    assert (roles(stage, ENCORD), roles(stage, CHECKER)) == (set(), {"sees-settings"})
    code, found = stage.check(*OWN)
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"TRU301", "ACC403", "TRU306", "COR203", *MEDIA}})
    assert "awaiting Encord" in stage.run_here("check", "--select", "TRU301").out
    shown = stage.run_here("handshake", "sandbox", profile="deployer").out
    assert f"az ad sp show --id {APPLICATION} --query id" in shown
    assert "Microsoft.Authorization/roleAssignments/write" in shown


def test_credentials_that_azure_does_not_know_are_not_authorised_to_look(stage):
    ran = stage.run_here("check", "--select", "BKT101", AZURE_CLIENT_SECRET="wrong")
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "Azure does not accept these credentials" in ran.out


def test_rights_that_do_not_suffice_are_unknown_and_never_green(stage):
    revoke(stage, SEES_SETTINGS, CHECKER)
    code, found = stage.check("--select", "BKT")
    assert (code, found) == (ExitCode.NOT_AUTHORISED, {"unknown": {"BKT101"}, "skip": found["skip"]})


def test_an_azure_that_accepts_and_never_answers_is_unknown_and_the_run_ends(stage, silent):
    """Entra is silent here; that is told of the network, not of the credentials."""
    words = ("check", "--format", "json", "--select", "BKT,COR,TRU,ACC,CLK")
    ran = stage.run_here(*words, HTTPS_PROXY=silent.address, INTEGRATIONS_TIMEOUT="1")
    asked = [one for one in ran.json["results"] if one["status"] != "skip"]
    assert ran.code == ExitCode.INCOMPLETE
    assert {one["id"]: one["status"] for one in asked} == dict.fromkeys(FIRST, "unknown")
    assert {one["obstacle"] for one in asked} == {"network"}


def test_a_resource_manager_that_never_answers_who_is_signed_in_is_unknown(silent, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", silent.address)
    session = Session(local_azure.TENANT, seconds=0.2)
    monkeypatch.setattr(session, "get_token", lambda _: SimpleNamespace(token="a token"))
    answer = guarded(lambda: session.read("/subscriptions/any"), None)()
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, Obstacle.NETWORK)
