"""Questions about S3-compatible stores whose answers no emulator gives: against recorded ones, and a store that hangs."""

from __future__ import annotations

import json
import socket

import boto3
import pytest
from botocore.stub import Stubber
from msgspec.structs import replace

from integrations.access.s3_compatible import bucket_policy
from integrations.checks import s3_compatible
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Obstacle, Status
from integrations.checks.runner import run
from integrations.checks.s3_compatible_sessions import Clients
from integrations.environment.model import Environment, Settings
from integrations.environment.s3_compatible import (
    OtcEncord,
    OtcIntegration,
    S3CompatibleBucket,
    S3Encord,
    S3Integration,
)
from integrations.errors import ConfigurationError

DOMAIN = "5f0c1d2e3b4a59687786a5b4c3d2e1f0"
USER, CHECK = (f"domain/{DOMAIN}:user/{name}" for name in ("encord", "check"))
ENCORD = f"arn:aws:iam::{DOMAIN}:user/encord"
BUCKET = S3CompatibleBucket(name="acme", ownership="create")
THEIRS = S3CompatibleBucket(name="acme", ownership="existing")
OTC = OtcIntegration(
    name="scans", region="eu-de", buckets=(BUCKET,), encord=OtcEncord(principal=USER), check_principal=CHECK,
    image_sequences=True, cloud_synced_folders=True, probe_object="probe.png",
)  # fmt: skip
STORE = S3Integration(name="store", endpoint="https://s3.store.example", buckets=(BUCKET,))
KEY, OTHER = "arn:aws:kms:de:1:key/ours", "arn:aws:kms:de:1:key/theirs"


CLIENT = boto3.Session("k", "s", region_name="eu-de").client("s3")


class Stage:
    """One stubbed client for everybody; `ask` puts one question to an integration."""

    def __init__(self) -> None:
        self.stub = Stubber(CLIENT)

    def ask(self, check, integration=OTC):
        (question,) = (q for q in s3_compatible.questions(integration, environment(integration)) if q.id is check)
        answer = question.ask()
        self.stub.assert_no_pending_responses()
        return answer

    def has_policy(self, *statements, integration=OTC):
        """The bucket's policy is the one that the stack sets, with these statements besides."""
        document = bucket_policy(integration, integration.buckets[0], None)
        text = json.dumps({**document, "Statement": [*document["Statement"], *statements]})
        self.stub.add_response("get_bucket_policy", {"Policy": text})


def environment(integration):
    named = {integration.name: integration}
    return Environment(
        "prod", Settings(integrations=named, cors_origins=("https://app.encord.com",)), "Pulumi.prod.yaml"
    )


@pytest.fixture
def stage(monkeypatch):
    for name in ("own", "check"):
        monkeypatch.setattr(Clients, name, property(lambda _: CLIENT))
    monkeypatch.setattr(Clients, "impostor", lambda _: CLIENT)
    stage = Stage()
    with stage.stub:
        yield stage


def statement(effect="Allow", action="s3:GetObject", resource="arn:aws:s3:::acme/*", **more):
    return {
        "Sid": "More", "Effect": effect, "Principal": {"AWS": [ENCORD]}, "Action": action, "Resource": resource, **more,
    }  # fmt: skip


# The bucket


@pytest.mark.parametrize(
    ("stated", "status"), [("eu-de", Status.PASS), ("eu-nl", Status.FAIL), (None, Status.FAIL)]
)  # fmt: skip
def test_the_region_that_the_store_states_is_compared(stage, stated, status):
    stage.stub.add_response("get_bucket_location", {"LocationConstraint": stated} if stated else {})
    answer = stage.ask(CheckId.BUCKET_REGION)
    assert answer.status is status
    assert status is Status.PASS or f"set `region: {stated}`" in answer.fix


