"""Every document of an integration on AWS, with who applies it and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from integrations.access import aws, aws_replication
from integrations.access.merge import merged_cors, merged_policy
from integrations.access.record import OWNER, STACK, Document
from integrations.environment.model import AwsBucket, AwsIntegration, Settings


class Existing(Struct, frozen=True):
    """What the owner of an existing bucket has there now; unread says why, if it could not be read."""

    policy: Mapping[str, Any] | None = None
    cors_rules: tuple[Mapping[str, Any], ...] = ()
    unread: str | None = None


def documents(
    integration: AwsIntegration, settings: Settings, existing: Mapping[str, Existing] | None = None
) -> list[Document]:
    """All of them, in the order in which they are applied."""
    found = []
    role = integration.role
    if not integration.awaiting_encord:
        found.append(Document("trust-policy", role, STACK, "the role's trust policy", aws.trust_policy(integration)))
    found.append(Document("role-policy", role, STACK, "an inline policy of the role", aws.role_policy(integration)))
    if integration.multi_region_access_point:
        placeholder = aws.access_point_role_policy(integration, "ALIAS")
        how = "an inline policy of the role; ALIAS is the access point's alias, which AWS makes up"
        found.append(Document("access-point-role-policy", role, STACK, how, placeholder))
    for bucket in integration.buckets:
        found += _bucket(integration, bucket, settings, (existing or {}).get(bucket.name, Existing()))
    if checker := settings.aws_checker(integration.account):
        trust = aws.checker_trust_policy(checker)
        policy = aws.checker_policy(checker, settings.integrations.values())
        found.append(Document("checker-trust-policy", checker.role, STACK, "the checker's trust policy", trust))
        found.append(Document("checker-policy", checker.role, STACK, "an inline policy of the checker", policy))
    return found


def _bucket(integration: AwsIntegration, bucket: AwsBucket, settings: Settings, existing: Existing) -> list[Document]:
    owned = bucket.ownership == "create"
    reader = STACK if owned else OWNER
    caution = f"; not merged, because {existing.unread}" if existing.unread else ""
    put = f"aws s3api put-bucket-{{}} --bucket {bucket.name} --{{}} file://FILE{caution}"
    # An owner's policy is theirs: only what Encord cannot work without is added to it.
    checker = settings.aws_checker(integration.account)
    ours = aws.foreign_statements(integration, bucket, checker)
    ours = [aws.deny_plain_http(bucket), *ours] if owned else ours
    rules = merged_cors([dict(rule) for rule in existing.cors_rules], aws.cors_rule(settings.cors_origins))
    found = [
        Document("cors", bucket.name, reader, put.format("cors", "cors-configuration"), {"CORSRules": rules}),
    ]
    if ours:
        policy = merged_policy(dict(existing.policy) if existing.policy else None, ours)
        found.append(Document("bucket-policy", bucket.name, reader, put.format("policy", "policy"), policy))
    if aws_replication.is_managed(integration):
        how = put.format("replication", "replication-configuration") + "; versioning must be on"
        body = aws_replication.replication_configuration(integration, bucket)
        found.append(Document("replication", bucket.name, reader, how, body))
    return found
