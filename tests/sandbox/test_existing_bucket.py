"""A bucket that somebody else owns is used, and nothing of theirs changes: not on up, not on destroy."""

from __future__ import annotations

import json

import pytest

from integrations.errors import ExitCode
from integrations_sandbox import sandbox

pytest_plugins = ["stage"]
CLOUD = "aws"

BUCKET = "acme-owned-by-others"
THEIR_CORS = [
    {"ID": "theirs", "AllowedOrigins": ["https://shop.example"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"]}
]
THEIR_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/archive/*",
        }
    ],
}  # fmt: skip


@pytest.fixture
def owned(stage):
    """Their bucket, with their data, CORS rules and policy, named in the environment as existing."""
    s3 = stage.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    s3.put_object(Bucket=BUCKET, Key="probe/pixel.png", Body=b"theirs")
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": THEIR_CORS})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(THEIR_POLICY))
    stage.rewrite(
        "{name: acme-media-eu, region: eu-west-2, ownership: create}",
        f"{{name: {BUCKET}, region: eu-west-2, ownership: existing}}",
    )
    yield s3
    # The policy forbids deleting in one folder only; theirs is emptied by its owner.
    for version in s3.list_object_versions(Bucket=BUCKET).get("Versions", []):
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)


def _what_is_there(s3):
    return (
        s3.get_bucket_cors(Bucket=BUCKET)["CORSRules"],
        json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]),
        s3.get_bucket_versioning(Bucket=BUCKET).get("Status"),
        s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"],
        s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"],
        [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]],
    )


def test_up_changes_nothing_of_the_owner_and_lets_encord_read(stage, owned):
    before = _what_is_there(owned)
    stage.up()
    assert _what_is_there(owned) == before
    code, found = stage.check("--integration", "media")
    assert code == ExitCode.FINDINGS
    # The role reads; what only the owner may set is found missing, and nothing else.
    assert found == {
        "fail": {"COR201", "COR202", "COR203"},
        "warning": {"BKT105"},
        "skip": {"COR204", "COR205", "COR206", "COR207"},
    }


def test_what_the_owner_must_add_is_printed_merged_with_what_is_theirs(stage, owned):
    ran = stage.run_here("access", "show", "media", "-d", "cors", profile="deployer")
    assert ran.code == ExitCode.CLEAN
    rules = ran.json["CORSRules"]
    assert rules[0] == THEIR_CORS[0]
    assert rules[1]["AllowedOrigins"] == ["https://app.encord.com"]
    owned.put_bucket_cors(Bucket=BUCKET, CORSConfiguration=ran.json)
    stage.up()
    code, found = stage.check("--integration", "media", "--select", "COR")
    assert (code, found) == (ExitCode.CLEAN, {})


def test_a_document_that_may_not_be_read_is_said_to_be_unmerged(stage, owned):
    ran = stage.run_here("access", "show", "media", profile="ci")
    assert ran.code == ExitCode.CLEAN
    assert "not merged, because the bucket's documents could not be read (AccessDenied)" in ran.out


def test_destroy_leaves_the_bucket_and_what_is_in_it(stage, owned):
    before = _what_is_there(owned)
    here = sandbox.open_sandbox(stage.root)
    assert sandbox.provision(here, "destroy").ok
    assert _what_is_there(owned) == before
