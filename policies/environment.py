"""What the rules want to know of the environment: which integration has a bucket, and whether image sequences are on."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.environment.model import Integration, Settings
from integrations.environment.s3_compatible import OtcIntegration, S3Compatible, S3CompatibleBucket, S3Integration

StoreBucket = tuple[S3Compatible, S3CompatibleBucket]


def integrations_with(settings: Settings, cloud: str, names: Iterable[str]) -> list[Integration]:
    """The integrations of a cloud that have a bucket (container) of one of these names."""
    wanted = set(names)
    return [one for one in _of(settings, cloud) if wanted & {bucket.name for bucket in one.buckets}]


def sequences_everywhere(settings: Settings, cloud: str) -> bool:
    """Whether every integration of a cloud has image sequences on: what a grant to all its buckets needs."""
    found = _of(settings, cloud)
    return bool(found) and all(one.image_sequences for one in found)


def store_buckets(settings: Settings, name: str | None) -> list[StoreBucket]:
    """A bucket on an S3-compatible store as the environment file has it; several integrations may share it."""
    return [
        (integration, bucket)
        for integration in settings.integrations.values()
        if isinstance(integration, OtcIntegration | S3Integration)
        for bucket in integration.buckets
        if bucket.name == name
    ]


def _of(settings: Settings, cloud: str) -> list[Integration]:
    return [one for one in settings.integrations.values() if one.cloud == cloud]
