"""Writing on OBS and other S3-compatible stores: what a bucket's policy grants, against what `integrations.access` states."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

import documents
from documents import Statement
from environment import StoreBucket, store_buckets
from integrations.access import s3_compatible as access
from integrations.environment.model import Settings
from integrations.environment.s3_compatible import S3Compatible, S3CompatibleBucket
from rule import Resource


def judge(resource: Resource, settings: Settings) -> Iterator[str]:
    """Every right to write that the bucket's policy gives, and that access does not state anywhere in the bucket."""
    known = store_buckets(settings, resource.props.get("bucket"))
    anywhere = [(replace(integration, write_prefix=""), bucket) for integration, bucket in known]
    for who, action, target in _beyond(resource, settings, [*known, *anywhere]):
        on = bool(known) and all(integration.image_sequences for integration, _ in known)
        why = "image sequences do not need that" if on else "image sequences are off for this bucket"
        yield f"{who} may {action} on {target}: {why}; take it away"


def outside_prefix(resource: Resource, settings: Settings) -> Iterator[str]:
    """Every right to write that is stated for the bucket, and given outside of the write prefix."""
    if not any(judge(resource, settings)):
        for who, action, target in _beyond(resource, settings, store_buckets(settings, resource.props.get("bucket"))):
            yield f"{who} may {action} on {target}, outside of writePrefix"


def _beyond(resource: Resource, settings: Settings, known: list[StoreBucket]) -> Iterator[tuple[str, str, str]]:
    stated = [statement for integration, bucket in known for statement in _stated(integration, bucket, settings)]
    for statement in documents.allowing(resource.props.get("policy")):
        who = access.named(statement)
        same = [one for one in stated if who <= access.named(one)]
        for action, target in documents.writes([statement]):
            if not documents.covered(action, target, same):
                yield ", ".join(sorted(who)), action, target


def _stated(integration: S3Compatible, bucket: S3CompatibleBucket, settings: Settings) -> list[Statement]:
    checker = access.checker_principal(integration, settings)
    return list(documents.allowing(access.bucket_policy(integration, bucket, checker)))
