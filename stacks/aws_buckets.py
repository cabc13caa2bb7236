"""AWS: a private, encrypted, versioned bucket that Encord's web application may show, and its replication."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import iam, s3

from integrations.access import aws as access
from integrations.access import aws_replication as replication
from integrations.environment.model import AwsBucket, AwsIntegration, Settings
from protection import keeps_data


class IntegrationBucket(pulumi.ComponentResource):
    """A bucket of the stack's own. Those of others are never touched: for them there is `integrations access show`."""

    bucket: s3.Bucket
    versioning: s3.BucketVersioning

    def __init__(
        self,
        integration: AwsIntegration,
        bucket: AwsBucket,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = f"{integration.name}-{bucket.name}"
        super().__init__("encord:aws:IntegrationBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = s3.Bucket(
            name,
            bucket=bucket.name,
            region=bucket.region,
            force_destroy=settings.disposable,
            tags=access.tags(integration),
            opts=keeps_data(self, disposable=settings.disposable),
        )
        s3.BucketPublicAccessBlock(
            f"{name}-public-access",
            bucket=self.bucket.bucket,
            region=bucket.region,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=self.bucket.bucket,
            region=bucket.region,
            rules=[_encryption(bucket)],
            opts=child,
        )
        self.versioning = s3.BucketVersioning(
            f"{name}-versioning",
            bucket=self.bucket.bucket,
            region=bucket.region,
            versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        s3.BucketCorsConfiguration(
            f"{name}-cors",
            bucket=self.bucket.bucket,
            region=bucket.region,
            cors_rules=[_cors(access.cors_rule(settings.cors_origins))],
            opts=child,
        )
        s3.BucketPolicy(
            f"{name}-policy",
            bucket=self.bucket.bucket,
            region=bucket.region,
            policy=json.dumps(access.bucket_policy(integration, bucket, settings.aws_checker(integration.account))),
            opts=child,
        )
        self.register_outputs({"name": self.bucket.bucket})


def replicate(
    integration: AwsIntegration, buckets: Mapping[str, IntegrationBucket], opts: pulumi.ResourceOptions
) -> None:
    """Two-way replication between the buckets that the stack owns; the others' owners get it printed."""
    name = f"{integration.name}-replication"
    role = iam.Role(
        name,
        name=replication.replication_role(integration),
        description=f"S3 keeps the buckets of integration {integration.name} equal with this role",
        assume_role_policy=json.dumps(replication.replication_trust_policy()),
        tags=access.tags(integration),
        opts=opts,
    )
    policy = iam.RolePolicy(
        f"{name}-policy",
        name=replication.REPLICATION_POLICY,
        role=role.name,
        policy=json.dumps(replication.replication_policy(integration)),
        opts=opts,
    )
    # S3 refuses a rule whose source or destination is not versioned yet.
    ready: list[pulumi.Resource] = [policy, *(bucket.versioning for bucket in buckets.values())]
    for bucket in integration.buckets:
        if owned := buckets.get(bucket.name):
            s3.BucketReplicationConfig(
                f"{integration.name}-{bucket.name}-replication",
                bucket=owned.bucket.bucket,
                region=bucket.region,
                role=role.arn,
                rules=[
                    _replication_rule(r) for r in replication.replication_configuration(integration, bucket)["Rules"]
                ],
                opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=ready)),
            )


def _cors(rule: dict[str, Any]) -> s3.BucketCorsConfigurationCorsRuleArgs:
    return s3.BucketCorsConfigurationCorsRuleArgs(
        id=rule["ID"],
        allowed_origins=rule["AllowedOrigins"],
        allowed_methods=rule["AllowedMethods"],
        allowed_headers=rule["AllowedHeaders"],
        expose_headers=rule["ExposeHeaders"],
        max_age_seconds=rule["MaxAgeSeconds"],
    )


def _encryption(bucket: AwsBucket) -> s3.BucketServerSideEncryptionConfigurationRuleArgs:
    default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms" if bucket.kms_key else "AES256", kms_master_key_id=bucket.kms_key
    )
    return s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=default, bucket_key_enabled=True
    )


def _replication_rule(rule: dict[str, Any]) -> s3.BucketReplicationConfigRuleArgs:
    destination, selection = rule["Destination"], rule["SourceSelectionCriteria"]
    encryption = destination.get("EncryptionConfiguration")
    encrypted = selection.get("SseKmsEncryptedObjects")
    return s3.BucketReplicationConfigRuleArgs(
        id=rule["ID"],
        priority=rule["Priority"],
        status=rule["Status"],
        filter=s3.BucketReplicationConfigRuleFilterArgs(prefix=rule["Filter"]["Prefix"]),
        delete_marker_replication=s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs(
            status=rule["DeleteMarkerReplication"]["Status"]
        ),
        source_selection_criteria=s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs(
            replica_modifications=s3.BucketReplicationConfigRuleSourceSelectionCriteriaReplicaModificationsArgs(
                status=selection["ReplicaModifications"]["Status"]
            ),
            sse_kms_encrypted_objects=encrypted
            and s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs(
                status=encrypted["Status"]
            ),
        ),
        destination=s3.BucketReplicationConfigRuleDestinationArgs(
            bucket=destination["Bucket"],
            encryption_configuration=encryption
            and s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs(
                replica_kms_key_id=encryption["ReplicaKmsKeyID"]
            ),
        ),
    )
