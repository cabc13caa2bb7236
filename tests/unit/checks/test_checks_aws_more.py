"""What no emulator can stage on AWS: keys, short sessions, access points, owners; botocore's own stubs give the answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from aws_stubs import EU, INTEGRATION, KEY, US, Stage
from msgspec.structs import replace

from integrations.access import aws as access
from integrations.checks import drift
from integrations.checks.aws_sessions import Sessions
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Obstacle, Status
from integrations.environment.model import MultiRegionAccessPoint
from integrations.errors import NothingMatchedError

ROLE = access.role_arn(INTEGRATION)
ROOT = "arn:aws:iam::123456789012:root"
WITH_KEY = replace(INTEGRATION, buckets=(replace(EU, kms_key=KEY),))
BEHIND_POINT = replace(INTEGRATION, buckets=(EU, US), multi_region_access_point=MultiRegionAccessPoint(name="acme"))
ALIAS = "mfzwi23gnjvgw.mrap"


@pytest.fixture
def stage(monkeypatch):
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    stage = Stage()
    monkeypatch.setattr(Sessions, "client", stage.client)
    return stage


# Keys


def simulated(stage, integration, **decisions):
    results = [{"EvalActionName": f"kms:{name}", "EvalDecision": decision} for name, decision in decisions.items()]
    stage.stub("iam").add_response("simulate_principal_policy", {"EvaluationResults": results})
    return stage.ask(CheckId.KEY_GRANTED, integration)


def test_a_role_that_may_use_the_key_passes(stage):
    assert simulated(stage, WITH_KEY, Decrypt="allowed").status is Status.PASS


@pytest.mark.parametrize("decision", ["implicitDeny", "explicitDeny"])
def test_a_role_that_may_not_is_told_the_statement_that_is_missing(stage, decision):
    answer = simulated(stage, WITH_KEY, Decrypt=decision)
    assert answer.status is Status.FAIL and f"kms:Decrypt: {decision}" in answer.seen
    assert '"kms:ViaService": "s3.eu-west-2.amazonaws.com"' in answer.fix


def test_sequences_need_the_key_for_writing_too(stage):
    writes = replace(WITH_KEY, image_sequences=True)
    answer = simulated(stage, writes, Decrypt="allowed", GenerateDataKey="implicitDeny")
    assert answer.status is Status.FAIL and "Decrypt" not in answer.seen


def key(stage, state="Enabled", *statements):
    stage.stub("kms").add_response("describe_key", {"KeyMetadata": {"KeyId": "ours", "KeyState": state}})
    if state == "Enabled":
        stage.stub("kms").add_response("get_key_policy", {"Policy": json.dumps({"Statement": list(statements)})})
    return stage.ask(CheckId.KEY_LETS_IN, WITH_KEY)


def allow(principal, **more):
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:*", "Resource": "*", **more}


@pytest.mark.parametrize("principal", [ROOT, "123456789012", ROLE])
def test_a_key_whose_policy_lets_the_role_or_its_account_in_passes(stage, principal):
    assert key(stage, "Enabled", allow(principal)).status is Status.PASS


@pytest.mark.parametrize(
    "statements",
    [
        [allow("arn:aws:iam::999999999999:root")],
        [allow(ROOT, Action="kms:Describe*")],
        [allow(ROOT), allow(ROLE, Effect="Deny", Action="kms:Decrypt")],
    ],
)
def test_a_key_whose_policy_leaves_the_role_out_fails_with_the_statement(stage, statements):
    answer = key(stage, "Enabled", *statements)
    assert answer.status is Status.FAIL and ROLE in answer.fix


@pytest.mark.parametrize("state", ["Disabled", "PendingDeletion", "PendingImport"])
def test_a_key_that_is_not_enabled_fails(stage, state):
    assert key(stage, state).seen == f"the key is {state}"


def test_a_key_that_is_not_there_fails_and_one_that_may_not_be_read_is_unknown(stage):
    stage.stub("kms").add_client_error("describe_key", "NotFoundException")
    assert stage.ask(CheckId.KEY_LETS_IN, WITH_KEY).seen == "there is no such key"
    stage.stub("kms").add_client_error("describe_key", "AccessDeniedException")
    assert stage.ask(CheckId.KEY_LETS_IN, WITH_KEY).status is Status.UNKNOWN


# The life of a URL


@pytest.mark.parametrize(("minutes", "status"), [(60, Status.PASS), (59.5, Status.PASS), (15, Status.FAIL)])
def test_a_session_that_ends_before_a_url_of_an_hour_fails(stage, monkeypatch, minutes, status):
    ends = datetime.now(UTC) + timedelta(minutes=minutes)
    role = {
        "Path": "/", "RoleName": "encord-images", "RoleId": "AROA" + "X" * 12, "Arn": ROLE,
        "CreateDate": datetime.now(UTC), "MaxSessionDuration": 3600,
    }  # fmt: skip
    stage.stub("iam").add_response("get_role", {"Role": role})
    monkeypatch.setattr(Sessions, "role_expires", property(lambda self: ends, lambda self, value: None), raising=False)
    integration = replace(INTEGRATION, check_principal="arn:aws:iam::123456789012:role/checker")
    assert stage.ask(CheckId.URL_LIFE, integration).status is status


@pytest.mark.parametrize(
    ("operator", "limit", "status"),
    [
        ("NumericGreaterThan", "300000", Status.FAIL),
        ("NumericGreaterThanEquals", ["3600000"], Status.PASS),
        ("NumericLessThan", "300000", Status.PASS),
    ],
)
def test_a_policy_that_refuses_old_signatures_shortens_urls(stage, operator, limit, status):
    denial = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {operator: {"s3:SignatureAge": limit}},
    }  # fmt: skip
    stage.stub("s3").add_response("get_bucket_policy", {"Policy": json.dumps({"Statement": denial})})
    assert stage.ask(CheckId.SIGNATURES_LIVE).status is status


# The bucket's policy


def judged(stage, integration, *statements):
    stage.stub("s3").add_response("get_bucket_policy", {"Policy": json.dumps({"Statement": list(statements)})})
    return stage.ask(CheckId.POLICY_LETS_IN, integration)


def deny(principal, **more):
    return {"Effect": "Deny", **principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-eu/*", **more}


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        (access.deny_plain_http(EU), Status.PASS),
        (deny({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}}), Status.PASS),
        (deny({"NotPrincipal": {"AWS": ROLE}}), Status.PASS),
        (deny({"Principal": "*"}, Action="s3:PutObject"), Status.PASS),
        (deny({"Principal": "*"}), Status.FAIL),
        (deny({"Principal": {"AWS": ROOT}}), Status.FAIL),
        (deny({"NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/admin"}}), Status.FAIL),
        (deny({"Principal": "*"}, Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), Status.WARNING),
    ],
)
def test_what_the_buckets_policy_says_to_the_role(stage, statement, status):
    assert judged(stage, INTEGRATION, statement).status is status


def test_a_bucket_of_another_account_must_let_the_role_in_by_its_own_policy(stage):
    foreign = replace(EU, account="210987654321", ownership="existing")
    integration = replace(INTEGRATION, buckets=(foreign,))
    answer = judged(stage, integration, access.deny_plain_http(EU))
    assert answer.status is Status.FAIL and "ask the bucket's owner" in answer.fix
    assert judged(stage, integration, *access.foreign_statements(integration, foreign, None)).status is Status.PASS


# Who owns the objects


def owned(stage, setting, owner=None):
    stage.stub("s3").add_response(
        "get_bucket_ownership_controls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": setting}]}}
    )
    if owner:
        stage.stub("s3").add_response("get_bucket_acl", {"Owner": {"ID": "bucket-owner"}})
        stage.stub("s3").add_response("list_objects_v2", {"Contents": [{"Key": "p", "Owner": {"ID": owner}}]})
    return stage.ask(CheckId.OBJECTS_OWNED, replace(INTEGRATION, probe_object="p"))


def test_an_object_of_another_account_is_told(stage):
    assert owned(stage, "BucketOwnerEnforced").status is Status.PASS
    assert owned(stage, "ObjectWriter", "bucket-owner").status is Status.WARNING
    assert owned(stage, "BucketOwnerPreferred", "somebody").seen.endswith("belongs to another account")


# The access point


def point(stage, check, **described):
    regions = [{"Bucket": "acme-eu", "Region": "eu-west-2"}, {"Bucket": "acme-us", "Region": "us-east-1"}]
    found = {"Name": "acme", "Alias": ALIAS, "Status": "READY", "Regions": regions, **described}
    stage.stub("s3control").add_response("get_multi_region_access_point", {"AccessPoint": found})
    return lambda: stage.ask(check, BEHIND_POINT)


def test_an_access_point_that_does_not_block_public_access_fails(stage):
    blocked = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
    assert point(stage, CheckId.ACCESS_POINT_PRIVATE, PublicAccessBlock=blocked)().status is Status.PASS
    answer = point(stage, CheckId.ACCESS_POINT_PRIVATE, PublicAccessBlock={**blocked, "BlockPublicPolicy": False})()
    assert answer.seen == "not set: BlockPublicPolicy"


def replicates(stage, *targets, status="Enabled"):
    rules = [{"Status": status, "Destination": {"Bucket": f"arn:aws:s3:::{name}"}} for name in targets]
    configuration = {"Role": "arn:aws:iam::123456789012:role/r", "Rules": rules}
    stage.stub("s3").add_response("get_bucket_replication", {"ReplicationConfiguration": configuration})


def test_replication_must_go_there_and_back(stage):
    replicates(stage, "acme-us")
    replicates(stage, "acme-eu")
    assert stage.ask(CheckId.ACCESS_POINT_REPLICATION, BEHIND_POINT).status is Status.PASS
    replicates(stage, "acme-us")
    replicates(stage, "acme-eu", status="Disabled")
    assert stage.ask(CheckId.ACCESS_POINT_REPLICATION, BEHIND_POINT).seen == "no rule from acme-us to acme-eu"


def test_where_somebody_else_copies_it_is_only_told(stage):
    elsewhere = replace(
        BEHIND_POINT, multi_region_access_point=MultiRegionAccessPoint(name="a", replication="external")
    )
    for _ in elsewhere.buckets:
        stage.stub("s3").add_client_error("get_bucket_replication", "ReplicationConfigurationNotFoundError")
    assert stage.ask(CheckId.ACCESS_POINT_REPLICATION, elsewhere).status is Status.WARNING


# Drift


OUTPUTS = {
    "images": {
        "cloud": "aws",
        "roleArn": ROLE,
        "roleExists": True,
        "checkerRoleArn": None,
        "buckets": {
            "acme-eu": {"region": "eu-west-2", "arn": "arn:aws:s3:::acme-eu"},
            "acme-us": {"region": "us-east-1", "arn": "arn:aws:s3:::acme-us"},
        },
        "multiRegionAccessPoint": {"alias": ALIAS},
    }
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"roleArn": "arn:aws:iam::123456789012:role/old"}, "roleArn is arn:aws:iam::123456789012:role/old there"),
        ({"roleExists": False}, "roleExists is False there and True in the file"),
        ({"buckets": {}}, "buckets.acme-us.region is missing there and us-east-1 in the file"),
    ],
)
def test_outputs_that_differ_from_the_file_are_told(stage, monkeypatch, change, said):
    outputs = {"images": {**OUTPUTS["images"], **change}}
    monkeypatch.setattr(drift, "load_outputs", lambda name, root: outputs)
    answer = stage.ask(CheckId.OUTPUTS_AGREE, BEHIND_POINT)
    assert answer.status is (Status.FAIL if said else Status.PASS)
    assert said is None or said in answer.seen


def test_an_integration_that_the_stack_does_not_have_yet_fails_and_no_outputs_at_all_are_skipped(stage, monkeypatch):
    monkeypatch.setattr(drift, "load_outputs", lambda name, root: {})
    assert stage.ask(CheckId.OUTPUTS_AGREE).seen == "the stack's outputs do not have this integration"

    def nothing(name, root):
        raise NothingMatchedError("there are no stack outputs")

    monkeypatch.setattr(drift, "load_outputs", nothing)
    assert stage.ask(CheckId.OUTPUTS_AGREE).status is Status.SKIP


@pytest.mark.parametrize("text", [None, "not JSON", "[]"])
def test_outputs_that_are_named_and_cannot_be_read_are_never_green(stage, monkeypatch, tmp_path, text):
    file = tmp_path / "outputs.json"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("INTEGRATIONS_STACK_OUTPUTS", str(file))
    answer = stage.ask(CheckId.OUTPUTS_AGREE)
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, Obstacle.CONFIGURATION)
    assert str(file) in answer.reason and "pulumi stack output --json" in answer.fix


@pytest.mark.parametrize(("there", "status"), [(ALIAS, Status.PASS), ("other.mrap", Status.FAIL)])
def test_outputs_of_an_earlier_access_point_are_told(stage, monkeypatch, there, status):
    monkeypatch.setattr(drift, "load_outputs", lambda name, root: OUTPUTS)
    assert point(stage, CheckId.OUTPUTS_HOLD, Alias=there)().status is status
