"""Who this machine is on Azure, and whether that identity may assign roles: asked before `pulumi up` is refused."""

from __future__ import annotations

from msgspec import Struct

from integrations.access import azure as access
from integrations.access.azure_roles import Action, Held
from integrations.azure_client import AUTHORIZATION_VERSION, AzureError, Session, why
from integrations.environment.azure import AzureIntegration
from integrations.errors import IntegrationsError, NotAuthorisedError, UnreachableError


class Rights(Struct, frozen=True):
    """identity: the object id. scope: where it was asked. may_assign: whether it may assign roles there."""

    identity: str
    scope: str
    may_assign: bool


def rights(integration: AzureIntegration) -> Rights:
    """By Azure's own list of what the caller may do
    (https://learn.microsoft.com/en-us/rest/api/authorization/permissions/list-for-resource-group).

    Asked at the resource group, or at the subscription while there is no group. Raises an IntegrationsError.
    """
    session = Session(integration.tenant)
    from azure.core.exceptions import ClientAuthenticationError
    from requests import RequestException

    try:
        identity, group = session.object_id, access.group_id(integration)
        scope = group if _is_there(session, group) else f"/subscriptions/{integration.subscription}"
        found = session.listed(f"{scope}/providers/Microsoft.Authorization/permissions")
    except ClientAuthenticationError as error:
        raise NotAuthorisedError(why(error)) from error
    except AzureError as error:
        raise IntegrationsError(str(error)) from error
    except RequestException as error:
        raise UnreachableError(f"Azure did not answer: {type(error).__name__}") from error
    return Rights(identity, scope, Held("", scope, tuple(found)).allows(Action(access.MAY_ASSIGN)))


def _is_there(session: Session, group: str) -> bool:
    """Whether the group is there, as far as this identity may see."""
    try:
        return session.find(group, AUTHORIZATION_VERSION) is not None
    except AzureError as error:
        if error.status == 403:
            return True
        raise
