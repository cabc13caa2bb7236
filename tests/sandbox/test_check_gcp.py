"""`integrations check` on Google Cloud: what is broken for real fails by its own name, and nothing else does."""

from __future__ import annotations

import json

import pytest
from gcp_rig import (
    BUCKET,
    CHECK,
    ENCORD,
    OTHER,
    PIXEL,
    bindings,
    change_policy,
    deployer,
    folder,
    roles,
)

from integrations.errors import ExitCode
from integrations_sandbox.clouds import gcp as local_gcp

pytest_plugins = ["stage", "silence"]
CLOUD = "gcp"
MEDIA = {"COR205", "COR206", "COR207"}  # what presupposes that a signed GET is answered
UNREAD = {"TRU306", "COR203", *MEDIA}  # what presupposes that the check principal reads


@pytest.fixture
def sound(stages):
    """The sandbox for tests that change nothing in it, so that nothing has to be restored."""
    return stages(CLOUD)


def test_a_sound_environment_is_clean_and_every_question_is_answered(sound):
    code, found = sound.check("--write-probe", "--register-probe")
    assert (code, found) == (ExitCode.CLEAN, {})
    with deployer(sound) as client:
        assert [blob.name for blob in client.list_blobs(BUCKET)] == [PIXEL]


# Whom the policy lets in


def test_a_grant_to_another_service_account_is_no_grant_to_encord_though_the_check_principal_still_reads(stage):
    def change(found):
        for one in found:
            one["members"] = {OTHER if member == ENCORD else member for member in one["members"]}

    before = bindings(stage)
    change_policy(stage, change)
    code, found = stage.check("--register-probe")
    change_policy(stage, lambda found: found.__setitem__(slice(None), before))
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"TRU301", "ENC603"}, "skip": {"TRU302", "ACC401", "ACC402", "ACC408"}}


def test_prefixes_let_encord_read_there_and_nowhere_else(stage):
    stage.rewrite("imageSequences: true", "prefixes: [released/]")
    stage.up()
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC403"}, "skip": UNREAD})
    stage.rewrite("prefixes: [released/]", "prefixes: [released/, probe/]")
    stage.up()
    assert stage.check("--write-probe") == (ExitCode.CLEAN, {})


# The bucket and the object


def test_without_leave_to_list_a_missing_object_and_a_forbidden_one_look_alike_and_the_message_says_so(stage):
    stage.rewrite("cloudSyncedFolders: true", "cloudSyncedFolders: false")
    stage.up()
    assert stage.check()[0] == ExitCode.CLEAN
    with deployer(stage) as client:
        client.bucket(BUCKET).blob(PIXEL).delete()
    ran = stage.run_here("check", "--select", "ACC403")
    assert ran.code == ExitCode.FINDINGS
    assert "without leave to list, Google does not say which" in ran.out


# What cannot be known


def test_without_a_check_principal_live_claims_are_listed_and_only_counted_on_demand(stage):
    stage.rewrite("checkPrincipal:", "#")
    stage.up()
    code, found = stage.check()
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"TRU303", "ACC403", *UNREAD}})
    code, found = stage.check("--require", "live")
    assert code == ExitCode.INCOMPLETE
    assert "TRU303" in found["unknown"]


def test_before_encords_dialog_nothing_is_granted_and_the_questions_wait(stage):
    stage.rewrite("serviceAccount: encord@", "# encord@")
    stage.up()
    assert roles(stage, ENCORD) == roles(stage, CHECK) == set()
    code, found = stage.check("--select", "BKT,COR,TRU,ACC")
    assert code == ExitCode.CLEAN
    assert found["skip"] >= {"TRU301", "TRU303"}
    assert "awaiting Encord" in stage.run_here("check", "--select", "TRU301").out


def test_no_credentials_are_not_authorised_to_look(sound):
    ran = sound.run_here("check", "--select", "BKT101", GOOGLE_APPLICATION_CREDENTIALS="/nowhere.json")
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "there are no Google Cloud credentials" in ran.out


def test_a_key_that_google_does_not_know_is_not_authorised_to_look(sound, tmp_path):
    stolen = json.loads(local_gcp.key_path(folder(sound), local_gcp.DEPLOYER_ACCOUNT).read_text())
    path = tmp_path / "key.json"
    path.write_text(json.dumps({**stolen, "client_email": local_gcp.CI_ACCOUNT}))
    ran = sound.run_here("check", "--select", "BKT101", GOOGLE_APPLICATION_CREDENTIALS=str(path))
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "Google does not accept these credentials" in ran.out
    assert "PRIVATE KEY" not in ran.out + ran.err


def test_rights_that_do_not_suffice_are_unknown_and_never_green(sound):
    key = local_gcp.key_path(folder(sound), local_gcp.ENCORD_ACCOUNT)
    ran = sound.run_here("check", "--select", "BKT101", GOOGLE_APPLICATION_CREDENTIALS=str(key))
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "storage.buckets.get" in ran.out
    assert "roles/storage.legacyBucketReader" in ran.out


# Silence


def test_a_google_that_accepts_and_never_answers_is_unknown_and_the_run_ends(sound, silent):
    ran = sound.run_here("check", "--format", "json", HTTPS_PROXY=silent.address, INTEGRATIONS_TIMEOUT="2")
    assert ran.code == ExitCode.INCOMPLETE
    found = {one["id"]: one for one in ran.json["results"]}
    assert {name for name, one in found.items() if one["status"] == "unknown"} == {"BKT101", "TRU303", "CLK901"}
    assert {found[name]["obstacle"] for name in ("BKT101", "TRU303")} == {"network"}
    assert found["BKT110"]["because"] == "BKT101" and found["ACC403"]["status"] == "skip"
