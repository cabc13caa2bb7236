"""`integrations check` on Azure: what is broken for real fails by its own name, and nothing else does."""

from __future__ import annotations

import pytest
from azure_rig import (
    ACCOUNT,
    APPLICATION,
    CHECKER,
    CONTAINER,
    ENCORD,
    PIXEL,
    READS,
    SIGNS,
    WRITES,
    arm,
    assignments,
    blobs,
    grant,
    revoke,
    roles,
    set_cors,
)

from integrations.access.azure import SEES_SETTINGS, Role
from integrations.errors import ExitCode
from integrations_sandbox.clouds import azure as local_azure

pytest_plugins = ["stage"]
pytestmark = pytest.mark.skipif(local_azure.available() is not None, reason=str(local_azure.available()))
CLOUD = "azure"
MEDIA = {"COR205", "COR206", "COR207"}  # what is asked of a signed URL once it shows a picture
OWN = ("--select", "BKT,COR,TRU,ACC")
EVERYTHING = Role("b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "manages")


@pytest.fixture(autouse=True)
def _roles_as_they_were(stage):
    """A grant adds: what a test granted besides, `up` does not take away."""
    before = set(assignments(stage))
    yield
    for name in set(assignments(stage)) - before:
        arm(stage, "DELETE", name)


def test_a_sound_environment_is_clean_and_every_question_is_answered(stage):
    code, found = stage.check("--write-probe", "--register-probe")
    assert (code, found) == (ExitCode.CLEAN, {})
    with blobs(stage) as service:
        assert [blob.name for blob in service.get_container_client(CONTAINER).list_blobs()] == [PIXEL]


# The browser


def test_without_encords_origin_the_browser_questions_fail_and_the_others_do_not(stage):
    set_cors(stage, ("https://other.example",))
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"COR201", "COR202", "COR203"}, "skip": {"COR204", *MEDIA}})


def test_a_rule_for_every_site_fails_where_foreign_origins_are_let_in(stage):
    set_cors(stage, ("https://app.encord.com",), ("*",))
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"COR204"}, "warning": {"COR201"}})


# Who Encord is


def test_an_application_id_is_no_object_id_and_the_right_one_is_named(stage):
    stage.rewrite(f"applicationId: {APPLICATION}\n", "\n")
    stage.rewrite(f"objectId: {ENCORD}\n", f"objectId: {APPLICATION}\n")
    ran = stage.run("check", "--select", "TRU301")
    assert ran.code == ExitCode.FINDINGS
    assert f"set `objectId: {ENCORD}`" in ran.out
    code, found = stage.check(*OWN)
    assert code == ExitCode.FINDINGS
    assert found["fail"] == {"TRU301", "TRU302"}


def test_an_object_id_that_nobody_has_is_said_to_await_the_consent(stage):
    stage.rewrite(f"objectId: {ENCORD}\n", "objectId: 5a6db000-0000-4000-8000-0000000000ff\n")
    ran = stage.run("check", "--select", "TRU301")
    assert ran.code == ExitCode.FINDINGS
    assert "there is no such service principal" in ran.out
    assert "consents to cord-integrator" in ran.out


def test_the_object_id_of_another_application_is_another_identity(stage):
    stage.rewrite(f"objectId: {ENCORD}\n", f"objectId: {local_azure.PEOPLE['deployer'][1]}\n")
    ran = stage.run("check", "--select", "TRU301")
    assert ran.code == ExitCode.FINDINGS
    assert "it is the service principal of application" in ran.out


# What it is granted


def test_no_right_to_read_fails_at_the_roles_and_at_the_object(stage):
    stage.rewrite("imageSequences: true", "imageSequences: false")
    stage.up()
    revoke(stage, READS, ENCORD, CHECKER)
    code, found = stage.check()
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"ACC401", "ACC403"}, "skip": {"TRU306", "COR203", *MEDIA}}


def test_no_right_to_write_fails_where_image_sequences_are_on(stage):
    revoke(stage, WRITES, ENCORD, CHECKER)
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "ACC404"}})


def test_no_right_to_sign_is_found_before_an_annotator_sees_a_grey_box(stage):
    revoke(stage, SIGNS, ENCORD, CHECKER)
    code, found = stage.check()
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"ACC405"}, "skip": {"TRU306", "COR203", *MEDIA}}


def test_what_encord_may_is_judged_for_encord_and_not_for_who_asks(stage):
    revoke(stage, WRITES, ENCORD)
    code, found = stage.check("--write-probe")
    assert code == ExitCode.FINDINGS
    # The check principal still writes, and therefore proves nothing of Encord.
    assert found == {"fail": {"ACC402"}, "skip": {"TRU303", "ACC403", "ACC404", "TRU306", "COR203", *MEDIA}}


