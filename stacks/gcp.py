"""Google Cloud: the buckets of one integration, and what Encord and the checker are granted on them.

What the documents say is decided in `integrations.access.gcp`; here they are only put in place.
The names of resources are part of their URNs: renaming one replaces what it stands for.

An organisation that lets in members of its own domain only refuses Encord's service account:
Google's answer then is that users named in the policy do not belong to a permitted customer.
Which policy that is, and whom to ask, says `access.DOMAIN_POLICY`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_gcp import Provider, storage

from integrations.access import gcp as access
from integrations.access.outputs import outputs
from integrations.environment.model import GcpBucket, GcpIntegration, Settings
from protection import keeps_data

DAY_SECONDS = 86_400


def provision(settings: Settings) -> dict[str, dict[str, Any]]:
    """Everything on Google Cloud. Returns the outputs by integration: the names that a check or a person needs."""
    mine = (one for one in settings.integrations.values() if isinstance(one, GcpIntegration))
    return {integration.name: _provision(integration, settings) for integration in mine}


def _provision(integration: GcpIntegration, settings: Settings) -> dict[str, Any]:
    provider = Provider(f"{integration.name}-gcp", project=integration.project)
    opts = pulumi.ResourceOptions(providers=[provider])
    for bucket in integration.buckets:
        name: pulumi.Input[str] = bucket.name
        if bucket.ownership == "create":
            name = IntegrationBucket(integration, bucket, settings, opts).bucket.name
        BucketGrants(integration, bucket, name, _grants(integration, bucket, settings), opts)
    return outputs(integration, settings)


def _grants(integration: GcpIntegration, bucket: GcpBucket, settings: Settings) -> list[access.Grant]:
    grants = [] if integration.awaiting_encord else access.encord_grants(integration, bucket)
    if checker := settings.checkers.gcp:
        grants += access.checker_grants(integration, bucket, checker)
    return grants


class IntegrationBucket(pulumi.ComponentResource):
    """A bucket of the stack's own: private, encrypted, what was deleted can be restored, and Encord may show it.

    The settings of others' buckets are never touched: for them there is `integrations access show`.
    """

    bucket: storage.Bucket

    def __init__(
        self,
        integration: GcpIntegration,
        bucket: GcpBucket,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = f"{integration.name}-{bucket.name}"
        super().__init__("encord:gcp:IntegrationBucket", name, None, opts)
        key = bucket.kms_key
        self.bucket = storage.Bucket(
            name,
            name=bucket.name,
            location=bucket.location,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            cors=[_cors(access.cors_rule(settings.cors_origins))],
            soft_delete_policy=storage.BucketSoftDeletePolicyArgs(
                retention_duration_seconds=bucket.soft_delete_days * DAY_SECONDS
            ),
            encryption=storage.BucketEncryptionArgs(default_kms_key_name=key) if key else None,
            labels=access.labels(integration),
            force_destroy=settings.disposable,
            opts=keeps_data(self, disposable=settings.disposable),
        )
        self.register_outputs({"name": self.bucket.name})


class BucketGrants(pulumi.ComponentResource):
    """Roles on one bucket. Each adds to the bucket's policy, so that everybody else's roles stay as they are."""

    def __init__(
        self,
        integration: GcpIntegration,
        bucket: GcpBucket,
        name: pulumi.Input[str],
        grants: Sequence[access.Grant],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """name: the bucket's, as an output where the stack makes the bucket, so that it is made first."""
        super().__init__("encord:gcp:BucketGrants", f"{integration.name}-{bucket.name}", None, opts)
        for grant in grants:
            storage.BucketIAMMember(
                f"{integration.name}-{bucket.name}-{grant.name}",
                bucket=name,
                role=grant.role,
                member=grant.member,
                condition=_condition(grant.condition),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


def _cors(rule: dict[str, Any]) -> storage.BucketCorArgs:
    return storage.BucketCorArgs(
        origins=rule["origin"],
        methods=rule["method"],
        response_headers=rule["responseHeader"],
        max_age_seconds=rule["maxAgeSeconds"],
    )


def _condition(condition: access.Condition | None) -> storage.BucketIAMMemberConditionArgs | None:
    if condition is None:
        return None
    return storage.BucketIAMMemberConditionArgs(title=condition.title, expression=condition.expression)
