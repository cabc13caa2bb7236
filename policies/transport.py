"""Data travels encrypted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import Severity

import documents
import kinds
from environment import store_buckets
from integrations.access import aws, azure, compare
from integrations.environment.model import Settings
from kinds import kind_of
from rule import Finding, Resource, Rule, without_companion

# Where it is not set, it means TLS 1.0, and there is no newer one to set yet:
# https://learn.microsoft.com/dotnet/api/azure.resourcemanager.storage.storageaccountdata.minimumtlsversion
TLS = azure.account_properties()["minimumTlsVersion"]


def _judge(resource: Resource, settings: Settings) -> Iterator[str]:
    props = resource.props
    match kind_of(resource.resource_type):
        case kinds.BUCKET_POLICY:
            yield from _bucket_policy(props)
        case kinds.ACCESS_POINT_POLICY:
            yield from _access_point_policy(documents.parsed((props.get("details") or {}).get("policy")))
        case kinds.OBS_BUCKET:
            known = store_buckets(settings, props.get("bucket"))
            if not known or any(integration.store.grants == "bucket-policy" for integration, _ in known):
                yield from _bucket_policy(props)
        case kinds.STORAGE_ACCOUNT:
            if props.get("enableHttpsTrafficOnly") is False:
                yield "enableHttpsTrafficOnly is off: set it to true"
            if (version := props.get("minimumTlsVersion")) != TLS:
                yield f"minimumTlsVersion is {version or 'not set, which means TLS 1.0'}: set it to {TLS}"


def _bucket_policy(props: Mapping[str, Any]) -> Iterator[str]:
    wanted = aws.plain_http_denial(f"arn:aws:s3:::{props.get('bucket')}", "/*")
    if not compare.contains(documents.parsed(props.get("policy")), wanted):
        yield f"the policy does not deny plain HTTP: add {json.dumps(wanted)}"


def _access_point_policy(document: Mapping[str, Any]) -> Iterator[str]:
    """AWS makes the access point's alias up, so its ARN is known from the document only."""
    arns = [arn for statement in compare.statements(document) for arn in documents.resources(statement)]
    if not any(compare.contains(document, aws.plain_http_denial(arn, "/object/*")) for arn in arns):
        yield "the access point's policy does not deny plain HTTP: add a denial on aws:SecureTransport"


TLS_ONLY = Rule(
    id="tls-only",
    title="Plain HTTP is denied.",
    severity=Severity.MEDIUM,
    mandatory=True,
    demands={
        kinds.AWS: "The policy of a bucket, and of an access point, denies plain HTTP to everybody, with the statement"
        " that `integrations access show` prints.",
        kinds.AZURE: "The account takes HTTPS only, from TLS 1.2 on.",
        kinds.OTC: "The bucket's policy denies plain HTTP to everybody, with the statement that `integrations access show`"
        " prints; not where the store has no bucket policies (`grants: user-policy`).",
    },
    why="A signed URL that travels in clear is a key to the object for everybody on the way.",
    fix="Add the statement that the message shows, or set what it names.",
    unseen="On Google Cloud a bucket has no such setting; an organisation has one"
    " (https://docs.cloud.google.com/storage/docs/org-policy-constraints).",
    kinds=frozenset({kinds.BUCKET_POLICY, kinds.ACCESS_POINT_POLICY, kinds.STORAGE_ACCOUNT, kinds.OBS_BUCKET}),
    judge=_judge,
)


def _judge_stack(resources: Sequence[Resource], _settings: Settings) -> Iterator[Finding]:
    yield from without_companion(
        resources,
        kinds.BUCKET,
        kinds.BUCKET_POLICY,
        lambda name: f"bucket {name} has no policy that denies plain HTTP: add a BucketPolicy",
    )


EVERY_BUCKET_IS_TLS_ONLY = Rule(
    id="every-bucket-is-tls-only",
    title="Every bucket has a policy, in which plain HTTP is denied.",
    severity=Severity.MEDIUM,
    mandatory=True,
    demands={kinds.AWS: "For each bucket of the stack there is a bucket policy in the stack."},
    why="A signed URL that travels in clear is a key to the object for everybody on the way.",
    fix="Give the bucket a `BucketPolicy`; `tls-only` says what must be in it.",
    unseen="It spans resources, so `pulumi up` alone asks it last: have `pulumi preview` judge first.",
    kinds=frozenset({kinds.BUCKET, kinds.BUCKET_POLICY}),
    judge_stack=_judge_stack,
)
