"""Role definitions, role assignments and permissions.

https://learn.microsoft.com/en-us/rest/api/authorization/role-assignments
"""

from __future__ import annotations

import datetime
import re
import uuid
from typing import Any

from integrations_sandbox.clouds.azure_arm_call import ArmError, Call, Reply, required
from integrations_sandbox.clouds.azure_roles import BUILT_IN, BY_ID, Assignment, Role, covers, held
from integrations_sandbox.clouds.azure_state import State

DEFINITIONS = "/providers/Microsoft.Authorization/roleDefinitions"
ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
ROLE_NAME = re.compile(r"roleName eq '([^']*)'", re.IGNORECASE)
PRINCIPAL = re.compile(r"(?:principalId eq '([^']*)'|assignedTo\('([^']*)'\))", re.IGNORECASE)
AT_SCOPE = "atscope()"
# What a role assignment may hold that would change what it grants.
NOT_PLAYED = ("condition", "conditionVersion", "delegatedManagedIdentityResourceId")


def shown_role(role: Role, scope: str) -> dict[str, Any]:
    """A role definition as Azure shows it at a scope."""
    permission = {
        "actions": list(role.actions),
        "notActions": list(role.not_actions),
        "dataActions": list(role.data_actions),
        "notDataActions": [],
    }
    return {
        "id": f"{_subscription_of(scope)}{DEFINITIONS}/{role.id}",
        "name": role.id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [permission],
        },
    }


def shown(assignment: Assignment) -> dict[str, Any]:
    """A role assignment as Azure shows it."""
    return {
        "id": f"{assignment.scope}{ASSIGNMENTS}/{assignment.name}",
        "name": assignment.name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "scope": assignment.scope,
            "roleDefinitionId": f"{_subscription_of(assignment.scope)}{DEFINITIONS}/{assignment.role}",
            "principalId": assignment.principal,
            "principalType": assignment.principal_type,
            "description": assignment.description,
            "createdOn": assignment.created,
            "updatedOn": assignment.created,
        },
    }


async def role(call: Call) -> Reply:
    found = BY_ID.get(call.names["role"].lower())
    if found is None:
        text = f"The specified role definition with ID '{call.names['role']}' does not exist."
        raise ArmError(404, "RoleDefinitionDoesNotExist", text)
    return Reply(200, shown_role(found, call.names.get("scope", "")))


async def roles(call: Call) -> Reply:
    """All of them, or the one that `$filter=roleName eq '…'` names."""
    named = ROLE_NAME.search(call.query.get("$filter", ""))
    found = [r for r in BUILT_IN if named is None or r.name.lower() == named[1].lower()]
    return Reply(200, {"value": [shown_role(r, call.names["scope"]) for r in found]})


async def permissions(call: Call) -> Reply:
    """What the caller may do at a scope (https://learn.microsoft.com/en-us/rest/api/authorization/permissions)."""
    mine = held(call.state.assignments.values(), call.caller.object_id, call.names["scope"])
    found = [shown_role(BY_ID[a.role], a.scope)["properties"]["permissions"][0] for a in mine]
    return Reply(200, {"value": found})


async def put(call: Call) -> Reply:
    wanted = _wanted(call)
    key = _key(wanted)
    old = call.state.assignments.get(key)
    if old is not None and (old.role, old.principal) != (wanted.role, wanted.principal):
        text = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
        raise ArmError(400, "RoleAssignmentUpdateNotPermitted", text)
    for other_key, other in call.state.assignments.items():
        same = (other.scope.lower(), other.role, other.principal) == (
            wanted.scope.lower(),
            wanted.role,
            wanted.principal,
        )
        if same and other_key != key:
            raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")
    call.state.assignments[key] = wanted
    call.store.save()
    return Reply(200 if old else 201, shown(wanted))


async def get(call: Call) -> Reply:
    found = call.state.assignments.get(_named(call))
    if found is None:
        text = f"The role assignment '{call.names['name']}' is not found."
        raise ArmError(404, "RoleAssignmentNotFound", text)
    return Reply(200, shown(found))


async def delete(call: Call) -> Reply:
    found = call.state.assignments.pop(_named(call), None)
    call.store.save()
    return Reply(200, shown(found)) if found else Reply(204)


async def listed(call: Call) -> Reply:
    """Those above, at and below the scope; `atScope()` leaves out those below, a principal those of others
    (https://learn.microsoft.com/en-us/azure/role-based-access-control/role-assignments-list-rest)."""
    scope, wish = call.names["scope"], call.query.get("$filter", "")
    principal = PRINCIPAL.search(wish)
    found = [
        a
        for a in call.state.assignments.values()
        if (covers(a.scope, scope) or (covers(scope, a.scope) and AT_SCOPE not in wish.lower()))
        and (principal is None or a.principal in principal.groups())
    ]
    return Reply(200, {"value": [shown(a) for a in found]})


def forget(state: State, resource: str) -> None:
    """Drop the assignments at a resource that is gone, and below it."""
    state.assignments = {k: a for k, a in state.assignments.items() if not covers(resource, a.scope)}


def _wanted(call: Call) -> Assignment:
    """The assignment that a body asks for. Raises ArmError."""
    name = call.names["name"]
    try:
        uuid.UUID(name)
    except ValueError as error:
        text = f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
        raise ArmError(400, "InvalidRoleAssignmentId", text) from error
    for key in NOT_PLAYED:
        if call.properties.get(key):
            raise ArmError(400, "InvalidRoleAssignment", f"The sandbox plays no role assignments with '{key}'.")
    definition = required(call.properties, "roleDefinitionId").rpartition("/")[2].lower()
    if definition not in BY_ID:
        text = f"The specified role definition with ID '{definition}' does not exist."
        raise ArmError(400, "RoleDefinitionDoesNotExist", text)
    return Assignment(
        name=name,
        scope=call.names["scope"],
        role=definition,
        principal=_known_principal(call, required(call.properties, "principalId").lower()),
        principal_type=call.properties.get("principalType") or "ServicePrincipal",
        description=call.properties.get("description"),
        created=datetime.datetime.now(datetime.UTC).isoformat(),
    )


def _known_principal(call: Call, principal: str) -> str:
    """The object id, if it is one in the subscription's tenant. Raises ArmError.

    Azure looks the id up unless `principalType` says that it may not be replicated yet; the sandbox always does
    (https://learn.microsoft.com/en-us/azure/role-based-access-control/troubleshooting#symptom---assigning-a-role-to-a-new-principal-sometimes-fails).
    The sentence about application ids is the sandbox's own.
    """
    found, tenant = call.state.principals.get(principal), call.caller.tenant
    if found is not None and found.tenant == tenant:
        return principal
    text = (
        f"Principal {principal.replace('-', '')} does not exist in the directory {tenant}. "
        "Check that you have the correct principal ID."
    )
    if principal in call.state.applications:
        text += (
            f" {principal} is an application ID; a role is assigned to the object ID of its service principal in this "
            f"tenant: az ad sp show --id {principal} --query id --output tsv"
        )
    raise ArmError(400, "PrincipalNotFound", text)


def _key(assignment: Assignment) -> str:
    return f"{assignment.scope}/{assignment.name}".lower()


def _named(call: Call) -> str:
    return f"{call.names['scope']}/{call.names['name']}".lower()


def _subscription_of(scope: str) -> str:
    found = re.match(r"/subscriptions/[^/]+", scope, re.IGNORECASE)
    return found[0] if found else ""
