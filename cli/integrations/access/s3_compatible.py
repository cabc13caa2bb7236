"""Open Telekom Cloud's OBS and other S3-compatible stores: what a bucket's policy and CORS rules must say.

There is no role to assume: Encord comes as an IAM user of yours, with an access key that is pasted into its dialog.
So the bucket's policy is where everything is granted, to that user by name.

A bucket policy that is sent through the S3 protocol is written in S3's words on OBS too: version 2008-10-17,
actions `s3:…`, principals `arn:aws:iam::<domain id>:user/<user>` ("Bucket Policy" in the S3 API reference of OBS,
https://docs.otc.t-systems.com/object-storage-service/). OBS's own way to name a user, which its console shows, is
`domain/<domain id>:user/<user>`
(https://docs.otc.t-systems.com/object-storage-service/api-ref/apis/advanced_bucket_settings/configuring_a_bucket_policy.html).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.access import aws
from integrations.access.aws import Document, Statement
from integrations.access.compare import statements
from integrations.environment.model import Settings
from integrations.environment.s3_compatible import OtcIntegration, S3Compatible, S3CompatibleBucket

VERSIONS = {"obs": "2008-10-17", "s3": aws.VERSION}
SID_READ = "EncordIntegrationsRead"
SID_LIST = "EncordIntegrationsList"
SID_WRITE = "EncordIntegrationsWrite"
SID_CHECKER_CLEANS = "EncordIntegrationsCheckerCleans"
SIDS = (aws.SID_TLS, SID_READ, SID_LIST, SID_WRITE, aws.SID_CHECKER, SID_CHECKER_CLEANS)
# By the names of the S3 API reference of OBS, which has none for the question of default encryption.
BUCKET_QUESTIONS = (
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketLocation",
    "s3:GetBucketPolicy",
    "s3:ListBucket",
)
_OBS_PRINCIPAL = re.compile(r"domain/(?P<domain>[^:]+):user/(?P<user>.+)")

cors_rule = aws.cors_rule


def principal_arn(principal: str) -> str:
    """A user as a bucket policy in S3's words names them; one that is an ARN already is left as it is."""
    match = _OBS_PRINCIPAL.fullmatch(principal)
    return f"arn:aws:iam::{match['domain']}:user/{match['user']}" if match else principal


def bucket_arn(bucket: S3CompatibleBucket) -> str:
    return f"arn:aws:s3:::{bucket.name}"


def checker_principal(integration: S3Compatible, settings: Settings) -> str | None:
    """The user that `integrations check` runs as at the integration's store, if one is configured."""
    if isinstance(integration, OtcIntegration):
        return settings.checkers.otc.principal if settings.checkers.otc else None
    mine = (checker for checker in settings.checkers.s3 if checker.endpoint == integration.endpoint)
    return next((checker.principal for checker in mine), None)


def granted(integration: S3Compatible) -> tuple[str, ...]:
    """The ARNs of those who get what Encord needs: Encord's user, and the check principal. Nobody before Encord's
    user is known."""
    if integration.awaiting_encord:
        return ()
    named = (integration.encord.principal, integration.check_principal)
    return tuple(dict.fromkeys(principal_arn(principal) for principal in named if principal))


def bucket_policy(integration: S3Compatible, bucket: S3CompatibleBucket, checker: str | None) -> Document | None:
    """The whole policy of a bucket of the stack's own; None where the store has none for single users."""
    if integration.store.grants == "user-policy":
        return None
    statements = [aws.plain_http_denial(bucket_arn(bucket), "/*"), *grants(integration, bucket, checker)]
    return {"Version": VERSIONS[integration.store.dialect], "Statement": statements}


def grants(integration: S3Compatible, bucket: S3CompatibleBucket, checker: str | None) -> list[Statement]:
    """The statements that let somebody in."""
    return [*encord_grants(integration, bucket), *_checker_grants(integration, bucket, checker)]


def encord_grants(integration: S3Compatible, bucket: S3CompatibleBucket) -> list[Statement]:
    """What Encord's user may do with the bucket: read; list and write where the integration says so."""
    if not (who := granted(integration)):
        return []
    return [{**statement, "Principal": {"AWS": list(who)}} for statement in needs(integration, bucket)]


