"""Open Telekom Cloud's OBS and other S3-compatible stores: the buckets of one integration, with what Encord may do there.

What the documents say is decided in `integrations.access.s3_compatible`; here they are only put in place. How a
bucket is made stands in the installed package, where the process that runs it finds it too.
"""

from __future__ import annotations

import json
from typing import Any

import pulumi

from integrations.access import s3_compatible as access
from integrations.access.outputs import outputs
from integrations.environment.model import Settings
from integrations.environment.s3_compatible import OtcIntegration, S3Compatible, S3CompatibleBucket, S3Integration
from integrations.s3_compatible.provider import ObsBucket
from protection import keeps_data


def provision(settings: Settings) -> dict[str, dict[str, Any]]:
    """Everything on these stores. Returns the outputs by integration: what a check or a person needs, and no key."""
    mine = (one for one in settings.integrations.values() if isinstance(one, OtcIntegration | S3Integration))
    return {integration.name: _provision(integration, settings) for integration in mine}


def _provision(integration: S3Compatible, settings: Settings) -> dict[str, Any]:
    for bucket in integration.buckets:
        if bucket.ownership == "create":
            IntegrationBucket(integration, bucket, settings)
    return outputs(integration, settings)


class IntegrationBucket(pulumi.ComponentResource):
    """A bucket of the stack's own. Those of others are never touched: for them there is `integrations access show`."""

    bucket: ObsBucket

    def __init__(
        self,
        integration: S3Compatible,
        bucket: S3CompatibleBucket,
        settings: Settings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        name = f"{integration.name}-{bucket.name}"
        super().__init__("encord:s3:IntegrationBucket", name, None, opts)
        policy = access.bucket_policy(integration, bucket, access.checker_principal(integration, settings))
        self.bucket = ObsBucket(
            name,
            store=integration.store,
            profile=integration.profile,
            bucket=bucket.name,
            policy=json.dumps(policy) if policy else None,
            cors_origins=settings.cors_origins if integration.store.cors == "bucket" else None,
            kms_key=bucket.kms_key,
            force_destroy=settings.disposable,
            opts=keeps_data(self, disposable=settings.disposable),
        )
        self.register_outputs({"name": self.bucket.bucket})
