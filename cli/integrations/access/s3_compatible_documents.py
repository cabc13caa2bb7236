"""Every document of an integration on OBS or another S3-compatible store, with who applies it and how."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.access import s3_compatible as access
from integrations.access.aws_documents import Existing
from integrations.access.merge import merged_cors, merged_policy
from integrations.access.record import OWNER, STACK, Document
from integrations.environment.model import Settings
from integrations.environment.s3_compatible import S3Compatible, S3CompatibleBucket

OPERATOR = "for the store's operator: the stack does not touch it"


def documents(
    integration: S3Compatible, settings: Settings, existing: Mapping[str, Existing] | None = None
) -> list[Document]:
    """All of them, in the order in which they are applied."""
    found = []
    if integration.store.grants == "user-policy":
        how = "attach it to the user that was made for Encord; the store has no bucket policies for single users"
        subject = integration.encord.principal or "Encord's user"
        found.append(Document("user-policy", subject, OPERATOR, how, access.user_policy(integration)))
    for bucket in integration.buckets:
        found += _bucket(integration, bucket, settings, (existing or {}).get(bucket.name, Existing()))
    return found


def _bucket(
    integration: S3Compatible, bucket: S3CompatibleBucket, settings: Settings, existing: Existing
) -> list[Document]:
    owned, store = bucket.ownership == "create", integration.store
    reader = STACK if owned else OWNER
    caution = f"; not merged, because {existing.unread}" if existing.unread else ""
    put = (
        f"aws s3api put-bucket-{{}} --endpoint-url {store.endpoint} --bucket {bucket.name} --{{}} file://FILE{caution}"
    )
    checker = access.checker_principal(integration, settings)
    rules = merged_cors([dict(rule) for rule in existing.cors_rules], access.cors_rule(settings.cors_origins))
    found = [Document("cors", bucket.name, reader, _cors_how(integration, put), {"CORSRules": rules})]
    if store.cors == "server":
        found = [Document("cors", bucket.name, OPERATOR, "the store's own setting, with the same effect", rules[-1])]
    if store.grants == "bucket-policy":
        policy = access.bucket_policy(integration, bucket, checker)
        if not owned:  # an owner's policy is theirs: only what Encord cannot work without is added to it
            ours = access.grants(integration, bucket, checker)
            theirs = dict(existing.policy) if existing.policy else {"Version": access.VERSIONS[store.dialect]}
            policy = merged_policy(theirs, ours) if ours else None
        if policy:
            found.append(Document("bucket-policy", bucket.name, reader, put.format("policy", "policy"), policy))
    return found


def _cors_how(integration: S3Compatible, put: str) -> str:
    """OBS demands a header for CORS that the AWS command line has stopped sending."""
    if integration.store.dialect == "obs":
        return "in the OBS console, Permissions, CORS Rules; or with a client that sends Content-MD5, which OBS demands"
    return put.format("cors", "cors-configuration")
