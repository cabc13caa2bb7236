"""What `pulumi up` provisions on AWS, resource by resource."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi
import pytest

from integrations.access import aws as access
from integrations.environment.load import environment_names, load_environment

# The provider deprecates functions of its own while it is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_gcp")

TWO = [
    {"name": "acme-eu", "region": "eu-west-2", "ownership": "create"},
    {"name": "acme-us", "region": "us-east-1", "ownership": "create"},
]
POINT = {"buckets": TWO, "multiRegionAccessPoint": {"name": "acme"}}
WAITING = {"encord": {"title": "images"}}
HOLDS_DATA = {"Bucket", "MultiRegionAccessPoint"}
ROOT = Path(__file__).parents[3]


# A bucket of the stack's own


def test_a_bucket_is_private_encrypted_versioned_and_shown_to_encord(up):
    stack = up()
    assert {one.type.rpartition(":")[2] for one in stack.made} == {
        "Bucket", "BucketPublicAccessBlock", "BucketServerSideEncryptionConfiguration", "BucketVersioning",
        "BucketCorsConfiguration", "BucketPolicy", "Role", "RolePolicy",
    }  # fmt: skip
    bucket = stack.one("Bucket")
    assert bucket.inputs["bucket"] == "acme-eu" and bucket.inputs["region"] == "eu-west-2"
    block = stack.one("BucketPublicAccessBlock").inputs
    assert all(
        block[key] for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    (rule,) = stack.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": True}
    assert stack.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    for kind in ("BucketPublicAccessBlock", "BucketCorsConfiguration", "BucketPolicy", "BucketVersioning"):
        assert (stack.one(kind).inputs["bucket"], stack.one(kind).inputs["region"]) == ("acme-eu", "eu-west-2")


def test_the_cors_rule_and_the_policies_are_those_of_access(up):
    stack = up({"imageSequences": True, "writePrefix": "w/"})
    (rule,) = stack.one("BucketCorsConfiguration").inputs["corsRules"]
    stated = access.cors_rule(("https://app.encord.com",))
    assert rule == {
        "id": stated["ID"],
        "allowedOrigins": stated["AllowedOrigins"],
        "allowedMethods": stated["AllowedMethods"],
        "allowedHeaders": stated["AllowedHeaders"],
        "exposeHeaders": stated["ExposeHeaders"],
        "maxAgeSeconds": stated["MaxAgeSeconds"],
    }
    granted = json.loads(stack.one("RolePolicy").inputs["policy"])
    assert [statement["Action"] for statement in granted["Statement"]] == [["s3:GetObject"], ["s3:PutObject"]]
    (denied,) = json.loads(stack.one("BucketPolicy").inputs["policy"])["Statement"]
    assert denied["Sid"] == access.SID_TLS


def test_a_key_of_ones_own_encrypts_the_bucket_and_the_role_may_use_it(up):
    key = "arn:aws:kms:eu-west-2:123456789012:key/k"
    stack = up({"buckets": [{**TWO[0], "kmsKey": key}]})
    (rule,) = stack.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
    assert key in stack.one("RolePolicy").inputs["policy"]


# An existing bucket


def test_an_existing_bucket_is_not_touched(up):
    stack = up({"buckets": [{**TWO[0], "ownership": "existing"}]})
    assert {one.type for one in stack.made} == {"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"}
    assert stack.outputs["images"]["buckets"] == {"acme-eu": {"region": "eu-west-2", "arn": "arn:aws:s3:::acme-eu"}}


def test_beside_an_own_bucket_an_existing_one_is_still_not_touched(up):
    stack = up({"buckets": [TWO[0], {**TWO[1], "ownership": "existing"}]})
    assert not any("acme-us" in (one.name, one.inputs.get("bucket")) for one in stack.made)


def test_an_existing_member_of_an_access_point_gets_no_replication_of_ours(up):
    stack = up({**POINT, "buckets": [TWO[0], {**TWO[1], "ownership": "existing"}]})
    assert [one.inputs["bucket"] for one in stack.of("BucketReplicationConfig").values()] == ["acme-eu"]


# Two phases


def test_without_encords_values_there_is_no_role_but_its_arn_is_known(up):
    stack = up({**WAITING, **POINT})
    assert [one.name for one in stack.of("Role").values()] == ["images-replication"]
    assert not any("111122223333" in json.dumps(one.inputs) for one in stack.made)
    assert stack.outputs["images"]["roleArn"] == "arn:aws:iam::123456789012:role/encord-images"
    assert stack.outputs["images"]["roleExists"] is False
    assert len(stack.of("Bucket")) == 2


def test_with_them_the_role_is_bound_to_principal_and_external_id(up):
    stack = up()
    (trust,) = json.loads(stack.one("Role").inputs["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"AWS": ["arn:aws:iam::111122223333:root"]}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "id-1"}}
    assert stack.outputs["images"]["roleExists"] is True
    assert stack.one("RolePolicy").inputs["role"] == "encord-images"


@pytest.mark.parametrize("half", [{"principal": "arn:aws:iam::111122223333:root"}, {"externalId": "id-1"}])
def test_one_value_of_two_makes_no_role(up, half):
    assert up({"encord": half}).of("Role") == {}


# Data is never lost


@pytest.mark.parametrize(("stack", "disposable"), [("prod", False), ("sandbox", True)])
def test_what_holds_data_is_protected_and_kept_outside_of_a_disposable_environment(up, stack, disposable):
    made = up(POINT, stack=stack, disposable=disposable)
    holding = [one for one in made.made if one.type.rpartition(":")[2] in HOLDS_DATA]
    assert len(holding) == 3
    for one in holding:
        assert (one.protect, one.retain) == (not disposable, not disposable), one.name
    assert [one.inputs["forceDestroy"] for one in made.of("Bucket").values()] == [disposable, disposable]


def test_what_holds_no_data_can_go(up):
    assert not any(one.protect for one in up(POINT).made if one.type.rpartition(":")[2] not in HOLDS_DATA)


def test_only_a_sandbox_can_be_disposable(up):
    with pytest.raises(pulumi.RunError, match="cannot be disposable"):
        up(stack="prod", disposable=True)


# The access point


def test_an_access_point_stands_over_the_buckets_and_blocks_public_access(up):
    stack = up(POINT)
    point = stack.one("MultiRegionAccessPoint")
    details = point.inputs["details"]
    assert [region["bucket"] for region in details["regions"]] == ["acme-eu", "acme-us"]
    assert {region["bucketAccountId"] for region in details["regions"]} == {"123456789012"}
    assert set(details["publicAccessBlock"].values()) == {True} and len(details["publicAccessBlock"]) == 4
    assert (details["name"], point.inputs["accountId"], point.inputs["region"]) == ("acme", "123456789012", "us-west-2")
    waits_for = stack.waits_for("MultiRegionAccessPoint images-access-point")
    assert {"Bucket images-acme-eu", "Bucket images-acme-us"} <= waits_for


def test_its_name_is_taken_until_it_is_gone_and_making_it_takes_a_while(up):
    point = up(POINT).one("MultiRegionAccessPoint")
    assert (point.replaced_first, point.create_timeout) == (True, "60m")


def test_the_roles_policy_through_it_names_the_alias_that_aws_invented(up):
    stack = up(POINT)
    through = stack.of("RolePolicy")["images-role-access-point"]
    arn = "arn:aws:s3::123456789012:accesspoint/mock.mrap"
    assert json.loads(through.inputs["policy"])["Statement"][0]["Resource"] == [f"{arn}/object/*"]
    assert stack.outputs["images"]["multiRegionAccessPoint"]["alias"] == "mock.mrap"
    assert arn in stack.one("MultiRegionAccessPointPolicy").inputs["details"]["policy"]


def test_the_buckets_replicate_to_each_other_once_both_are_versioned(up):
    stack = up(POINT)
    versioned = {f"BucketVersioning images-{name}-versioning" for name in ("acme-eu", "acme-us")}
    for name, other in (("acme-eu", "acme-us"), ("acme-us", "acme-eu")):
        made = stack.of("BucketReplicationConfig")[f"images-{name}-replication"]
        (rule,) = made.inputs["rules"]
        assert (made.inputs["bucket"], rule["destination"]["bucket"]) == (name, f"arn:aws:s3:::{other}")
        assert versioned <= stack.waits_for(f"BucketReplicationConfig {made.name}")


def test_replication_by_somebody_else_is_left_to_them(up):
    stack = up({**POINT, "multiRegionAccessPoint": {"name": "acme", "replication": "external"}})
    assert stack.of("BucketReplicationConfig") == {}
    assert "images-replication" not in stack.of("Role")


# Accounts, checkers, previews, examples


def test_a_bucket_in_another_account_is_made_by_that_accounts_role(up):
    deploy_role = "arn:aws:iam::210987654321:role/deploy"
    stack = up({"buckets": [{**TWO[0], "account": "210987654321", "deployRole": deploy_role}]})
    policy = json.loads(stack.one("BucketPolicy").inputs["policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == [access.SID_TLS, access.SID_ROLE]
    assert json.loads(stack.providers["images-acme-eu-aws"]["assumeRoles"]) == [{"roleArn": deploy_role}]
    assert "assumeRoles" not in stack.providers["images-aws"]


def test_the_checker_is_made_once_for_each_account(up):
    checker = {"account": "123456789012", "role": "checker", "principal": "arn:aws:iam::123456789012:user/ci"}
    stack = up(checkers={"aws": [checker]})
    assert {"encord-images", "checker"} == {one.inputs["name"] for one in stack.of("Role").values()}
    assert stack.outputs["images"]["checkerRoleArn"] == "arn:aws:iam::123456789012:role/checker"
    # AWS refuses a trust in a principal that does not exist yet.
    assert "Role checker-123456789012-role" in stack.waits_for("Role images-role")


def test_a_first_preview_knows_every_name_and_document_but_those_with_the_alias(up):
    previewed, done = up(preview=True), up()
    assert [(one.type, one.name, one.inputs) for one in previewed.made] == [
        (o.type, o.name, o.inputs) for o in done.made
    ]


def test_a_wrong_configuration_is_one_sentence(up):
    with pytest.raises(pulumi.RunError, match=r"^Pulumi.prod.yaml: this is not an AWS account id"):
        up({"account": "1"})


@pytest.mark.parametrize("name", environment_names(ROOT))
def test_every_environment_of_the_project_passes_pulumis_mocks(example, name):
    stack = example(name)
    environment = load_environment(name, ROOT)
    assert set(stack.outputs) == {integration.name for integration in environment.integrations}
    names = [(one.type, one.name) for one in stack.made]
    assert len(names) == len(set(names))
