"""Azure Resource Manager (management.azure.com): which call is what, who may make it, and how refusals look.

Versions of the API are not told apart: any is accepted, none is refused.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from msgspec import Struct

from integrations_sandbox.clouds import azure_arm_access as access
from integrations_sandbox.clouds import azure_arm_blob as blob
from integrations_sandbox.clouds import azure_arm_groups as groups
from integrations_sandbox.clouds import azure_arm_storage as storage
from integrations_sandbox.clouds import azure_lifecycle as lifecycle
from integrations_sandbox.clouds import azure_retention as retention
from integrations_sandbox.clouds.azure_arm_call import ARM, ArmError, Call, Reply
from integrations_sandbox.clouds.azure_azurite import Azurite
from integrations_sandbox.clouds.azure_roles import allowed
from integrations_sandbox.clouds.azure_state import Store
from integrations_sandbox.clouds.azure_tokens import Caller, Issuer, TokenError

HOST = "management.azure.com"
AUDIENCES = (ARM, "https://management.core.windows.net")

SUBSCRIPTION = "/subscriptions/{subscription}"
GROUP = f"{SUBSCRIPTION}/resourceGroups/{{group}}"
ACCOUNTS = "/providers/Microsoft.Storage/storageAccounts"
ACCOUNT = f"{GROUP}{ACCOUNTS}/{{account}}"
LIFECYCLE = f"{ACCOUNT}/managementPolicies/default"
SERVICE = f"{ACCOUNT}/blobServices/default"
CONTAINER = f"{SERVICE}/containers/{{container}}"
RETENTION = f"{CONTAINER}/immutabilityPolicies/default"
ROLE = f"{access.DEFINITIONS}/{{role}}"
ASSIGNMENT = f"{{scope}}{access.ASSIGNMENTS}/{{name}}"

STORAGE = "Microsoft.Storage/storageAccounts"
RETAINS = f"{STORAGE}/blobServices/containers/immutabilityPolicies"
GROUPS = "Microsoft.Resources/subscriptions/resourceGroups"
AUTHORIZATION = "Microsoft.Authorization"
# Actions: https://learn.microsoft.com/en-us/azure/role-based-access-control/permissions/storage#microsoftstorage and
# …/permissions/management-and-governance#microsoftauthorization. None: whoever is signed in to the tenant may.
TABLE: tuple[tuple[str, str, str | None, Callable[[Call], Awaitable[Reply]]], ...] = (
    ("GET", SUBSCRIPTION, "Microsoft.Resources/subscriptions/read", groups.subscription),
    ("GET", f"{SUBSCRIPTION}/resourceGroups", f"{GROUPS}/read", groups.listed),
    ("PUT", GROUP, f"{GROUPS}/write", groups.put),
    ("PATCH", GROUP, f"{GROUPS}/write", groups.patch),
    ("GET", GROUP, f"{GROUPS}/read", groups.get),
    ("HEAD", GROUP, f"{GROUPS}/read", groups.head),
    ("DELETE", GROUP, f"{GROUPS}/delete", groups.delete),
    ("GET", f"{SUBSCRIPTION}/operationresults/{{group}}", None, groups.deletion),
    ("POST", f"{SUBSCRIPTION}/providers/Microsoft.Storage/checkNameAvailability",
     "Microsoft.Storage/checknameavailability/read", storage.check_name),
    ("GET", f"{SUBSCRIPTION}/providers/Microsoft.Storage/locations/{{location}}/asyncoperations/{{operation}}",
     None, storage.creation),
    ("GET", f"{SUBSCRIPTION}{ACCOUNTS}", f"{STORAGE}/read", storage.listed),
    ("GET", f"{GROUP}{ACCOUNTS}", f"{STORAGE}/read", storage.listed),
    ("PUT", ACCOUNT, f"{STORAGE}/write", storage.put),
    ("PATCH", ACCOUNT, f"{STORAGE}/write", storage.patch),
    ("GET", ACCOUNT, f"{STORAGE}/read", storage.get),
    ("DELETE", ACCOUNT, f"{STORAGE}/delete", storage.delete),
    ("POST", f"{ACCOUNT}/listKeys", f"{STORAGE}/listKeys/action", storage.list_keys),
    ("POST", f"{ACCOUNT}/regenerateKey", f"{STORAGE}/regenerateKey/action", storage.regenerate_key),
    ("PUT", LIFECYCLE, f"{STORAGE}/managementPolicies/write", lifecycle.put),
    ("GET", LIFECYCLE, f"{STORAGE}/managementPolicies/read", lifecycle.get),
    ("DELETE", LIFECYCLE, f"{STORAGE}/managementPolicies/delete", lifecycle.delete),
    ("GET", SERVICE, f"{STORAGE}/blobServices/read", blob.get_service),
    ("PUT", SERVICE, f"{STORAGE}/blobServices/write", blob.put_service),
    ("GET", f"{SERVICE}/containers", f"{STORAGE}/blobServices/containers/read", blob.list_containers),
    ("PUT", CONTAINER, f"{STORAGE}/blobServices/containers/write", blob.put_container),
    ("PATCH", CONTAINER, f"{STORAGE}/blobServices/containers/write", blob.patch_container),
    ("GET", CONTAINER, f"{STORAGE}/blobServices/containers/read", blob.get_container),
    ("DELETE", CONTAINER, f"{STORAGE}/blobServices/containers/delete", blob.delete_container),
    ("PUT", RETENTION, f"{RETAINS}/write", retention.put),
    ("GET", RETENTION, f"{RETAINS}/read", retention.get),
    ("DELETE", RETENTION, f"{RETAINS}/delete", retention.delete),
    ("GET", ROLE, None, access.role),
    ("GET", f"{{scope}}{ROLE}", f"{AUTHORIZATION}/roleDefinitions/read", access.role),
    ("GET", f"{{scope}}{access.DEFINITIONS}", f"{AUTHORIZATION}/roleDefinitions/read", access.roles),
    ("GET", "{scope}/providers/Microsoft.Authorization/permissions", None, access.permissions),
    ("GET", f"{{scope}}{access.ASSIGNMENTS}", f"{AUTHORIZATION}/roleAssignments/read", access.listed),
    ("PUT", ASSIGNMENT, f"{AUTHORIZATION}/roleAssignments/write", access.put),
    ("GET", ASSIGNMENT, f"{AUTHORIZATION}/roleAssignments/read", access.get),
    ("DELETE", ASSIGNMENT, f"{AUTHORIZATION}/roleAssignments/delete", access.delete),
)  # fmt: skip


class Operation(Struct, frozen=True):
    """One row of the table, ready to be matched."""

    method: str
    path: re.Pattern[str]
    action: str | None
    handler: Callable[[Call], Awaitable[Reply]]


def _pattern(template: str) -> re.Pattern[str]:
    """Paths are compared without regard to case; a scope is as many parts as it takes, anything else is one."""
    named = re.sub(
        r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{'/subscriptions/.+' if m[1] == 'scope' else '[^/]+'})", template
    )
    return re.compile(named, re.IGNORECASE)


OPERATIONS = tuple(Operation(method, _pattern(path), action, handler) for method, path, action, handler in TABLE)


class Arm:
    """The management plane of every subscription."""

    def __init__(self, store: Store, issuer: Issuer, azurite: Azurite) -> None:
        self._store, self._issuer, self._azurite = store, issuer, azurite

    async def answer(self, request: web.Request) -> web.StreamResponse:
        try:
            reply = await self._reply(request)
        except ArmError as error:
            reply = Reply(error.status, {"error": {"code": error.code, "message": error.message}})
        if reply.body is None:
            return web.Response(status=reply.status, headers=reply.headers)
        return web.json_response(reply.body, status=reply.status, headers=reply.headers)

    async def _reply(self, request: web.Request) -> Reply:
        caller = self._caller(request)
        path = request.path.rstrip("/")
        found = [(op, m) for op in OPERATIONS if (m := op.path.fullmatch(path))]
        fitting = [(op, m) for op, m in found if op.method == request.method]
        if not fitting:
            raise _unknown(request.method, path, known=bool(found))
        if not request.query.get("api-version"):
            text = "The api-version query parameter (?api-version=) is required for all requests."
            raise ArmError(400, "MissingApiVersionParameter", text)
        operation, match = fitting[0]
        names = match.groupdict()
        self._authorise(caller, operation, path)
        body = await _body(request)
        return await operation.handler(Call(self._store, self._azurite, caller, path, names, dict(request.query), body))

    def _caller(self, request: web.Request) -> Caller:
        if "Authorization" not in request.headers:
            text = "Authentication failed. The 'Authorization' header is missing."
            raise ArmError(401, "AuthenticationFailed", text)
        try:
            caller = self._issuer.verify(request.headers["Authorization"])
        except TokenError as error:
            raise ArmError(401, "InvalidAuthenticationToken", f"The access token is invalid. {error}") from error
        if caller.audience not in AUDIENCES:
            text = f"The access token has been obtained for wrong audience or resource '{caller.audience}'."
            raise ArmError(401, "InvalidAuthenticationToken", text)
        return caller

    def _authorise(self, caller: Caller, operation: Operation, path: str) -> None:
        state = self._store.state
        subscription = re.match(r"/subscriptions/([^/]+)", path, re.IGNORECASE)
        if subscription is not None:
            tenant = state.subscriptions.get(subscription[1])
            if tenant is None:
                text = f"The subscription '{subscription[1]}' could not be found."
                raise ArmError(404, "SubscriptionNotFound", text)
            if tenant != caller.tenant:
                text = f"The access token is from the wrong issuer. It must match the tenant '{tenant}'"
                raise ArmError(401, "InvalidAuthenticationTokenTenant", f"{text} associated with this subscription.")
        action, given = operation.action, state.assignments.values()
        if action is not None and not allowed(given, caller.object_id, action, path):
            raise ArmError(
                403, "AuthorizationFailed",
                f"The client '{caller.application}' with object id '{caller.object_id}' does not have authorization to "
                f"perform action '{action}' over scope '{path}' or the scope is invalid. If access was recently "
                "granted, please refresh your credentials.",
            )  # fmt: skip


def _unknown(method: str, path: str, *, known: bool) -> ArmError:
    if known:
        text = f"The requested resource does not support http method '{method}'."
        return ArmError(405, "MethodNotAllowed", text)
    return ArmError(404, "InvalidResourceType", f"'{path}' is nothing that the Azure of the sandbox plays.")


async def _body(request: web.Request) -> dict[str, Any]:
    if not request.can_read_body:
        return {}
    try:
        found = await request.json()
    except ValueError as error:
        raise ArmError(400, "InvalidRequestContent", f"The request content was invalid JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ArmError(400, "InvalidRequestContent", "The request content must be a JSON object.")
    return found
