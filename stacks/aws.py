"""AWS: buckets, role, Multi-Region Access Point and checker of one integration.

What the documents say is decided in `integrations.access.aws`; here they are only put in place.
The names of resources are part of their URNs: renaming one replaces what it stands for.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_aws import Provider, ProviderAssumeRoleArgs, iam, s3control

from aws_buckets import IntegrationBucket, replicate
from integrations.access import aws as access
from integrations.access import aws_replication as replication
from integrations.access.outputs import ACCESS_POINT, outputs
from integrations.environment.model import AwsBucket, AwsChecker, AwsIntegration, Settings
from protection import keeps_data

# The control plane of Multi-Region Access Points is in us-west-2 alone, and creating one takes a while:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/CreatingMultiRegionAccessPoints.html
ACCESS_POINT_REGION = "us-west-2"
ACCESS_POINT_TIMEOUTS = pulumi.CustomTimeouts(create="60m", delete="60m")


def provision(settings: Settings) -> dict[str, dict[str, Any]]:
    """Everything on AWS. Returns the outputs by integration: the names and ARNs that a check or a person needs."""
    checkers = [CheckerRole(checker, settings) for checker in settings.checkers.aws]
    mine = (one for one in settings.integrations.values() if isinstance(one, AwsIntegration))
    return {integration.name: _provision(integration, settings, checkers) for integration in mine}


def _provision(integration: AwsIntegration, settings: Settings, checkers: Sequence[CheckerRole]) -> dict[str, Any]:
    provider = Provider(f"{integration.name}-aws", region=integration.buckets[0].region)
    own = pulumi.ResourceOptions(providers=[provider])
    # AWS takes a principal in a trust or a bucket policy only if it exists.
    opts = pulumi.ResourceOptions(providers=[provider], depends_on=list(checkers))
    role = None if integration.awaiting_encord else IntegrationRole(integration, opts=opts)
    people: list[pulumi.Resource] = [*checkers, *([role] if role else [])]
    buckets = {
        bucket.name: IntegrationBucket(
            integration,
            bucket,
            settings,
            opts=pulumi.ResourceOptions(providers=[_provider(integration, bucket, provider)], depends_on=people),
        )
        for bucket in integration.buckets
        if bucket.ownership == "create"
    }
    exported = outputs(integration, settings)
    if replication.is_managed(integration):
        replicate(integration, buckets, opts=own)
    if integration.multi_region_access_point:
        point = AccessPoint(
            integration,
            role,
            settings,
            opts=pulumi.ResourceOptions(providers=[provider], depends_on=list(buckets.values())),
        )
        exported[ACCESS_POINT] = {"arn": point.arn, "alias": point.alias}
    return exported


def _provider(integration: AwsIntegration, bucket: AwsBucket, own: Provider) -> Provider:
    """The provider that works in the bucket's account."""
    if not access.is_foreign(integration, bucket):
        return own
    assume = ProviderAssumeRoleArgs(role_arn=bucket.deploy_role)
    return Provider(f"{integration.name}-{bucket.name}-aws", region=bucket.region, assume_roles=[assume])


class IntegrationRole(pulumi.ComponentResource):
    """The role that Encord assumes with its external ID."""

    role: iam.Role

    def __init__(self, integration: AwsIntegration, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("encord:aws:IntegrationRole", integration.name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role = iam.Role(
            f"{integration.name}-role",
            name=integration.role,
            description=f"Encord reads through this role: integration {integration.name}",
            assume_role_policy=json.dumps(access.trust_policy(integration)),
            tags=access.tags(integration),
            opts=child,
        )
        iam.RolePolicy(
            f"{integration.name}-role-objects",
            name=access.OBJECTS_POLICY,
            role=self.role.name,
            policy=json.dumps(access.role_policy(integration)),
            opts=child,
        )
        self.register_outputs({"arn": self.role.arn})


class CheckerRole(pulumi.ComponentResource):
    """The identity of `integrations check` in one account: it may ask, and change nothing."""

    def __init__(self, checker: AwsChecker, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("encord:aws:CheckerRole", f"checker-{checker.account}", None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            f"checker-{checker.account}-role",
            name=checker.role,
            description="integrations check runs as this role",
            assume_role_policy=json.dumps(access.checker_trust_policy(checker)),
            tags=access.tags(checker),
            opts=child,
        )
        iam.RolePolicy(
            f"checker-{checker.account}-policy",
            name=access.CHECKER_POLICY,
            role=role.name,
            policy=json.dumps(access.checker_policy(checker, settings.integrations.values())),
            opts=child,
        )
        self.register_outputs({"arn": role.arn})


class AccessPoint(pulumi.ComponentResource):
    """A Multi-Region Access Point over the integration's buckets, with what the role may do through it.

    Every change of it is a replacement, and its alias dies with it, and so does every URL that
    was registered with that alias: outside a disposable environment it is protected.
    """

    arn: pulumi.Output[str]
    alias: pulumi.Output[str]

    def __init__(
        self,
        integration: AwsIntegration,
        role: IntegrationRole | None,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("encord:aws:AccessPoint", integration.name, None, opts)
        wanted = integration.multi_region_access_point
        assert wanted is not None  # noqa: S101 - the caller decided
        regions = [
            s3control.MultiRegionAccessPointDetailsRegionArgs(
                bucket=bucket.name, bucket_account_id=access.bucket_account(integration, bucket)
            )
            for bucket in integration.buckets
        ]
        blocked = s3control.MultiRegionAccessPointDetailsPublicAccessBlockArgs(
            block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
        )
        point = s3control.MultiRegionAccessPoint(
            f"{integration.name}-access-point",
            account_id=integration.account,
            region=ACCESS_POINT_REGION,
            details=s3control.MultiRegionAccessPointDetailsArgs(
                name=wanted.name, regions=regions, public_access_block=blocked
            ),
            # Its name is taken until it is gone, so the old one goes first.
            opts=keeps_data(
                self, disposable=settings.disposable, delete_before_replace=True, custom_timeouts=ACCESS_POINT_TIMEOUTS
            ),
        )
        self.alias, self.arn = point.alias, point.arn
        child = pulumi.ResourceOptions(parent=self)
        s3control.MultiRegionAccessPointPolicy(
            f"{integration.name}-access-point-policy",
            account_id=integration.account,
            region=ACCESS_POINT_REGION,
            details=s3control.MultiRegionAccessPointPolicyDetailsArgs(
                name=wanted.name,
                policy=point.alias.apply(lambda alias: json.dumps(access.access_point_policy(integration, alias))),
            ),
            opts=child,
        )
        if role is not None:
            iam.RolePolicy(
                f"{integration.name}-role-access-point",
                name=access.ACCESS_POINT_POLICY,
                role=role.role.name,
                policy=point.alias.apply(lambda alias: json.dumps(access.access_point_role_policy(integration, alias))),
                opts=child,
            )
        self.register_outputs({"arn": self.arn, "alias": self.alias})
