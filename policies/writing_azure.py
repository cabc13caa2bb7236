"""Writing on Azure: the roles that are assigned, against what `integrations.access` states."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.access import azure as access
from integrations.environment.azure import AzureIntegration
from integrations.environment.model import Settings
from rule import Resource

READING = {role.id for role in (access.READS, access.SIGNS, access.SEES_SETTINGS)}


def judge(resource: Resource, settings: Settings) -> Iterator[str]:
    """A role that does more than read, sign and look at settings, and that access does not state for its principal."""
    props = resource.props
    role = (props.get("roleDefinitionId") or "").rpartition("/")[2].lower()
    if role in READING:
        return
    scope, principal = props.get("scope") or "", props.get("principalId")
    mine = [one for one in settings.integrations.values() if isinstance(one, AzureIntegration)]
    stated = [
        (grant.scope.lower(), grant.role.id, grant.principal)
        for integration in mine
        for grant in access.grants(integration, settings.azure_checker(integration.tenant))
    ]
    if (scope.lower(), role, principal) not in stated:
        here = [one for one in mine if access.account_id(one).lower() in scope.lower()]
        on = bool(here) and all(one.image_sequences for one in here)
        why = "image sequences do not need that" if on else "image sequences are off there"
        yield f"{principal} gets the role {role} on {scope}: {why}; take it away"
