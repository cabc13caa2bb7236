"""The dynamic provider of OBS against the local OBS: what changes in place, what is refused, and what stays."""

from __future__ import annotations

import json
import os
import signal
import time

import boto3
import pytest
from botocore.exceptions import ClientError
from otc_stage import BUCKET, ENCORD, OTC, PIXEL, empty, obs, policy, without

from integrations.errors import ExitCode
from integrations_sandbox import people, sandbox

pytest_plugins = ["stage"]
CLOUD = "otc"
THEIRS = "acme-owned-by-others"
THEIR_RULE = {"ID": "theirs", "AllowedOrigins": ["https://shop.example"], "AllowedMethods": ["PUT"]}
THEIR_STATEMENT = {
    "Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject",
    "Resource": f"arn:aws:s3:::{THEIRS}/archive/*",
}  # fmt: skip


def provision(stage, verb="up"):
    return sandbox.provision(sandbox.open_sandbox(stage.root), verb)


def did(outcome):
    return [(step.op, step.type.rpartition(":")[2]) for step in outcome.steps if step.op != "same"]


def origins(stage, bucket=BUCKET):
    return [rule["AllowedOrigins"] for rule in obs(stage).get_bucket_cors(Bucket=bucket)["CORSRules"]]


# Changes


def test_up_again_changes_nothing(stage):
    outcome = provision(stage)
    assert outcome.ok
    assert {step.op for step in outcome.steps} == {"same"}


def test_a_change_of_cors_origins_updates_in_place_and_keeps_the_objects(stage):
    stage.rewrite("https://app.encord.com", "https://app.us.encord.com")
    outcome = provision(stage)
    assert outcome.ok, outcome.errors
    assert did(outcome) == [("update", "ObsBucket")]
    assert origins(stage) == [["https://app.us.encord.com"]]
    obs(stage).head_object(Bucket=BUCKET, Key=PIXEL)


def test_image_sequences_off_removes_exactly_the_write_grant(stage):
    before = policy(stage)
    stage.rewrite("imageSequences: true", "imageSequences: false")
    outcome = provision(stage)
    assert did(outcome) == [("update", "ObsBucket")]
    assert policy(stage) == without(before, "EncordIntegrationsWrite")


def test_what_was_changed_outside_is_put_back(stage):
    before = policy(stage)
    obs(stage).delete_bucket_cors(Bucket=BUCKET)
    obs(stage).delete_bucket_policy(Bucket=BUCKET)
    outcome = provision(stage)
    assert did(outcome) == [("update", "ObsBucket")]
    assert (origins(stage), policy(stage)) == ([["https://app.encord.com"]], before)


def test_a_rule_of_ours_with_other_methods_is_drift_too(stage):
    rule = {"AllowedOrigins": ["https://app.encord.com"], "AllowedMethods": ["GET", "PUT"]}
    obs(stage).put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})
    assert did(provision(stage)) == [("update", "ObsBucket")]
    assert obs(stage).get_bucket_cors(Bucket=BUCKET)["CORSRules"][0]["AllowedMethods"] == ["GET", "HEAD"]


# Names, and what must not be lost


def test_a_disposable_environment_renames_its_bucket(stage):
    stage.rewrite(f"name: {BUCKET}", "name: acme-telekom-renamed")
    outcome = provision(stage)
    assert outcome.ok, outcome.errors
    assert [one["Name"] for one in obs(stage).list_buckets()["Buckets"]] == ["acme-telekom-renamed"]


def test_elsewhere_a_renamed_bucket_and_a_destroy_are_refused(stage):
    stage.rewrite("disposable: true", "disposable: false")
    stage.up()
    assert "protected" in provision(stage, "destroy").errors[0]
    stage.rewrite(f"name: {BUCKET}", "name: acme-telekom-renamed")
    outcome = provision(stage)
    assert not outcome.ok
    assert any(BUCKET in error and "protected" in error for error in outcome.errors), outcome.errors
    obs(stage).head_object(Bucket=BUCKET, Key=PIXEL)


def test_destroy_leaves_nothing(stage):
    outcome = provision(stage, "destroy")
    assert outcome.ok, outcome.errors
    assert obs(stage).list_buckets()["Buckets"] == []


def test_somebody_elses_bucket_is_not_taken_over(stage):
    assert provision(stage, "destroy").ok
    s3 = obs(stage)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-de"})
    try:
        outcome = provision(stage)
        assert not outcome.ok
        assert "exists already, and this stack did not make it" in outcome.errors[0]
        with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
            s3.get_bucket_policy(Bucket=BUCKET)
    finally:
        s3.delete_bucket(Bucket=BUCKET)


def test_a_bucket_whose_policy_is_refused_is_not_left_behind_and_the_next_up_makes_it(stage, monkeypatch):
    assert provision(stage, "destroy").ok
    with monkeypatch.context() as patch:
        patch.setattr("integrations.access.s3_compatible.VERSIONS", {"obs": "2012-10-17"})
        outcome = provision(stage)
    assert not outcome.ok
    assert "MalformedPolicy" in outcome.errors[0]
    assert obs(stage).list_buckets()["Buckets"] == []
    stage.up()
    assert stage.check() == (ExitCode.CLEAN, {})


