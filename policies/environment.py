"""What the rules want to know of the environment: which integration has a bucket, and whether image sequences are on."""

from __future__ import annotations

from integrations.environment.model import GcpBucket, GcpIntegration, Settings
from integrations.environment.s3_compatible import OtcIntegration, S3Compatible, S3CompatibleBucket, S3Integration

StoreBucket = tuple[S3Compatible, S3CompatibleBucket]


def store_buckets(settings: Settings, name: str | None) -> list[StoreBucket]:
    """A bucket on an S3-compatible store as the environment file has it; several integrations may share it."""
    return [
        (integration, bucket)
        for integration in settings.integrations.values()
        if isinstance(integration, OtcIntegration | S3Integration)
        for bucket in integration.buckets
        if bucket.name == name
    ]


def google_buckets(settings: Settings, name: str | None) -> list[tuple[GcpIntegration, GcpBucket]]:
    """The same on Google Cloud."""
    return [
        (integration, bucket)
        for integration in settings.integrations.values()
        if isinstance(integration, GcpIntegration)
        for bucket in integration.buckets
        if bucket.name == name
    ]
