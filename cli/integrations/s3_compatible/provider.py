"""A bucket with policy and CORS on OBS or another S3-compatible store, as a dynamic provider of Pulumi.

It stands in the installed package and not beside the program, because a dynamic provider travels to the process
that runs it as a pickle: of a class that both sides can import, the pickle holds only the name. So a later version
of this package serves resources that an earlier one made, and the same code runs under `pulumi up` and in the
sandbox. It is the one module of the product that imports Pulumi when it is imported; only stacks/ does so.

What is recorded in the stack's state is what stands in `ObsBucket`'s arguments; credentials are looked up by the
process that works (`client.session`). docs/adr says why it is not pulumi-aws.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.dynamic import Resource as DynamicResource

from integrations.access.compare import normalised
from integrations.access.s3_compatible import cors_rule
from integrations.environment.s3_compatible import Store
from integrations.errors import IntegrationsError
from integrations.s3_compatible.client import client, code_of, session

Props = dict[str, Any]
REPLACING = ("bucket", "endpoint", "region")
# How stores say that a bucket lacks something: its policy, its CORS rules, its default encryption, itself.
ABSENT = {
    "NoSuchBucketPolicy", "NoSuchCORSConfiguration", "ServerSideEncryptionConfigurationNotFoundError",
    "NoSuchEncryptionConfiguration",
}  # fmt: skip
NO_BUCKET = {"NoSuchBucket", "404"}


class ObsBucketProvider(ResourceProvider):
    """Makes, sees, changes and removes the bucket. What is not asked for (None) is neither set nor removed."""

    serialize_as_secret_always = False  # the pickle is a name

    def check(self, _olds: Props, news: Props) -> CheckResult:
        failures = [CheckFailure(key, f"{key} is missing") for key in REPLACING if not news.get(key)]
        return CheckResult(news, failures)

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        changed = [key for key in _news if not key.startswith("__") and _olds.get(key) != _news[key]]
        replaces = [key for key in changed if key in REPLACING]
        return DiffResult(changes=bool(changed), replaces=replaces, delete_before_replace=False)

    def create(self, props: Props) -> CreateResult:
        s3, name = _s3(props), props["bucket"]
        if _is_there(s3, name):
            raise IntegrationsError(
                f"bucket {name} exists already, and this stack did not make it: say `ownership: existing`,"
                " or remove it if an interrupted run made it and it is empty"
            )
        where = {} if props["region"] == "us-east-1" else {"LocationConstraint": props["region"]}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
        try:
            _apply(s3, props)
        except Exception:
            s3.delete_bucket(Bucket=name)  # just made, so it is empty; a bucket without its policy is of no use
            raise
        return CreateResult(name, props)

    def read(self, id_: str, props: Props) -> ReadResult:
        s3 = _s3(props)
        return ReadResult(id_, {**props, **_seen(s3, props)}) if _is_there(s3, id_) else ReadResult()

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        s3 = _s3(_news)
        _apply(s3, _news)
        if _news.get("corsOrigins") is None and _olds.get("corsOrigins") is not None and _rules(s3, _id):
            s3.delete_bucket_cors(Bucket=_id)
        if _news.get("policy") is None and _olds.get("policy") is not None and _policy(s3, _id):
            s3.delete_bucket_policy(Bucket=_id)
        return UpdateResult(_news)

    def delete(self, _id: str, _props: Props) -> None:
        s3 = _s3(_props)
        if not _is_there(s3, _id):
            return
        if _props.get("forceDestroy"):
            _empty(s3, _id)
        s3.delete_bucket(Bucket=_id)


class ObsBucket(DynamicResource, module="encord", name="ObsBucket"):
    """A private bucket. Its type is `pulumi-python:dynamic/encord:ObsBucket`, on whatever store it stands."""

    bucket: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        *,
        store: Store,
        profile: str,
        bucket: str,
        policy: str | None,
        cors_origins: Sequence[str] | None,
        kms_key: str | None = None,
        force_destroy: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """profile: whose credentials deploy, by name (`client.session`). policy: JSON. force_destroy: whether its
        objects are deleted with it."""
        props = {
            "endpoint": store.endpoint, "region": store.region, "addressing": store.addressing, "profile": profile,
            "bucket": bucket, "policy": policy, "corsOrigins": cors_origins and list(cors_origins), "kmsKey": kms_key,
            "forceDestroy": force_destroy,
        }  # fmt: skip
        super().__init__(ObsBucketProvider(), resource_name, props, opts)


def _s3(props: Props) -> Any:
    store = Store(props["endpoint"], props["region"], props["addressing"], "s3")
    return client(store, session(props["profile"], props["region"]))


def _is_there(s3: Any, name: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if code_of(error) in NO_BUCKET:
            return False
        if code_of(error) in ("403", "AccessDenied"):
            raise IntegrationsError(f"bucket {name} is somebody else's, or these credentials may not see it") from None
        raise
    return True


def _apply(s3: Any, props: Props) -> None:
    """Put everything that is asked for, whatever is there now."""
    name = props["bucket"]
    if props.get("kmsKey"):
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": props["kmsKey"]}
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
    if props.get("corsOrigins"):
        rule = cors_rule(tuple(props["corsOrigins"]))
        s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})
    if props.get("policy"):
        s3.put_bucket_policy(Bucket=name, Policy=props["policy"])


def _seen(s3: Any, props: Props) -> Props:
    """Those arguments that can be looked at, as they are in force; in the words of `props` where that means the same."""
    found: Props = {}
    if (origins := props.get("corsOrigins")) is not None:
        rules = _rules(s3, props["bucket"])
        there = sorted({origin for rule in rules for origin in rule.get("AllowedOrigins", [])})
        ours = normalised(rules) == normalised([cors_rule(tuple(origins))])
        # Rules for the same origins that say something else are not ours.
        found["corsOrigins"] = origins if ours else [origin for origin in there if origin not in origins]
    if (policy := props.get("policy")) is not None:
        live = _policy(s3, props["bucket"])
        same = live is not None and normalised(json.loads(live)) == normalised(json.loads(policy))
        found["policy"] = policy if same else live
    if props.get("kmsKey"):
        found["kmsKey"] = _default_key(s3, props["bucket"])
    return found


def _rules(s3: Any, name: str) -> list[Props]:
    return list((_ask(s3, "get_bucket_cors", name) or {}).get("CORSRules", []))


def _policy(s3: Any, name: str) -> str | None:
    return (_ask(s3, "get_bucket_policy", name) or {}).get("Policy")


def _default_key(s3: Any, name: str) -> str | None:
    answer = _ask(s3, "get_bucket_encryption", name) or {}
    for rule in answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", []):
        key: str | None = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
        return key
    return None


def _ask(s3: Any, operation: str, name: str) -> Props | None:
    """One document of the bucket; None if it has none."""
    from botocore.exceptions import ClientError

    try:
        return dict(getattr(s3, operation)(Bucket=name))
    except ClientError as error:
        if code_of(error) in ABSENT:
            return None
        raise


def _empty(s3: Any, name: str) -> None:
    """Delete every object, with every version of it. Raises IntegrationsError naming what stays."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not found:
            continue
        keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        failed = s3.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True}).get("Errors", [])
        if failed:
            raise IntegrationsError(f"{len(failed)} objects stay in {name}, the first {failed[0]['Key']!r}")
