"""A small Pulumi program against a real local AWS: preview, up, drift, failure, destroy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pulumi
import pytest
from botocore.exceptions import ClientError
from pulumi_aws import Provider, ProviderAssumeRoleArgs, iam, s3, s3control

from integrations_sandbox.deploy import Outcome, carry_out
from integrations_sandbox.deploy.given import Plan
from integrations_sandbox.deploy.handlers import HANDLERS, Credentials, connections
from integrations_sandbox.deploy.program import run_callable
from integrations_sandbox.deploy.project import Project

EU, US = "deploy-eu", "deploy-us"
ROLE = "deploy-encord"
POINT = "deploy-point"
ORIGINS = ["https://app.encord.com"]


def Options(**given: Any) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(**given)


@dataclass
class Stack:
    session: boto3.Session
    state: Path

    def run(self, verb: Any, program: Callable[[], object] = lambda: None) -> Outcome:
        project = Project("demo", Path(__file__).parent, {"aws:region": "eu-west-2"})
        plan = Plan(verb, project, "test", HANDLERS, connections(Credentials(aws=self.session)))
        return carry_out(plan, self.state, lambda monitor: run_callable(program, monitor))

    def up(self, program: Callable[[], object]) -> Outcome:
        return self.run("up", program)

    def preview(self, program: Callable[[], object]) -> Outcome:
        return self.run("preview", program)

    def destroy(self) -> Outcome:
        return self.run("destroy")

    def client(self, service: str, region: str = "eu-west-2") -> Any:
        return self.session.client(service, region_name=region)  # type: ignore[call-overload]

    def buckets(self) -> set[str]:
        found = self.client("s3").list_buckets()["Buckets"]
        return {bucket["Name"] for bucket in found if bucket["Name"].startswith("deploy-")}


@pytest.fixture
def stack(aws: Any, tmp_path: Path) -> Iterator[Stack]:
    stack = Stack(aws.session(), tmp_path / "test.json")
    yield stack
    assert stack.destroy().errors == ()
    assert stack.buckets() == set()


def did(outcome: Outcome) -> list[str]:
    assert outcome.errors == ()
    return sorted(f"{step.op} {step.name}" for step in outcome.steps if step.op != "same")


def trust(external_id: str = "id-1") -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:user/encord"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def reading(bucket: str) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def bucket(label: str, name: str, region: str = "eu-west-2", **given: Any) -> tuple[s3.Bucket, s3.BucketVersioning]:
    """A bucket with every part of its configuration that has a resource of its own, but replication."""
    made = s3.Bucket(label, bucket=name, region=region, **given)
    of = {"bucket": made.id, "region": region}
    versions = s3.BucketVersioning(f"{label}-versions", versioning_configuration={"status": "Enabled"}, **of)
    s3.BucketPublicAccessBlock(
        f"{label}-block", block_public_acls=True, block_public_policy=True, ignore_public_acls=True,
        restrict_public_buckets=True, **of,
    )  # fmt: skip
    s3.BucketServerSideEncryptionConfiguration(
        f"{label}-key", rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}], **of
    )
    return made, versions


def cors(label: str, of: s3.Bucket, origins: list[str] = ORIGINS, region: str = "eu-west-2") -> None:
    rule = {"allowed_methods": ["GET"], "allowed_origins": origins, "allowed_headers": ["*"], "max_age_seconds": 3600}
    s3.BucketCorsConfiguration(label, bucket=of.id, cors_rules=[rule], region=region)


def everything(external_id: str = "id-1", origins: list[str] = ORIGINS, *, point: bool = True) -> None:
    """Two buckets, a role and an access point, with replication: every resource type that stacks/ uses."""
    eu, eu_versions = bucket("eu", EU, tags={"for": "test"}, force_destroy=True)
    us, us_versions = bucket("us", US, "us-east-1", force_destroy=True)
    cors("eu-cors", eu, origins)
    deny = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{EU}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    s3.BucketPolicy("eu-policy", bucket=eu.id, policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    role = iam.Role("role", name=ROLE, assume_role_policy=trust(external_id), max_session_duration=7200)
    iam.RolePolicy("reads", name="read", role=role.name, policy=reading(EU))
    s3.BucketReplicationConfig(
        "copies",
        bucket=eu.id,
        role=role.arn,
        rules=[
            {
                "status": "Enabled",
                "priority": 1,
                "filter": {"prefix": ""},
                "delete_marker_replication": {"status": "Enabled"},
                "destination": {"bucket": us.arn},
            }
        ],
        opts=Options(depends_on=[eu_versions, us_versions]),
    )
    if point:
        regions = [{"bucket": eu.id}, {"bucket": us.id}]
        made = s3control.MultiRegionAccessPoint("point", details={"name": POINT, "regions": regions})
        allow = made.arn.apply(
            lambda arn: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
                            "Action": "s3:GetObject",
                            "Resource": f"{arn}/object/*",
                        }
                    ],
                }
            )
        )
        s3control.MultiRegionAccessPointPolicy("point-policy", details={"name": POINT, "policy": allow})
        pulumi.export("alias", made.alias)
    pulumi.export("role", role.arn)


def test_a_whole_integration_comes_up_stays_the_same_and_goes(stack):
    preview = stack.preview(everything)
    assert (preview.errors, len(preview.steps)) == ((), 15)
    assert stack.buckets() == set()
    first = stack.up(everything)
    assert first.errors == ()
    assert {step.op for step in first.steps} == {"create"}
    assert first.outputs["role"].value == f"arn:aws:iam::222222222222:role/{ROLE}"
    assert first.outputs["alias"].value.endswith(".mrap")
    again = stack.up(everything)
    assert (again.errors, did(again)) == ((), [])
    assert len(again.steps) == 15
    assert not stack.preview(everything).changed
    assert len(stack.destroy().steps) == 15
    with pytest.raises(ClientError, match="NoSuchEntity"):
        stack.client("iam").get_role(RoleName=ROLE)


def test_only_what_changed_is_updated(stack):
    assert stack.up(lambda: everything(point=False)).errors == ()
    outcome = stack.up(lambda: everything("id-2", ["https://other.example"], point=False))
    assert did(outcome) == ["update eu-cors", "update role"]
    rules = stack.client("s3").get_bucket_cors(Bucket=EU)["CORSRules"]
    assert [rule["AllowedOrigins"] for rule in rules] == [["https://other.example"]]
    document = stack.client("iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    assert document == json.loads(trust("id-2"))


def test_what_was_changed_or_removed_behind_our_back_is_healed(stack):
    assert stack.up(everything).errors == ()
    iam_, s3_ = stack.client("iam"), stack.client("s3")
    iam_.delete_role_policy(RoleName=ROLE, PolicyName="read")
    iam_.delete_role(RoleName=ROLE)
    s3_.put_bucket_cors(
        Bucket=EU, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    )
    s3_.delete_bucket_policy(Bucket=EU)
    s3_.put_bucket_versioning(Bucket=EU, VersioningConfiguration={"Status": "Suspended"})
    s3_.put_bucket_tagging(Bucket=EU, Tagging={"TagSet": [{"Key": "for", "Value": "else"}]})
    s3_.delete_bucket_replication(Bucket=EU)
    expected = [
        "create copies", "create eu-policy", "create reads", "create role",
        "update eu", "update eu-cors", "update eu-versions",
    ]  # fmt: skip
    assert did(stack.preview(everything)) == expected
    outcome = stack.up(everything)
    assert did(outcome) == expected
    notes = {step.note for step in outcome.steps if step.op != "same"}
    assert notes == {"was gone from the cloud", "was changed outside of this stack"}
    assert not stack.up(everything).changed
    assert s3_.get_bucket_cors(Bucket=EU)["CORSRules"][0]["AllowedOrigins"] == ORIGINS


def test_a_bucket_that_somebody_else_made_is_not_taken(stack):
    s3_ = stack.client("s3", "us-east-1")
    s3_.create_bucket(Bucket=US)  # in this region, S3 says yes to making one's own bucket again
    try:
        (error,) = stack.up(lambda: s3.Bucket("us", bucket=US, region="us-east-1")).errors
        assert error.endswith("deploy-us exists already, and this stack did not make it")
        assert stack.destroy().steps == ()
        assert US in stack.buckets()
    finally:
        s3_.delete_bucket(Bucket=US)


def test_force_destroy_takes_versions_and_delete_markers_along(stack):
    assert stack.up(lambda: bucket("eu", EU, force_destroy=True)).errors == ()
    s3_ = stack.client("s3")
    for number in range(3):
        s3_.put_object(Bucket=EU, Key="a b/ü.txt", Body=str(number).encode())
    s3_.delete_object(Bucket=EU, Key="a b/ü.txt")
    assert len(s3_.list_object_versions(Bucket=EU)["DeleteMarkers"]) == 1
    assert stack.destroy().errors == ()
    assert stack.buckets() == set()


def test_without_force_destroy_a_bucket_with_objects_stays_and_the_cloud_says_why(stack):
    assert stack.up(lambda: s3.Bucket("eu", bucket=EU)).errors == ()
    stack.client("s3").put_object(Bucket=EU, Key="a", Body=b"a")
    (error,) = stack.destroy().errors
    assert error.startswith("aws:s3/bucket:Bucket 'eu' (deploy-eu) could not be deleted: DeleteBucket:")
    assert "(BucketNotEmpty)" in error
    stack.client("s3").delete_object(Bucket=EU, Key="a")


def test_a_protected_bucket_is_neither_deleted_nor_replaced(stack):
    def program(name: str, *, protect: bool) -> None:
        s3.Bucket("eu", bucket=name, opts=Options(protect=protect))

    assert stack.up(lambda: program(EU, protect=True)).errors == ()
    lost = "is protected (with it would go: every object in it, and every registered URL that names it)"
    for outcome in (stack.destroy(), stack.up(lambda: None), stack.up(lambda: program("deploy-new", protect=True))):
        assert lost in outcome.errors[0]
    assert stack.buckets() == {EU}
    assert stack.up(lambda: program(EU, protect=False)).errors == ()


def test_a_retained_bucket_stays(stack):
    assert stack.up(lambda: s3.Bucket("eu", bucket=EU, opts=Options(retain_on_delete=True))).errors == ()
    assert did(stack.destroy()) == ["retain eu"]
    assert stack.buckets() == {EU}
    stack.client("s3").delete_bucket(Bucket=EU)


def test_a_renamed_bucket_is_replaced_with_all_its_parts(stack):
    def program(name: str) -> None:
        cors("eu-cors", bucket("eu", name)[0])

    assert stack.up(lambda: program(EU)).errors == ()
    outcome = stack.up(lambda: program("deploy-new"))
    assert [step.op for step in outcome.steps].count("replace") == 5
    assert stack.buckets() == {"deploy-new"}
    assert not stack.up(lambda: program("deploy-new")).changed


def test_a_bucket_that_moves_to_another_region_goes_first_and_comes_with_all_its_parts(stack):
    def program(region: str) -> None:
        s3.BucketVersioning(
            "eu-versions",
            bucket=s3.Bucket("eu", bucket=EU, region=region).id,
            region=region,
            versioning_configuration={"status": "Enabled"},
        )

    assert stack.up(lambda: program("eu-west-2")).errors == ()
    outcome = stack.up(lambda: program("eu-west-1"))
    assert did(outcome) == ["create eu-versions", "delete eu", "delete eu-versions", "replace eu"]
    assert stack.client("s3").head_bucket(Bucket=EU)["BucketRegion"] == "eu-west-1"
    assert not stack.up(lambda: program("eu-west-1")).changed


def test_a_failed_access_point_is_a_failed_step_and_is_taken_up_again(stack):
    def program(second: str) -> None:
        eu, us = s3.Bucket("eu", bucket=EU), s3.Bucket("us", bucket=US, region="us-east-1")
        regions = [{"bucket": EU}, {"bucket": second}]
        s3control.MultiRegionAccessPoint(
            "point", details={"name": POINT, "regions": regions}, opts=Options(depends_on=[eu, us])
        )

    outcome = stack.up(lambda: program("deploy-none"))
    (error,) = outcome.errors
    assert error.startswith("aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint 'point': ")
    assert "NoSuchBucket" in error
    assert sorted(step.name for step in outcome.steps) == ["eu", "us"]
    assert did(stack.up(lambda: program(US))) == ["create point"]


def test_an_access_point_over_other_buckets_is_replaced_though_it_keeps_its_name(stack):
    def program(*regions: str) -> None:
        made = [
            s3.Bucket("eu", bucket=EU),
            s3.Bucket("us", bucket=US, region="us-east-1"),
            s3.Bucket("ie", bucket="deploy-ie", region="eu-west-1"),
        ]
        point = s3control.MultiRegionAccessPoint(
            "point",
            details={"name": POINT, "regions": [{"bucket": region} for region in regions]},
            opts=Options(depends_on=made),
        )
        s3control.MultiRegionAccessPointPolicy(
            "point-policy",
            details={"name": POINT, "policy": point.arn.apply(lambda arn: reading(arn.rpartition("/")[2]))},
        )

    assert stack.up(lambda: program(EU, US)).errors == ()
    outcome = stack.up(lambda: program(EU, "deploy-ie"))
    assert did(outcome) == ["create point-policy", "delete point", "delete point-policy", "replace point"]
    listed = stack.client("s3control", "us-west-2").list_multi_region_access_points(AccountId="222222222222")
    (point,) = (one for one in listed["AccessPoints"] if one["Name"] == POINT)
    assert {region["Bucket"] for region in point["Regions"]} == {EU, "deploy-ie"}
    assert not stack.up(lambda: program(EU, "deploy-ie")).changed


def test_a_failure_half_way_is_resumed(stack):
    def program(role_of_policy: str) -> None:
        made = s3.Bucket("eu", bucket=EU)
        role = iam.Role("role", name=ROLE, assume_role_policy=trust(), opts=Options(depends_on=[made]))
        iam.RolePolicy("reads", name="read", role=role_of_policy, policy=reading(EU), opts=Options(depends_on=[role]))

    outcome = stack.up(lambda: program("deploy-nobody"))
    (error,) = outcome.errors
    assert error.startswith("aws:iam/rolePolicy:RolePolicy 'reads': PutRolePolicy: ")
    assert error.endswith("(NoSuchEntity)")
    assert [step.name for step in outcome.steps] == ["eu", "role"]
    assert did(stack.up(lambda: program(ROLE))) == ["create reads"]


def test_a_provider_may_assume_a_role_and_may_be_bound_to_an_account(stack):
    def program(account: str) -> None:
        document = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::222222222222:user/deployer"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        role = iam.Role("deploys", name="deploy-role", assume_role_policy=json.dumps(document))
        rights = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
        allowed = iam.RolePolicy("rights", name="all", role=role.name, policy=json.dumps(rights))
        provider = Provider(
            "other",
            region="eu-west-1",
            assume_roles=[ProviderAssumeRoleArgs(role_arn=role.arn)],
            allowed_account_ids=[account],
            opts=Options(depends_on=[allowed]),
        )
        s3.Bucket("ie", bucket="deploy-ie", opts=Options(provider=provider))

    preview = stack.preview(lambda: program("222222222222"))
    assert preview.errors == ()
    assert preview.steps[-1].note == "its provider is not known yet"
    (error,) = stack.up(lambda: program("333333333333")).errors
    assert error.endswith("the credentials are for account 222222222222, and only 333333333333 is allowed")
    assert stack.up(lambda: program("222222222222")).errors == ()
    assert stack.client("s3").head_bucket(Bucket="deploy-ie")["BucketRegion"] == "eu-west-1"
    assert not stack.up(lambda: program("222222222222")).changed


def test_what_the_sandbox_does_not_know_is_refused_by_name(stack):
    (error,) = stack.up(lambda: s3.Bucket("eu", bucket=EU, acl="private")).errors
    assert error == "aws:s3/bucket:Bucket 'eu': the sandbox does not know its input acl"
    (error,) = stack.up(lambda: s3.Bucket("eu")).errors
    assert error == "aws:s3/bucket:Bucket 'eu': it has no bucket, and the sandbox invents no names"
    (error,) = stack.up(lambda: iam.User("u", name="u")).errors
    assert error == "aws:iam/user:User 'u': the sandbox has no resource type aws:iam/user:User"
