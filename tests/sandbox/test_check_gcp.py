"""`integrations check` on Google Cloud: what is broken for real fails by its own name, and nothing else does."""

from __future__ import annotations

import json

import pytest
from gcp_rig import (
    BUCKET,
    CHECK,
    CHECK_ACCOUNT,
    ENCORD,
    OTHER,
    PIXEL,
    READ,
    WRITE,
    bindings,
    change_policy,
    deployer,
    folder,
    grant,
    revoke,
    roles,
    rule,
    settings,
)

from integrations.errors import ExitCode
from integrations_sandbox.clouds import gcp as local_gcp

pytest_plugins = ["stage"]
CLOUD = "gcp"
MEDIA = {"COR205", "COR206", "COR207"}  # what presupposes that a signed GET is answered
UNREAD = {"TRU306", "COR203", *MEDIA}  # what presupposes that the check principal reads


@pytest.fixture(autouse=True)
def _policy_as_it_was(stage):
    """A grant adds: what a test granted besides, `up` does not take away."""
    before = bindings(stage)
    yield
    change_policy(stage, lambda found: found.__setitem__(slice(None), before))


def test_a_sound_environment_is_clean_and_every_question_is_answered(stage):
    code, found = stage.check("--write-probe", "--register-probe")
    assert (code, found) == (ExitCode.CLEAN, {})
    with deployer(stage) as client:
        assert [blob.name for blob in client.list_blobs(BUCKET)] == [PIXEL]


# The browser


def test_without_encords_origin_the_browser_questions_fail_and_the_others_do_not(stage):
    settings(stage, cors=[rule("https://other.example")])
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"COR201", "COR202", "COR203"}, "skip": {"COR204", *MEDIA}})


def test_a_rule_for_every_site_fails_where_foreign_origins_are_let_in(stage):
    settings(stage, cors=[rule("https://app.encord.com"), rule("*")])
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"COR204"}, "warning": {"COR201"}})


def test_a_rule_that_hides_the_headers_of_a_video_is_told_by_its_own_name(stage):
    settings(stage, cors=[{**rule("https://app.encord.com"), "responseHeader": ["Content-Type"]}])
    assert stage.check() == (ExitCode.CLEAN, {"fail": {"COR206"}})  # a warning: videos play, and cannot be searched
    ran = stage.run("check", "--select", "COR206", "--fail-on", "warning")
    assert ran.code == ExitCode.FINDINGS
    assert "not exposed: Accept-Ranges, Content-Length, Content-Range, ETag" in ran.out


# Whom the policy lets in


def test_a_grant_to_another_service_account_is_no_grant_to_encord_though_the_check_principal_still_reads(stage):
    def change(found):
        for one in found:
            one["members"] = {OTHER if member == ENCORD else member for member in one["members"]}

    change_policy(stage, change)
    code, found = stage.check("--register-probe")
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"TRU301", "ENC603"}, "skip": {"TRU302", "ACC401", "ACC402"}}


def test_a_refused_service_account_is_told_with_the_policy_that_may_refuse_it_and_whom_to_ask(stage):
    revoke(stage, READ, ENCORD)
    revoke(stage, WRITE, ENCORD)
    ran = stage.run("check", "--select", "TRU301")
    assert ran.code == ExitCode.FINDINGS
    assert f"{ENCORD} has no role on the bucket" in ran.out
    assert "organisation policy administrator" in ran.out
    assert "constraint iam.allowedPolicyMemberDomains" in ran.out


def test_one_reader_too_many_is_named(stage):
    grant(stage, OTHER, READ)
    ran = stage.run("check", "--select", "TRU302")
    assert ran.code == ExitCode.FINDINGS
    assert f"{OTHER} may read objects too" in ran.out


def test_a_check_principal_that_may_more_than_encord_proves_nothing(stage):
    grant(stage, CHECK, "roles/storage.objectAdmin")
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"TRU302"}})


def test_a_check_principal_that_the_checker_may_not_become_is_one_failure(stage):
    local = (folder(stage), CHECK_ACCOUNT, local_gcp.CUSTOMER_PROJECT)
    with deployer(stage):
        local_gcp.add_account(*local, bindings=[])
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"TRU303"}, "skip": {"ACC403", *UNREAD}})


# What it grants


def test_no_right_to_read_fails_at_the_document_and_at_the_object(stage):
    revoke(stage, READ, ENCORD, CHECK)
    code, found = stage.check()
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"ACC401", "ACC403"}, "skip": UNREAD}


def test_no_right_to_write_fails_where_image_sequences_are_on(stage):
    revoke(stage, WRITE, ENCORD, CHECK)
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "ACC404"}})


def test_what_encord_may_is_judged_for_encord_and_not_for_who_asks(stage):
    revoke(stage, WRITE, ENCORD)
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "TRU302"}})


def test_writing_without_image_sequences_is_too_much_and_up_takes_exactly_that_away(stage):
    stage.rewrite("imageSequences: true", "imageSequences: false")
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "ACC404"}})
    before = {member: roles(stage, member) for member in (ENCORD, CHECK, OTHER)}
    stage.up()
    assert stage.check("--write-probe") == (ExitCode.CLEAN, {})
    assert {member: roles(stage, member) for member in before} == {
        ENCORD: before[ENCORD] - {WRITE}, CHECK: before[CHECK] - {WRITE}, OTHER: before[OTHER]
    }  # fmt: skip


