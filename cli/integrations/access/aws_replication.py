"""AWS: two-way replication between the buckets of a Multi-Region Access Point.

A point sends a request to the nearest bucket and does not copy anything: what that
bucket lacks is a 404, though another one has it. So every bucket replicates to every
other (https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointBucketReplication.html).
"""

from __future__ import annotations

from typing import Any

from integrations.access.aws import VERSION, Document, Statement, bucket_arn
from integrations.environment.model import AwsBucket, AwsIntegration

REPLICATION_POLICY = "replication"


def is_managed(integration: AwsIntegration) -> bool:
    """Whether the stack keeps the buckets equal."""
    point = integration.multi_region_access_point
    return point is not None and point.replication == "managed"


def replication_role(integration: AwsIntegration) -> str:
    """The name of the role that S3 replicates with."""
    return f"{integration.role[:52]}-replication"


def replication_role_arn(integration: AwsIntegration) -> str:
    return f"arn:aws:iam::{integration.account}:role/{replication_role(integration)}"


def replication_trust_policy() -> Document:
    """S3 itself assumes the replication role."""
    statement = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement]}


def replication_policy(integration: AwsIntegration) -> Document:
    """What S3 needs to copy every object, its tags and its deletion, from any bucket to any other.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    arns = [bucket_arn(bucket) for bucket in integration.buckets]
    objects = [f"{arn}/*" for arn in arns]
    read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
    statements: list[Statement] = [
        {"Effect": "Allow", "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"], "Resource": arns},
        {"Effect": "Allow", "Action": read, "Resource": objects},
        {
            "Effect": "Allow",
            "Action": ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"],
            "Resource": objects,
        },
    ]
    if keys := [bucket.kms_key for bucket in integration.buckets if bucket.kms_key]:
        statements.append({"Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": keys})
    return {"Version": VERSION, "Statement": statements}


def replication_configuration(integration: AwsIntegration, bucket: AwsBucket) -> dict[str, Any]:
    """The replication configuration of one bucket, in S3's words: one rule to each of the others."""
    others = [other for other in integration.buckets if other != bucket]
    return {
        "Role": replication_role_arn(integration),
        "Rules": [_rule(bucket, other, priority) for priority, other in enumerate(others, start=1)],
    }


def _rule(source: AwsBucket, target: AwsBucket, priority: int) -> dict[str, Any]:
    destination: dict[str, Any] = {"Bucket": bucket_arn(target)}
    if target.kms_key:
        destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": target.kms_key}
    # Changes of tags on a replica travel back too; without this, two-way replication is not.
    selection: dict[str, Any] = {"ReplicaModifications": {"Status": "Enabled"}}
    if source.kms_key:
        selection["SseKmsEncryptedObjects"] = {"Status": "Enabled"}
    return {
        "ID": f"to-{target.name}",
        "Priority": priority,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": selection,
        "Destination": destination,
    }
