"""`integrations check` on Open Telekom Cloud: what is broken for real fails by its own name, and nothing else does."""

from __future__ import annotations

import json

from otc_stage import BUCKET, CHECK, ENCORD, PIXEL, cors, empty, obs, policy, put_policy, without

from integrations.errors import ExitCode
from integrations_sandbox.clouds.s3_store import OTC_ACCOUNT, OTC_DOMAIN

pytest_plugins = ["stage"]
CLOUD = "otc"


def test_a_sound_environment_is_clean_and_every_question_is_answered(stage):
    code, found = stage.check("--write-probe", "--register-probe")
    assert (code, found) == (ExitCode.CLEAN, {})
    left = obs(stage).list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [one["Key"] for one in left] == [PIXEL]


# The browser


def test_without_encords_origin_the_browser_questions_fail_and_the_others_do_not(stage):
    cors(stage, "https://other.example")
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"COR201", "COR202", "COR203"}, "skip": {"COR204"}})


def test_a_rule_for_every_site_fails_where_foreign_origins_are_let_in(stage):
    cors(stage, "https://app.encord.com", "*")
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"COR204"}, "warning": {"COR201"}})


# Whom the policy lets in


def test_a_grant_to_another_user_is_no_grant_to_encord(stage):
    text = json.dumps(policy(stage)).replace(ENCORD, ENCORD.replace("/encord", "/somebody"))
    put_policy(stage, json.loads(text))
    code, found = stage.check()
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"TRU302"}, "skip": {"ACC401", "ACC402"}})


def test_one_user_too_many_is_named(stage):
    document = policy(stage)
    extra = {**document["Statement"][1], "Sid": "Extra", "Principal": {"AWS": f"arn:aws:iam::{OTC_DOMAIN}:user/extra"}}
    put_policy(stage, {**document, "Statement": [*document["Statement"], extra]})
    ran = stage.run("check", "--select", "TRU302")
    assert ran.code == ExitCode.FINDINGS
    assert f"arn:aws:iam::{OTC_DOMAIN}:user/extra is let in too" in ran.out


def test_a_number_of_twelve_digits_is_no_domain_and_lets_nobody_in(stage):
    text = json.dumps(policy(stage)).replace(f'"{CHECK}"', f'"arn:aws:iam::{OTC_ACCOUNT}:user/check"')
    put_policy(stage, json.loads(text))
    code, found = stage.check()
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"TRU302", "ACC403"}, "skip": {"ACC401", "ACC402", "TRU306", "COR203"}}


def test_a_policy_for_everybody_is_seen_in_the_document_and_by_who_has_no_key(stage):
    document = policy(stage)
    read = {**document["Statement"][1], "Sid": "Public", "Principal": "*"}
    put_policy(stage, {**document, "Statement": [*document["Statement"], read]})
    code, found = stage.check()
    assert code == ExitCode.FINDINGS
    assert found["fail"] == {"BKT103", "TRU302", "TRU306"}


def test_a_policy_without_the_denial_of_plain_http_is_a_warning(stage):
    put_policy(stage, without(policy(stage), "EncordIntegrationsDenyPlainHttp"))
    assert stage.check() == (ExitCode.CLEAN, {"warning": {"BKT105"}})


# What it grants


def test_no_right_to_write_fails_where_image_sequences_are_on(stage):
    put_policy(stage, without(policy(stage), "EncordIntegrationsWrite"))
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "ACC404"}})


def test_writing_without_image_sequences_is_too_much(stage):
    before = policy(stage)
    stage.rewrite("imageSequences: true", "imageSequences: false")
    code, found = stage.check("--write-probe")
    assert (code, found) == (ExitCode.FINDINGS, {"fail": {"ACC402", "ACC404"}})
    stage.up()
    assert stage.check("--write-probe") == (ExitCode.CLEAN, {})
    assert policy(stage) == without(before, "EncordIntegrationsWrite")


def test_no_right_to_read_fails_at_the_document_and_at_the_object(stage):
    put_policy(stage, without(policy(stage), "EncordIntegrationsRead"))
    code, found = stage.check()
    assert code == ExitCode.FINDINGS
    assert found == {"fail": {"ACC401", "ACC403"}, "skip": {"TRU306", "COR203"}}