def test_leave_to_delete_is_too_much_even_for_image_sequences(stage):
    grant(stage, ENCORD, "roles/storage.objectAdmin")
    grant(stage, CHECK, "roles/storage.objectAdmin")
    ran = stage.run("check", "--select", "ACC402,TRU302")
    assert ran.code == ExitCode.FINDINGS
    assert "storage.objects.delete" in ran.out
    assert "1 passed, 1 failed" in ran.out


def test_a_grant_under_a_condition_of_somebody_elses_is_not_counted_on(stage):
    revoke(stage, READ, ENCORD, CHECK)
    condition = {
        "title": "theirs",
        "expression": f'resource.name.startsWith("projects/_/buckets/{BUCKET}/objects/probe/")',
    }
    mine = {"role": READ, "members": {ENCORD, CHECK}, "condition": condition}
    change_policy(stage, lambda found: found.append(mine))
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC401"}})


def test_prefixes_let_encord_read_there_and_nowhere_else(stage):
    stage.rewrite("imageSequences: true", "prefixes: [released/]")
    stage.up()
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC403"}, "skip": UNREAD})
    stage.rewrite("prefixes: [released/]", "prefixes: [released/, probe/]")
    stage.up()
    assert stage.check("--write-probe") == (ExitCode.CLEAN, {})


# The bucket and the object


def test_open_public_access_fails_and_alone(stage):
    settings(stage, public_access_prevention="inherited")
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"BKT103"}})


def test_a_bucket_for_everybody_is_seen_in_the_policy_and_by_who_signs_nothing(stage):
    settings(stage, public_access_prevention="inherited")
    grant(stage, "allUsers", READ)
    code, found = stage.check()
    revoke(stage, READ, "allUsers")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"BKT103", "TRU302", "TRU306"}})


def test_a_missing_probe_object_is_said_to_be_missing_where_listing_is_allowed(stage):
    with deployer(stage) as client:
        client.bucket(BUCKET).blob(PIXEL).delete()
    ran = stage.run("check", "--select", "ACC403")
    assert ran.code == ExitCode.FINDINGS
    assert f"{PIXEL} is not there" in ran.out


def test_without_leave_to_list_a_missing_object_and_a_forbidden_one_look_alike_and_the_message_says_so(stage):
    stage.rewrite("cloudSyncedFolders: true", "cloudSyncedFolders: false")
    stage.up()
    assert stage.check()[0] == ExitCode.CLEAN
    with deployer(stage) as client:
        client.bucket(BUCKET).blob(PIXEL).delete()
    ran = stage.run("check", "--select", "ACC403")
    assert ran.code == ExitCode.FINDINGS
    assert "without leave to list, Google does not say which" in ran.out


def test_the_wrong_location_is_named_with_the_right_one(stage):
    stage.rewrite("location: europe-west2", "location: EU")
    ran = stage.run("check", "--select", "BKT102")
    assert ran.code == ExitCode.FINDINGS
    assert "the bucket is in EUROPE-WEST2" in ran.out


def test_another_key_than_the_configured_one_fails(stage):
    key = "projects/acme-media/locations/europe-west2/keyRings/r/cryptoKeys/k"
    stage.rewrite("location: europe-west2,", f"location: europe-west2, kmsKey: {key},")
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"BKT104"}})


def test_a_bucket_that_is_not_there_is_one_failure(stage):
    stage.rewrite(BUCKET + ",", "acme-nowhere,")
    code, found = stage.check("--select", "BKT,COR,TRU,ACC")
    assert code == ExitCode.FINDINGS
    assert found["fail"] == {"BKT101"}


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
    assert "awaiting Encord" in stage.run("check", "--select", "TRU301").out


def test_no_credentials_are_not_authorised_to_look(stage):
    ran = stage.run("check", "--select", "BKT101", GOOGLE_APPLICATION_CREDENTIALS="/nowhere.json")
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "there are no Google Cloud credentials" in ran.out


def test_a_key_that_google_does_not_know_is_not_authorised_to_look(stage, tmp_path):
    stolen = json.loads(local_gcp.key_path(folder(stage), local_gcp.DEPLOYER_ACCOUNT).read_text())
    path = tmp_path / "key.json"
    path.write_text(json.dumps({**stolen, "client_email": local_gcp.CI_ACCOUNT}))
    ran = stage.run("check", "--select", "BKT101", GOOGLE_APPLICATION_CREDENTIALS=str(path))
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "Google does not accept these credentials" in ran.out
    assert "PRIVATE KEY" not in ran.out + ran.err


def test_rights_that_do_not_suffice_are_unknown_and_never_green(stage):
    key = local_gcp.key_path(folder(stage), local_gcp.ENCORD_ACCOUNT)
    ran = stage.run("check", "--select", "BKT101", GOOGLE_APPLICATION_CREDENTIALS=str(key))
    assert ran.code == ExitCode.NOT_AUTHORISED
    assert "storage.buckets.get" in ran.out
    assert "roles/storage.legacyBucketReader" in ran.out
