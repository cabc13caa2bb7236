"""How AWS's answers are judged, for what an emulator cannot stage: botocore's own stubs give the answers."""

from __future__ import annotations

import json

import pytest
from aws_stubs import EU, INTEGRATION, KEY, OTHER_KEY, US, Stage
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from msgspec.structs import replace

from integrations.access import aws as access
from integrations.checks.aws_sessions import Sessions, guarded
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Obstacle, Status
from integrations.environment.model import (
    AwsEncord,
    MultiRegionAccessPoint,
)


@pytest.fixture
def stage(monkeypatch):
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    stage = Stage()
    monkeypatch.setattr(Sessions, "client", stage.client)
    return stage


def region(stage, name, status=200):
    metadata = {"ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": name}, "HTTPStatusCode": status}}
    if status == 200:
        stage.stub("s3").add_response("head_bucket", metadata)
    else:
        stage.stub("s3").add_client_error(
            "head_bucket", str(status), http_status_code=status, response_meta=metadata["ResponseMetadata"]
        )
    return stage


# Region


@pytest.mark.parametrize("status", [200, 301])
def test_another_region_is_told_though_boto3_follows_the_redirect(stage, status):
    answer = region(stage, "eu-west-1", status).ask(CheckId.BUCKET_REGION)
    assert (answer.status, answer.fix) == (Status.FAIL, "set `region: eu-west-1` for bucket acme-eu")


def test_the_right_region_passes(stage):
    assert region(stage, "eu-west-2").ask(CheckId.BUCKET_REGION).status is Status.PASS


# Encryption


def encryption(stage, algorithm, key=None):
    default = {"SSEAlgorithm": algorithm, **({"KMSMasterKeyID": key} if key else {})}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    stage.stub("s3").add_response("get_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": rules}})
    return stage


WITH_KEY = replace(INTEGRATION, buckets=(replace(EU, kms_key=KEY),))


@pytest.mark.parametrize(
    ("algorithm", "there", "wanted", "status"),
    [
        ("AES256", None, INTEGRATION, Status.PASS),
        ("aws:kms", KEY, WITH_KEY, Status.PASS),
        ("aws:kms", OTHER_KEY, WITH_KEY, Status.FAIL),
        ("AES256", None, WITH_KEY, Status.FAIL),
        ("aws:kms", KEY, INTEGRATION, Status.FAIL),
    ],
)
def test_the_key_is_the_configured_one_or_s3s_own(stage, algorithm, there, wanted, status):
    assert encryption(stage, algorithm, there).ask(CheckId.BUCKET_ENCRYPTED, wanted).status is status


def test_a_key_that_the_file_does_not_name_is_named_in_the_fix(stage):
    answer = encryption(stage, "aws:kms", KEY).ask(CheckId.BUCKET_ENCRYPTED)
    assert answer.fix.startswith(f"set `kmsKey: {KEY}` for bucket acme-eu, so that the role may use it; or pulumi up")


def test_no_encryption_is_a_failure_and_not_unknown(stage):
    stage.stub("s3").add_client_error("get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError")
    assert stage.ask(CheckId.BUCKET_ENCRYPTED).seen == "no default encryption"


# Privacy and plain HTTP


def test_every_setting_of_the_public_access_block_counts(stage):
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    for missing in (None, *block):
        given = {**block, missing: False} if missing else block
        stage.stub("s3").add_response("get_public_access_block", {"PublicAccessBlockConfiguration": given})
        answer = stage.ask(CheckId.BUCKET_PRIVATE)
        assert answer.seen == (f"not set: {missing}" if missing else "all four settings block public access")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, Status.PASS),
        ({"Sid": "Theirs", "Principal": {"AWS": "*"}}, Status.PASS),
        ({"Effect": "Allow"}, Status.WARNING),
        ({"Principal": {"AWS": "123456789012"}}, Status.WARNING),
        ({"Condition": {}}, Status.WARNING),
    ],
)
def test_plain_http_is_denied_only_by_a_denial_to_everybody(stage, change, status):
    policy = {"Statement": [{**access.deny_plain_http(EU), **change}]}
    stage.stub("s3").add_response("get_bucket_policy", {"Policy": json.dumps(policy)})
    assert stage.ask(CheckId.BUCKET_TLS_ONLY).status is status


# Trust


