"""Data is encrypted at rest, with the key that the environment names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import Severity

import kinds
from environment import google_buckets, store_buckets
from integrations.environment.model import AwsBucket, AwsIntegration, Settings
from kinds import kind_of
from rule import Finding, Resource, Rule, without_companion


def _judge(resource: Resource, settings: Settings) -> Iterator[str]:
    match kind_of(resource.resource_type):
        case kinds.STORAGE_ACCOUNT:
            yield from _azure(resource)
        case kinds.OBS_BUCKET:
            yield from _store(resource, settings)
        case kinds.GCS_BUCKET:
            yield from _google(resource, settings)
        case _:
            yield from _aws(resource, settings)


def _aws(resource: Resource, settings: Settings) -> Iterator[str]:
    wanted = _configured_key(resource.props.get("bucket"), settings)
    rules = resource.props.get("rules") or ()
    defaults = [rule.get("applyServerSideEncryptionByDefault") or {} for rule in rules]
    if not any(default.get("sseAlgorithm") for default in defaults):
        yield "it names no algorithm: set sseAlgorithm"
    for default in defaults:
        key = default.get("kmsMasterKeyId")
        if wanted != key:
            yield _other_key(key, wanted)


def _azure(resource: Resource) -> Iterator[str]:
    services = (resource.props.get("encryption") or {}).get("services") or {}
    if (services.get("blob") or {}).get("enabled") is False:
        yield "encryption.services.blob is switched off: leave it out"


def _store(resource: Resource, settings: Settings) -> Iterator[str]:
    key = resource.props.get("kmsKey")
    for _, bucket in store_buckets(settings, resource.props.get("bucket")):
        if key != bucket.kms_key:
            yield _other_key(key, bucket.kms_key)


def _google(resource: Resource, settings: Settings) -> Iterator[str]:
    key = (resource.props.get("encryption") or {}).get("defaultKmsKeyName")
    for _, bucket in google_buckets(settings, resource.props.get("name")):
        if key != bucket.kms_key:
            yield _other_key(key, bucket.kms_key)


def _other_key(key: str | None, wanted: str | None) -> str:
    return f"the key is {key or 'one of the cloud itself'}, and the environment names {wanted or 'none'}: set `kmsKey`"


def _configured_key(name: str | None, settings: Settings) -> str | None:
    found: list[AwsBucket] = [
        bucket
        for integration in settings.integrations.values()
        if isinstance(integration, AwsIntegration)
        for bucket in integration.buckets
        if bucket.name == name
    ]
    return found[0].kms_key if found else None


ENCRYPTED_AS_CONFIGURED = Rule(
    id="encrypted-as-configured",
    title="A bucket is encrypted with the key that the environment names.",
    severity=Severity.HIGH,
    mandatory=True,
    demands={
        kinds.AWS: "The bucket's default encryption names an algorithm, and exactly the key that `kmsKey` names, if any.",
        kinds.GOOGLE: "The bucket's default key is exactly the one that `kmsKey` names, if any.",
        kinds.OTC: "The bucket's default encryption has exactly the key that `kmsKey` names, if any.",
        kinds.AZURE: "The account does not switch the encryption of blobs off.",
    },
    why="With another key than the role may use, objects answer 403 though every policy looks right.",
    fix="Set `kmsKey` of the bucket in the environment file; the role's statement for the key follows from it.",
    unseen="Whether an S3-compatible store encrypts without a key of yours is the store's matter.",
    kinds=frozenset({kinds.BUCKET_ENCRYPTION, kinds.STORAGE_ACCOUNT, kinds.OBS_BUCKET, kinds.GCS_BUCKET}),
    judge=_judge,
)


def _judge_stack(resources: Sequence[Resource], _settings: Settings) -> Iterator[Finding]:
    yield from without_companion(
        resources,
        kinds.BUCKET,
        kinds.BUCKET_ENCRYPTION,
        lambda name: f"bucket {name} states no default encryption: add a BucketServerSideEncryptionConfiguration",
    )


EVERY_BUCKET_STATES_ITS_ENCRYPTION = Rule(
    id="every-bucket-states-its-encryption",
    title="Every bucket states its default encryption.",
    severity=Severity.MEDIUM,
    mandatory=True,
    demands={kinds.AWS: "For each bucket of the stack there is a default encryption in the stack."},
    why="S3 encrypts with keys of its own if nothing is said; then nobody notices when that should be another key.",
    fix="Give the bucket a `BucketServerSideEncryptionConfiguration`.",
    unseen="It spans resources, so `pulumi up` alone asks it last: have `pulumi preview` judge first.",
    kinds=frozenset({kinds.BUCKET, kinds.BUCKET_ENCRYPTION}),
    judge_stack=_judge_stack,
)
