"""Role and data in different accounts: the bucket's own policy lets the role in, and nobody else."""

from __future__ import annotations

import json

import pytest

from integrations.errors import ExitCode
from integrations_sandbox.clouds import aws as local_aws

pytest_plugins = ["stage"]
CLOUD = "aws"
DATA_ACCOUNT = "333333333333"
DEPLOY_ROLE = f"arn:aws:iam::{DATA_ACCOUNT}:role/deploy"


@pytest.fixture
def foreign(stage):
    """The bucket is made in another account, in which the deployer becomes a role of its own."""
    iam = stage.root_client("iam", DATA_ACCOUNT)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{local_aws.CUSTOMER_ACCOUNT}:user/{local_aws.DEPLOYER_USER}"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName="deploy", PolicyName="s3", PolicyDocument=json.dumps(everything))
    stage.rewrite(
        "{name: acme-media-eu, region: eu-west-2, ownership: create}",
        "{name: acme-foreign-eu, region: eu-west-2, ownership: create, "
        f'account: "{DATA_ACCOUNT}", deployRole: "{DEPLOY_ROLE}"}}',
    )
    stage.up()
    s3 = stage.root_client("s3", DATA_ACCOUNT)
    s3.put_object(Bucket="acme-foreign-eu", Key="probe/pixel.png", Body=b"picture")
    yield s3
    # The role stays until the stack is back where it was: with it the bucket is removed.
    stage.restore()
    iam.delete_role_policy(RoleName="deploy", PolicyName="s3")
    iam.delete_role(RoleName="deploy")


def test_the_bucket_is_in_the_other_account_and_every_question_passes(stage, foreign):
    assert "acme-foreign-eu" in [bucket["Name"] for bucket in foreign.list_buckets()["Buckets"]]
    mine = stage.client("s3").list_buckets()["Buckets"]
    assert "acme-foreign-eu" not in [bucket["Name"] for bucket in mine]
    code, found = stage.check("--integration", "media")
    assert (code, found) == (ExitCode.CLEAN, {})


def test_a_role_that_the_bucket_does_not_name_is_refused_whatever_its_own_policy_says(stage, foreign):
    """The deployer may do everything in the own account."""
    with pytest.raises(foreign.exceptions.ClientError, match="AccessDenied"):
        stage.client("s3").get_object(Bucket="acme-foreign-eu", Key="probe/pixel.png")


def test_without_the_buckets_own_policy_the_role_is_refused(stage, foreign):
    policy = json.loads(foreign.get_bucket_policy(Bucket="acme-foreign-eu")["Policy"])
    policy["Statement"] = [s for s in policy["Statement"] if s["Sid"] != "EncordIntegrationsRole"]
    foreign.put_bucket_policy(Bucket="acme-foreign-eu", Policy=json.dumps(policy))
    code, found = stage.check("--integration", "media")
    assert code == ExitCode.FINDINGS
    # One cause, one failure: reading is not asked where the bucket's policy is known to let nobody in.
    assert found["fail"] == {"ACC406"}


def test_a_bucket_of_another_account_needs_a_way_in(stage):
    stage.rewrite(
        "{name: acme-media-eu, region: eu-west-2, ownership: create}",
        f'{{name: acme-foreign-eu, region: eu-west-2, ownership: create, account: "{DATA_ACCOUNT}"}}',
    )
    ran = stage.run_here("env", "show", "sandbox")
    assert ran.code == ExitCode.USAGE
    assert "needs a `deployRole`" in ran.err