def trust(stage, **changes):
    document = access.trust_policy(INTEGRATION)
    document["Statement"][0].update(changes)
    at = {
        "Path": "/",
        "RoleId": "A" * 16,
        "Arn": "arn:aws:iam::1:role/x" + "x" * 10,
        "CreateDate": "2026-01-01T00:00:00",
    }
    role = {"RoleName": "encord-images", "AssumeRolePolicyDocument": json.dumps(document), **at}
    stage.stub("iam").add_response("get_role", {"Role": role})
    return stage.ask(CheckId.TRUST_DOCUMENT)


def test_the_trust_that_access_states_passes(stage):
    assert trust(stage).status is Status.PASS


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Principal": {"AWS": "999999999999"}}, "arn:aws:iam::111122223333:root is not trusted"),
        ({"Condition": {}}, "the trust does not ask for an external ID"),
        ({"Condition": {"StringEquals": {"sts:ExternalId": "id-2"}}}, "another external ID"),
        ({"Effect": "Deny"}, "is not trusted"),
    ],
)
def test_every_other_trust_fails_and_no_external_id_is_shown(stage, changes, said):
    answer = trust(stage, **changes)
    assert answer.status is Status.FAIL and said in answer.seen
    assert "id-1" not in answer.fix and "id-1" not in answer.seen and "***" in answer.fix


# The simulation


@pytest.mark.parametrize(
    ("sequences", "decision", "status"),
    [(True, "allowed", Status.PASS), (True, "implicitDeny", Status.FAIL), (False, "allowed", Status.FAIL),
     (False, "explicitDeny", Status.PASS)],
)  # fmt: skip
def test_writing_is_granted_exactly_for_image_sequences(stage, sequences, decision, status):
    result = {"EvalActionName": "s3:PutObject", "EvalDecision": decision}
    stage.stub("iam").add_response("simulate_principal_policy", {"EvaluationResults": [result]})
    answer = stage.ask(CheckId.WRITE_GRANTED_EXACTLY, replace(INTEGRATION, image_sequences=sequences))
    assert answer.status is status and decision in answer.seen


# The access point


def point(stage, status, *buckets):
    described = {"Status": status, "Alias": "a.mrap", "Regions": [{"Bucket": name} for name in buckets]}
    stage.stub("s3control").add_response("get_multi_region_access_point", {"AccessPoint": described})
    wanted = replace(INTEGRATION, buckets=(EU, US), multi_region_access_point=MultiRegionAccessPoint(name="acme"))
    return stage.ask(CheckId.ACCESS_POINT_READY, wanted)


@pytest.mark.parametrize("status", ["CREATING", "PARTIALLY_DELETED", "INCONSISTENT_ACROSS_REGIONS"])
def test_an_access_point_that_is_not_ready_fails(stage, status):
    assert point(stage, status, "acme-eu", "acme-us").seen == f"its status is {status}"


def test_an_access_point_over_other_buckets_fails(stage):
    assert "not over acme-eu, acme-us" in point(stage, "READY", "acme-eu", "old").seen
    assert point(stage, "READY", "acme-us", "acme-eu").status is Status.PASS


# What is no answer


@pytest.mark.parametrize(
    ("code", "obstacle"),
    [
        ("ExpiredToken", Obstacle.AUTHENTICATION),
        ("InvalidAccessKeyId", Obstacle.AUTHENTICATION),
        ("AccessDenied", Obstacle.RIGHTS),
        ("SlowDown", Obstacle.NETWORK),
    ],
)
def test_a_refusal_of_the_question_is_unknown_for_its_own_reason(stage, code, obstacle):
    stage.stub("s3").add_client_error("get_bucket_encryption", code)
    answer = stage.ask(CheckId.BUCKET_ENCRYPTED)
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, obstacle)


@pytest.mark.parametrize(
    ("error", "obstacle"),
    [(NoCredentialsError(), Obstacle.AUTHENTICATION), (EndpointConnectionError(endpoint_url="x"), Obstacle.NETWORK)],
)
def test_silence_is_unknown_too(error, obstacle):
    def ask():
        raise error

    answer = guarded(ask, INTEGRATION)()
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, obstacle)


def test_before_encords_values_are_known_the_role_is_awaited_and_the_rest_is_skipped(stage):
    answer = stage.ask(CheckId.ROLE_FOUND, replace(INTEGRATION, encord=AwsEncord()))
    assert (answer.status, answer.reason) == (Status.SKIP, "awaiting Encord")