def test_no_key_is_in_the_state_or_in_the_outputs(stage):
    keys = json.loads((stage.sandbox.layout.folder / "otc-keys.json").read_text())
    written = stage.sandbox.layout.state.read_text() + stage.sandbox.layout.outputs.read_text()
    assert BUCKET in written
    for access_key, secret_key in keys.values():
        assert access_key not in written and secret_key not in written


def test_after_a_kill_the_next_up_heals_and_nothing_is_lost(stage):
    obs(stage).put_object(Bucket=BUCKET, Key="kept", Body=b"kept")
    time.sleep(1)  # its settings are saved half a second after a change
    process = stage.sandbox.layout.read().processes["otc"]
    os.kill(process.pid, signal.SIGKILL)
    if found := process.find():
        found.wait(10)
    up = stage.run("sandbox", "up", profile="deployer")
    assert up.code == ExitCode.CLEAN, up.err
    assert stage.check() == (ExitCode.CLEAN, {})
    assert obs(stage).get_object(Bucket=BUCKET, Key="kept")["Body"].read() == b"kept"


# A bucket of somebody else's


@pytest.fixture
def owned(stage):
    """Their bucket, with their data, CORS rules and policy, named in the environment as existing."""
    s3 = obs(stage)
    s3.create_bucket(Bucket=THEIRS, CreateBucketConfiguration={"LocationConstraint": "eu-de"})
    s3.put_object(Bucket=THEIRS, Key=PIXEL, Body=b"theirs")
    s3.put_bucket_cors(Bucket=THEIRS, CORSConfiguration={"CORSRules": [THEIR_RULE]})
    document = {"Version": "2008-10-17", "Statement": [THEIR_STATEMENT]}
    s3.put_bucket_policy(Bucket=THEIRS, Policy=json.dumps(document))
    stage.rewrite(f"name: {BUCKET}, ownership: create", f"name: {THEIRS}, ownership: existing")
    yield s3
    empty(stage, THEIRS)
    s3.delete_bucket(Bucket=THEIRS)


def documents(s3):
    rules = s3.get_bucket_cors(Bucket=THEIRS)["CORSRules"]
    return rules, json.loads(s3.get_bucket_policy(Bucket=THEIRS)["Policy"])


def test_up_and_destroy_change_nothing_of_the_owners(stage, owned):
    before = documents(owned)
    stage.up()
    assert documents(owned) == before
    # Nothing is granted there: what only the owner may set is found missing.
    code, found = stage.check(profile="deployer")
    assert code == ExitCode.FINDINGS
    assert found["fail"] == {"COR201", "COR202", "TRU302", "ACC403"}
    assert provision(stage, "destroy").ok
    assert documents(owned) == before
    assert [one["Key"] for one in owned.list_objects_v2(Bucket=THEIRS)["Contents"]] == [PIXEL]


def test_what_the_owner_must_add_is_printed_merged_and_makes_the_check_green(stage, owned):
    for document, put in (("cors", owned.put_bucket_cors), ("bucket-policy", owned.put_bucket_policy)):
        ran = stage.run("access", "show", "telekom", "-d", document, profile="deployer")
        assert ran.code == ExitCode.CLEAN, ran.err
        body = {"CORSConfiguration": ran.json} if document == "cors" else {"Policy": ran.out}
        put(Bucket=THEIRS, **body)
    rules, document = documents(owned)
    assert (rules[0], document["Statement"][0]) == (THEIR_RULE, THEIR_STATEMENT)
    assert ENCORD in json.dumps(document)
    stage.up()
    # Their policy need not deny plain HTTP: that is said, and is theirs to decide.
    assert stage.check("--write-probe") == (ExitCode.CLEAN, {"warning": {"BKT105"}})


# What OBS demands


def test_cors_rules_without_the_digest_are_refused_as_obs_documents_it(stage):
    with people.working_as(stage.sandbox.variables("deployer")):
        made = obs(stage)
        credentials = made._request_signer._credentials
        plain = boto3.Session(credentials.access_key, credentials.secret_key).client(
            "s3", endpoint_url=OTC.endpoint, region_name=OTC.region
        )
    rules = {"CORSRules": [{"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}]}
    with pytest.raises(ClientError, match="Content-MD5"):
        plain.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=rules)
    assert origins(stage) == [["https://app.encord.com"]]
    made.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=rules)
    assert origins(stage) == [["https://a.example"]]


def test_a_digest_of_something_else_is_refused(stage):
    made = obs(stage)

    def spoil(request, **_):
        del request.headers["Content-MD5"]
        request.headers["Content-MD5"] = "1B2M2Y8AsgTpgAmY7PhCfg=="  # of nothing

    made.meta.events.register_last("before-sign.s3.PutBucketCors", spoil)
    rules = {"CORSRules": [{"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}]}
    with pytest.raises(ClientError, match="BadDigest"):
        made.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=rules)


def test_a_policy_of_another_version_is_refused(stage):
    document = {**policy(stage), "Version": "2012-10-17"}
    with pytest.raises(ClientError, match="2008-10-17"):
        obs(stage).put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))
