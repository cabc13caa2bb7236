"""Every document of an integration on Google Cloud, with who applies it and how."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from integrations.access import gcp
from integrations.access.record import OWNER, STACK, Document
from integrations.environment.model import GcpBucket, GcpIntegration, Settings


class Existing(Struct, frozen=True):
    """What the owner of an existing bucket has there now; unread says why, if it could not be read."""

    cors_rules: tuple[Mapping[str, object], ...] = ()
    unread: str | None = None


ACCOUNT_OWNER = "for the owner of the service account: the stack does not touch it"


def documents(
    integration: GcpIntegration, settings: Settings, existing: Mapping[str, Existing] | None = None
) -> list[Document]:
    """All of them, in the order in which they are applied."""
    found = []
    for bucket in integration.buckets:
        found += _bucket(integration, bucket, settings, (existing or {}).get(bucket.name, Existing()))
    if (checker := settings.checkers.gcp) and (account := integration.check_principal):
        how = (
            f"gcloud iam service-accounts add-iam-policy-binding {account}"
            f" --role={gcp.IMPERSONATE_ROLE} --member='{checker.member}'"
        )
        found.append(Document("impersonation", account, ACCOUNT_OWNER, how, gcp.impersonation(checker)))
    return found


def _bucket(integration: GcpIntegration, bucket: GcpBucket, settings: Settings, existing: Existing) -> list[Document]:
    reader = STACK if bucket.ownership == "create" else OWNER
    caution = f"; not merged, because {existing.unread}" if existing.unread else ""
    rules = gcp.merged_cors([dict(rule) for rule in existing.cors_rules], gcp.cors_rule(settings.cors_origins))
    put = f"gcloud storage buckets update gs://{bucket.name} --cors-file=FILE{caution}"
    found = [Document("cors", bucket.name, reader, put, rules)]
    grants = {}
    if not integration.awaiting_encord:
        grants["encord-grants"] = gcp.encord_grants(integration, bucket)
    if checker := settings.checkers.gcp:
        grants["checker-grants"] = gcp.checker_grants(integration, bucket, checker)
    how = f"each adds to the policy of gs://{bucket.name}: gcloud storage buckets add-iam-policy-binding"
    for name, listed in grants.items():
        found.append(Document(name, bucket.name, STACK, how, {"bindings": [grant.binding for grant in listed]}))
    return found