@pytest.mark.parametrize(
    ("configured", "there", "status", "fix"),
    [(KEY, KEY, Status.PASS, ""), (KEY, OTHER, Status.FAIL, KEY), (None, OTHER, Status.FAIL, f"set `kmsKey: {OTHER}`"),
     (KEY, None, Status.FAIL, KEY)],
)  # fmt: skip
def test_new_objects_are_encrypted_with_the_configured_key(stage, configured, there, status, fix):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": there} if there else {"SSEAlgorithm": "AES256"}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    stage.stub.add_response("get_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": rules}})
    answer = stage.ask(CheckId.BUCKET_ENCRYPTED, replace(STORE, buckets=(replace(BUCKET, kms_key=configured),)))
    assert answer.status is status
    assert fix in answer.fix


def test_a_store_that_takes_any_secret_key_fails(stage):
    stage.stub.add_response("get_object", {})
    answer = stage.ask(CheckId.STRANGER_REFUSED)
    assert (answer.status, answer.seen) == (Status.FAIL, "a wrong secret key was accepted")


# What the policy refuses


def test_a_denial_on_a_condition_is_a_warning_and_the_grants_are_judged_without_it(stage):
    denial = statement("Deny", Condition={"NotIpAddress": {"SourceIp": "192.0.2.0/24"}})
    stage.has_policy(denial)
    answer = stage.ask(CheckId.POLICY_LETS_IN)
    assert answer.status is Status.WARNING
    assert "More refuses Encord's user s3:GetObject on a condition" in answer.seen
    stage.has_policy(denial)
    assert stage.ask(CheckId.READ_GRANTED).status is Status.PASS


@pytest.mark.parametrize(
    ("spared", "status"),
    [(f"domain/{DOMAIN}:user/encord", Status.PASS), (f"domain/{DOMAIN}:user/other", Status.FAIL)],
)  # fmt: skip
def test_a_denial_of_everybody_but_some_refuses_who_is_not_among_them(stage, spared, status):
    denial = {**statement("Deny"), "NotPrincipal": {"ID": [spared]}}
    del denial["Principal"]
    stage.has_policy(denial)
    assert stage.ask(CheckId.POLICY_LETS_IN).status is status


def test_a_denial_of_listing_or_writing_counts_where_encord_needs_it(stage):
    refusals = (statement("Deny", "s3:ListBucket", "arn:aws:s3:::acme"), statement("Deny", "s3:PutObject"))
    for refusal in refusals:
        stage.has_policy(refusal)
        assert stage.ask(CheckId.POLICY_LETS_IN).status is Status.FAIL
        stage.has_policy(refusal)
        modest = replace(OTC, image_sequences=False, cloud_synced_folders=False)
        assert stage.ask(CheckId.POLICY_LETS_IN, modest).status is Status.PASS


def test_an_owner_is_asked_to_take_the_statement_out(stage):
    theirs = replace(OTC, buckets=(THEIRS,))
    stage.has_policy(statement("Deny"), integration=theirs)
    fix = stage.ask(CheckId.POLICY_LETS_IN, theirs).fix
    assert fix == "ask the bucket's owner to take the statement More out of the bucket's policy"


# What the policy grants besides


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (statement(), Status.PASS),
        (statement(action="s3:getobject", resource="arn:aws:s3:::acme/films/*"), Status.PASS),
        (statement(action="s3:DeleteObject"), Status.FAIL),
        (statement(action="s3:GetBucketPolicy", resource="arn:aws:s3:::acme"), Status.WARNING),
        (statement("Deny", action="s3:DeleteObject"), Status.PASS),
        (statement(action="s3:DeleteObject", Principal={"AWS": f"arn:aws:iam::{DOMAIN}:user/another"}), Status.PASS),
        (statement(action="s3:DeleteObject", Principal={"ID": f"domain/{DOMAIN}:user/check"}), Status.FAIL),
        ({"Effect": "Allow", "Principal": {"AWS": ENCORD}, "NotAction": "s3:PutObject", "Resource": "*"}, Status.FAIL),
    ],
    ids=["the same again", "less", "delete", "read the policy", "denied", "somebody else", "the check principal", "all but"],
)  # fmt: skip
def test_what_encords_user_is_granted_beyond_its_needs(stage, more, status):
    stage.has_policy(more)
    assert stage.ask(CheckId.GRANTS_NARROW).status is status


