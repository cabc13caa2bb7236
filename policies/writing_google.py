"""Writing on Google Cloud: the roles that are granted on a bucket or a project, against what `integrations.access` states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import documents
import kinds
from environment import google_buckets
from integrations.access import gcp as access
from integrations.access.gcp_roles import BUCKET_ROLES, changing
from integrations.environment.model import GcpIntegration, Settings
from kinds import kind_of
from rule import Resource

Granted = tuple[str, str, str | None]  # role, member, expression of its condition


def judge(resource: Resource, settings: Settings) -> Iterator[str]:
    """Every role that does more than look, and that access does not state for its member."""
    bucket = resource.props.get("bucket")
    if kind_of(resource.resource_type) == kinds.GCP_PROJECT_MEMBER:
        role = resource.props.get("role")
        if role and _may_write(role) and not _sequences_everywhere(settings):
            yield f"{role} is granted on a whole project, and image sequences are not on everywhere in it"
        return
    stated = _stated(bucket, settings)
    for role, member, _ in _granted(resource):
        if _may_write(role) and not any((one.role, one.member) == (role, member) for one in stated):
            yield f"{member} gets {role} on bucket {bucket}: {_reason(bucket, settings)}; take it away"


def outside_prefix(resource: Resource, settings: Settings) -> Iterator[str]:
    """Every role of those that access states which has not the condition that access states with it."""
    stated = _stated(resource.props.get("bucket"), settings)
    for role, member, expression in _granted(resource):
        mine = [one for one in stated if (one.role, one.member) == (role, member) and _may_write(role)]
        if mine and expression not in [one.condition.expression if one.condition else None for one in mine]:
            yield f"{member} gets {role} outside of writePrefix"


def _sequences_everywhere(settings: Settings) -> bool:
    found = [one for one in settings.integrations.values() if isinstance(one, GcpIntegration)]
    return bool(found) and all(one.image_sequences for one in found)


def _reason(bucket: str | None, settings: Settings) -> str:
    found = google_buckets(settings, bucket)
    if found and all(integration.image_sequences for integration, _ in found):
        return "image sequences do not need that"
    return "image sequences are off for this bucket"


def _may_write(role: str) -> bool:
    """A role whose permissions are not known may do anything."""
    return role not in BUCKET_ROLES or bool(changing(BUCKET_ROLES[role]))


def _granted(resource: Resource) -> Iterator[Granted]:
    props = resource.props
    match kind_of(resource.resource_type):
        case kinds.GCS_MEMBER:
            yield props["role"], props["member"], _expression(props)
        case kinds.GCS_BINDING:
            yield from [(props["role"], member, _expression(props)) for member in props.get("members") or ()]
        case kinds.GCS_POLICY:
            for binding in documents.parsed(props.get("policyData")).get("bindings", ()):
                yield from [(binding["role"], member, _expression(binding)) for member in binding.get("members", ())]


def _expression(grant: Any) -> str | None:
    found: str | None = (grant.get("condition") or {}).get("expression")
    return found


def _stated(name: str | None, settings: Settings) -> list[access.Grant]:
    found = []
    for integration, bucket in google_buckets(settings, name):
        if not integration.awaiting_encord:
            found += access.encord_grants(integration, bucket)
        if checker := settings.checkers.gcp:
            found += access.checker_grants(integration, bucket, checker)
    return found