def test_a_denial_wins_over_the_grant(stage):
    document = policy(stage)
    deny = {**document["Statement"][1], "Sid": "Deny", "Effect": "Deny"}
    put_policy(stage, {**document, "Statement": [*document["Statement"], deny]})
    ran = stage.run("check", "--select", "ACC401")
    assert ran.code == ExitCode.FINDINGS
    assert "s3:GetObject on any-object: denied" in ran.out


# What is not there


def test_a_missing_probe_object_is_said_to_be_missing_where_listing_is_allowed(stage):
    obs(stage).delete_object(Bucket=BUCKET, Key=PIXEL)
    ran = stage.run("check", "--select", "ACC403")
    assert ran.code == ExitCode.FINDINGS
    assert f"{PIXEL} is not there" in ran.out


def test_a_deleted_bucket_is_one_failure_and_the_next_up_makes_it_again(stage):
    empty(stage)
    obs(stage).delete_bucket(Bucket=BUCKET)
    code, found = stage.check()
    assert (code, found["fail"]) == (ExitCode.FINDINGS, {"BKT101"})
    stage.up()
    assert stage.check() == (ExitCode.CLEAN, {})


def test_another_region_has_no_such_host_here(stage):
    stage.rewrite("region: eu-de", "region: eu-nl")
    code, found = stage.check("--select", "BKT")
    assert code == ExitCode.INCOMPLETE
    assert "BKT101" in found["unknown"]


# Phases, credentials


def test_before_encords_user_is_known_nobody_is_granted_anything_and_its_questions_wait(stage):
    stage.rewrite(f"principal: domain/{OTC_DOMAIN}:user/encord", "")
    stage.up()
    code, found = stage.check()
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"TRU302", "ACC401", "ACC402", "ACC403", "TRU306", "COR203"}})
    granted = [one for one in policy(stage)["Statement"] if one["Effect"] == "Allow"]
    assert {one["Principal"]["AWS"][0].rpartition("/")[2] for one in granted} == {"checker"}
    ran = stage.run("check", "--select", "TRU302")
    assert "awaiting Encord" in ran.out


def test_without_a_check_principal_live_claims_are_listed_and_only_counted_on_demand(stage):
    stage.rewrite("checkPrincipal:", "#")
    stage.up()
    code, found = stage.check("--ignore", "COR203")
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"ACC403", "TRU306"}})
    code, found = stage.check("--ignore", "COR203", "--require", "live")
    assert code == ExitCode.INCOMPLETE
    assert "ACC403" in found["unknown"]


def test_a_key_that_is_not_known_is_not_authorised_to_look(stage):
    ran = stage.run("check", "--select", "BKT", OTC_ACCESS_KEY_ID="AKIAXXXXXXXXXXXXXXXX", OTC_SECRET_ACCESS_KEY="x")
    assert ran.code == ExitCode.NOT_AUTHORISED


def test_half_a_key_and_no_key_are_said_and_no_secret_is(stage):
    half = stage.run("check", "--select", "BKT101", OTC_ACCESS_KEY_ID="", OTC_SECRET_ACCESS_KEY="half-a-secret")
    assert half.code == ExitCode.NOT_AUTHORISED
    assert "only one of OTC_ACCESS_KEY_ID and OTC_SECRET_ACCESS_KEY is set" in half.out
    none = stage.run("check", "--select", "BKT101", OTC_ACCESS_KEY_ID="", OTC_SECRET_ACCESS_KEY="")
    assert none.code == ExitCode.NOT_AUTHORISED
    assert "there are no credentials for profile 'otc'" in none.out
    assert "half-a-secret" not in half.out + half.err + none.out + none.err


def test_the_doctor_says_whether_the_store_knows_the_key(stage):
    found = {one["subject"]: one for one in stage.run("doctor", "--format", "json").json["diagnoses"]}
    assert found["profile otc"]["ok"] is True
    wrong = stage.run("doctor", "--format", "json", OTC_SECRET_ACCESS_KEY="made-up-secret")
    found = {one["subject"]: one for one in wrong.json["diagnoses"]}
    assert (wrong.code, found["profile otc"]["ok"]) == (ExitCode.FINDINGS, False)
    assert "SignatureDoesNotMatch" in found["profile otc"]["seen"]
    assert "made-up-secret" not in wrong.out + wrong.err
