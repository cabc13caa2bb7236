"""`integrations check` on Open Telekom Cloud: what is whole, what waits, and who asks. The matrix has what is broken."""

from __future__ import annotations

from otc_stage import BUCKET, obs, policy

from integrations.errors import ExitCode
from integrations_sandbox.clouds.s3_store import OTC_DOMAIN

pytest_plugins = ["stage"]
CLOUD = "otc"
WAIT_FOR_ENCORD = {"ACC401", "ACC402", "ACC406", "ACC408"}
OF_SIGNED = {"COR203", "COR205", "COR206", "COR207"}


def test_a_sound_environment_is_clean_and_every_question_is_answered(stage):
    before = keys(stage)
    code, found = stage.check("--write-probe", "--register-probe")
    assert (code, found) == (ExitCode.CLEAN, {})
    assert keys(stage) == before


def keys(stage):
    return [one["Key"] for one in obs(stage).list_objects_v2(Bucket=BUCKET)["Contents"]]


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
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"TRU302", *WAIT_FOR_ENCORD, "ACC403", "TRU306", *OF_SIGNED}})
    granted = [one for one in policy(stage)["Statement"] if one["Effect"] == "Allow"]
    assert {one["Principal"]["AWS"][0].rpartition("/")[2] for one in granted} == {"checker"}
    ran = stage.run_here("check", "--select", "TRU302")
    assert "awaiting Encord" in ran.out


def test_without_a_check_principal_live_claims_are_listed_and_only_counted_on_demand(stage):
    stage.rewrite("checkPrincipal:", "#")
    stage.up()
    code, found = stage.check()
    assert (code, found) == (ExitCode.CLEAN, {"skip": {"ACC403", "TRU306", *OF_SIGNED}})
    code, found = stage.check("--require", "live")
    assert (code, found["unknown"]) == (ExitCode.INCOMPLETE, {"ACC403", "COR203"})


def test_a_key_that_is_not_known_is_not_authorised_to_look(stage):
    ran = stage.run_here(
        "check", "--select", "BKT", OTC_ACCESS_KEY_ID="AKIAXXXXXXXXXXXXXXXX", OTC_SECRET_ACCESS_KEY="x"
    )
    assert ran.code == ExitCode.NOT_AUTHORISED


def test_a_revoked_key_of_the_check_principal_proves_nothing_and_the_documents_are_judged_all_the_same(stage):
    revoked = {"OTC_CHECK_ACCESS_KEY_ID": "AKIAXXXXXXXXXXXXXXXX", "OTC_CHECK_SECRET_ACCESS_KEY": "x"}
    code, found = stage.check("--write-probe", **revoked)
    assert (code, found["unknown"]) == (ExitCode.INCOMPLETE, {"ACC403", "ACC404"})
    assert found["skip"] == {"TRU306", *OF_SIGNED}


def test_half_a_key_and_no_key_are_said_and_no_secret_is(stage):
    half = stage.run_here("check", "--select", "BKT101", OTC_ACCESS_KEY_ID="", OTC_SECRET_ACCESS_KEY="half-a-secret")
    assert half.code == ExitCode.NOT_AUTHORISED
    assert "only one of OTC_ACCESS_KEY_ID and OTC_SECRET_ACCESS_KEY is set" in half.out
    none = stage.run_here("check", "--select", "BKT101", OTC_ACCESS_KEY_ID="", OTC_SECRET_ACCESS_KEY="")
    assert none.code == ExitCode.NOT_AUTHORISED
    assert "there are no credentials for profile 'otc'" in none.out
    assert "half-a-secret" not in half.out + half.err + none.out + none.err


def test_the_doctor_says_whether_the_store_knows_the_key(stage):
    found = {one["subject"]: one for one in stage.run_here("doctor", "--format", "json").json["diagnoses"]}
    assert found["profile otc"]["ok"] is True
    wrong = stage.run_here("doctor", "--format", "json", OTC_SECRET_ACCESS_KEY="made-up-secret")
    found = {one["subject"]: one for one in wrong.json["diagnoses"]}
    assert (wrong.code, found["profile otc"]["ok"]) == (ExitCode.FINDINGS, False)
    assert "SignatureDoesNotMatch" in found["profile otc"]["seen"]
    assert "made-up-secret" not in wrong.out + wrong.err