def test_nothing_granted_at_all_is_one_failure(stage):
    for role in (READS, WRITES, SIGNS):
        revoke(stage, role, ENCORD, CHECKER)
    code, found = stage.check(*OWN)
    assert code == ExitCode.FINDINGS
    assert found["fail"] == {"TRU302", "ACC403"}
    assert found["skip"] >= {"ACC401", "ACC402", "ACC405"}


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


def test_a_role_from_above_that_opens_the_account_is_too_much(stage):
    stage.rewrite("imageSequences: true", "imageSequences: false")
    stage.up()
    for principal in (ENCORD, CHECKER):
        grant(stage, principal, EVERYTHING)  # no right to data, but to the key of the account
    ran = stage.run("check", "--select", "ACC402")
    assert ran.code == ExitCode.FINDINGS
    assert "writing is allowed by Contributor on /subscriptions/" in ran.out


# The account, the container and the blob


def test_an_account_that_allows_public_containers_fails_and_alone(stage):
    arm(stage, "PATCH", "", {"properties": {"allowBlobPublicAccess": True}})
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"BKT103"}})


def test_a_public_container_is_seen_in_its_settings_and_by_who_signs_nothing(stage):
    arm(stage, "PATCH", "", {"properties": {"allowBlobPublicAccess": True}})
    arm(stage, "PATCH", f"/blobServices/default/containers/{CONTAINER}", {"properties": {"publicAccess": "Blob"}})
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"BKT103", "TRU306"}})


def test_old_tls_is_a_warning(stage):
    arm(stage, "PATCH", "", {"properties": {"minimumTlsVersion": "TLS1_0"}})
    code, found = stage.check()
    assert (code, found) == (ExitCode.CLEAN, {"warning": {"BKT105"}})


def test_another_tier_fails_for_the_account_and_for_the_blob(stage):
    arm(stage, "PATCH", "", {"properties": {"accessTier": "Cool"}})
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"BKT106"}})
    stage.up()
    for tier, said in (("Cool", f"{PIXEL} is in the tier Cool"), ("Archive", f"{PIXEL} is archived")):
        with blobs(stage) as service:
            service.get_blob_client(CONTAINER, PIXEL).set_standard_blob_tier(tier)
        ran = stage.run("check", "--select", "ACC403")
        with blobs(stage) as service:
            service.get_blob_client(CONTAINER, PIXEL).set_standard_blob_tier("Hot")
        assert ran.code == ExitCode.FINDINGS
        assert said in ran.out


def test_a_missing_probe_object_is_said_to_be_missing(stage):
    with blobs(stage) as service:
        service.get_blob_client(CONTAINER, PIXEL).delete_blob()
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC403"}, "skip": {"TRU306", "COR203", *MEDIA}})
    assert f"{PIXEL} is not there" in stage.run("check", "--select", "ACC403").out


def test_a_container_that_is_gone_is_one_failure(stage):
    arm(stage, "DELETE", f"/blobServices/default/containers/{CONTAINER}")
    code, found = stage.check(*OWN)
    assert code == ExitCode.FINDINGS
    assert found["fail"] == {"BKT101"}
    assert found["skip"] >= {"BKT103", "ACC401", "ACC403"}


def test_an_account_that_is_not_there_is_one_failure(stage):
    stage.rewrite(f"name: {ACCOUNT},", "name: acmenowhere,")
    ran = stage.run("check", "--format", "json", *OWN, profile="deployer")
    failures = {one["id"] for one in ran.json["results"] if one["status"] == "fail"}
    assert (ran.code, failures) == (ExitCode.FINDINGS, {"BKT101"})


def test_the_wrong_region_is_named_with_the_right_one(stage):
    stage.rewrite("location: westeurope", "location: northeurope")
    ran = stage.run("check", "--select", "BKT102")
    assert ran.code == ExitCode.FINDINGS
    assert "the account is in westeurope" in ran.out
    stage.rewrite("location: northeurope", "location: westeurope")


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
    assert "awaiting Encord" in stage.run("check", "--select", "TRU301").out
    shown = stage.run("handshake", "sandbox", profile="deployer").out
    assert f"az ad sp show --id {APPLICATION} --query id" in shown
    assert "Microsoft.Authorization/roleAssignments/write" in shown


def test_credentials_that_azure_does_not_know_are_not_authorised_to_look(stage):
    ran = stage.run("check", "--select", "BKT101", AZURE_CLIENT_SECRET="wrong")
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "Azure does not accept these credentials" in ran.out


def test_rights_that_do_not_suffice_are_unknown_and_never_green(stage):
    revoke(stage, SEES_SETTINGS, CHECKER)
    code, found = stage.check("--select", "BKT")
    assert (code, found) == (ExitCode.NOT_AUTHORISED, {"unknown": {"BKT101"}, "skip": found["skip"]})