def test_reading_and_listing_beyond_the_prefixes_is_too_much(stage):
    narrow = replace(OTC, prefixes=("films/",), image_sequences=False)
    for more, status in ((statement(), Status.FAIL), (statement(action="s3:PutObject"), Status.PASS),
                         (statement(action="s3:ListBucket", resource="arn:aws:s3:::acme"), Status.WARNING)):  # fmt: skip
        stage.has_policy(more, integration=narrow)
        assert stage.ask(CheckId.GRANTS_NARROW, narrow).status is status


# What the policy says


def test_slips_in_the_policy_are_told(stage):
    stage.has_policy(statement(action="s3:GetObjects"))
    answer = stage.ask(CheckId.DOCUMENTS_WELL_FORMED)
    assert (answer.status, answer.seen) == (Status.FAIL, "More: s3:GetObjects grants nothing: there is s3:GetObject")
    stage.has_policy(statement(action="GetObject", resource="acme"))
    answer = stage.ask(CheckId.DOCUMENTS_WELL_FORMED)
    assert answer.status is Status.FAIL
    assert "s3:GetObject is about objects, and arn:aws:s3:::acme is a bucket" in answer.seen
    stage.stub.add_client_error("get_bucket_policy", "NoSuchBucketPolicy")
    assert stage.ask(CheckId.DOCUMENTS_WELL_FORMED).seen == "the bucket has no policy"


OWN_WORDS = {"Effect": "Allow", "Principal": {"ID": [USER, CHECK]}, "Action": ["GetObject"], "Resource": ["acme/*"]}


@pytest.mark.parametrize(
    ("statements", "failing"),
    [
        ([OWN_WORDS], set()),
        ([{**OWN_WORDS, "Action": "Get*"}], {CheckId.GRANTS_NARROW}),
        ([{**OWN_WORDS, "Resource": "another/*"}], {CheckId.READ_GRANTED, CheckId.GRANTS_NARROW}),
        ([OWN_WORDS, {**OWN_WORDS, "Effect": "Deny"}], {CheckId.POLICY_LETS_IN}),
    ],
    ids=["as needed", "more", "elsewhere", "refused"],
)
def test_a_policy_in_obss_own_words_is_judged_like_one_in_s3s(stage, statements, failing):
    modest = replace(OTC, image_sequences=False, cloud_synced_folders=False)
    asked = (
        CheckId.TRUST_DOCUMENT, CheckId.READ_GRANTED, CheckId.POLICY_LETS_IN, CheckId.GRANTS_NARROW,
        CheckId.DOCUMENTS_WELL_FORMED,
    )  # fmt: skip
    for check in asked:
        for _ in range(2 if check is CheckId.READ_GRANTED and check in failing else 1):  # once more for the fix
            stage.stub.add_response("get_bucket_policy", {"Policy": json.dumps({"Statement": statements})})
        assert (stage.ask(check, modest).status is not Status.PASS) == (check in failing), check


# A store that does not answer


@pytest.fixture
def hanging(monkeypatch):
    """An endpoint that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            monkeypatch.setenv(f"S3_{name}", "made-up")
        monkeypatch.setenv("INTEGRATIONS_TIMEOUT", "0.2")
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


def test_a_store_that_hangs_is_unknown_within_the_timeout(hanging, tmp_path, monkeypatch):
    store = replace(STORE, endpoint=hanging, encord=S3Encord(principal="arn:aws:iam::1:user/encord"))
    asked = replace(environment(store), path=str(tmp_path / "Pulumi.prod.yaml"))
    found = {one.id: one for one in run(s3_compatible.questions(store, asked), "prod")}
    assert (found["BKT101"].status, found["BKT101"].obstacle) == (Status.UNKNOWN, Obstacle.NETWORK)
    assert found["CLK901"].status is Status.UNKNOWN
    monkeypatch.setenv("INTEGRATIONS_TIMEOUT", "soon")
    with pytest.raises(ConfigurationError, match="INTEGRATIONS_TIMEOUT is 'soon'"):
        s3_compatible.questions(store, asked)
    assert {one.because for one in found.values() if one.status is Status.SKIP} >= {"BKT101"}