def needs(integration: S3Compatible, bucket: S3CompatibleBucket) -> list[Statement]:
    """The same without naming anybody, as a policy of the user itself says it."""
    arn = bucket_arn(bucket)
    readable = integration.prefixes or ("",)
    if integration.image_sequences and integration.prefixes:
        readable = tuple(dict.fromkeys((*readable, integration.write_prefix)))  # it shows what it wrote
    statements = [_allow(SID_READ, ["s3:GetObject"], [f"{arn}/{prefix}*" for prefix in readable])]
    if integration.cloud_synced_folders:
        listing = _allow(SID_LIST, ["s3:ListBucket"], [arn])
        if integration.prefixes:
            listing["Condition"] = {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in integration.prefixes]}}
        statements.append(listing)
    if integration.image_sequences:
        statements.append(_allow(SID_WRITE, ["s3:PutObject"], [f"{arn}/{integration.write_prefix}*"]))
    return statements


def user_policy(integration: S3Compatible) -> Document:
    """What a policy attached to Encord's user must say, where a store has no bucket policies for single users."""
    found = [statement for bucket in integration.buckets for statement in needs(integration, bucket)]
    numbered = [{**statement, "Sid": f"{statement['Sid']}{number}"} for number, statement in enumerate(found)]
    return {"Version": VERSIONS[integration.store.dialect], "Statement": numbered}


def write_probe_prefix(integration: S3Compatible) -> str:
    """Where `integrations check --write-probe` writes its object, and nothing else does."""
    return f"{integration.write_prefix}.encord-check/"


def _checker_grants(integration: S3Compatible, bucket: S3CompatibleBucket, checker: str | None) -> list[Statement]:
    """The checker may ask about the bucket, and remove what `--write-probe` wrote; it reads and writes nothing."""
    if checker is None:
        return []
    arn, who = bucket_arn(bucket), {"AWS": [principal_arn(checker)]}
    probes = [f"{arn}/{write_probe_prefix(integration)}*"]
    more = [] if integration.store.dialect == "obs" else ["s3:GetEncryptionConfiguration"]
    return [
        {**_allow(aws.SID_CHECKER, [*BUCKET_QUESTIONS, *more], [arn]), "Principal": who},
        {**_allow(SID_CHECKER_CLEANS, ["s3:DeleteObject", "s3:DeleteObjectVersion"], probes), "Principal": who},
    ]


def _allow(sid: str, actions: list[str], resources: list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def named(statement: Mapping[str, Any]) -> set[str]:
    """Everybody whom a statement names, as ARNs, whichever way it is written; `*` for everybody."""
    if "NotPrincipal" in statement:
        return {"*"}
    principal = statement.get("Principal", {})
    groups = principal.values() if isinstance(principal, Mapping) else [principal]
    listed = [name for names in groups for name in ([names] if isinstance(names, str) else names)]
    return {principal_arn(name) for name in listed}


def named_for(principal: str, statement: Mapping[str, Any]) -> set[str]:
    """The same as far as it concerns `principal`, an ARN: whom `NotPrincipal` spares, it does not name."""
    if "NotPrincipal" in statement:
        spared = named({"Principal": statement["NotPrincipal"]})
        return set() if {principal, "*"} & spared else {principal}
    return named(statement)


def in_s3_words(policy: Document) -> Document:
    """A bucket policy of OBS in S3's words, whichever it is written in.

    OBS's own have no version, actions like `GetObject` and resources like `bucket/*`:
    https://support.huaweicloud.com/intl/en-us/perms-cfg-obs/obs_40_0041.html, as its console writes them.
    """
    translated = [{key: _translated(key, value) for key, value in one.items()} for one in statements(policy)]
    return {"Version": VERSIONS["obs"], **policy, "Statement": translated}


def _translated(element: str, value: Any) -> Any:
    begin = {"Action": "s3:", "Resource": "arn:aws:s3:::"}.get(element.removeprefix("Not"))
    if begin is None:
        return value
    listed = [value] if isinstance(value, str) else value
    return [one if one == "*" or ":" in one else f"{begin}{one}" for one in listed]
