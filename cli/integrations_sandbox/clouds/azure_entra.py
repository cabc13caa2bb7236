"""Microsoft Entra ID: login.microsoftonline.com for client credentials, and of Microsoft Graph the one look-up
that leads from an application id to the object id of its service principal.

The numbers of the refusals: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from integrations_sandbox.clouds.azure_state import BLOB_SUFFIX, ServicePrincipal, State, digest
from integrations_sandbox.clouds.azure_tokens import LIFETIME_SECONDS, Issuer, TokenError

LOGIN_HOST = "login.microsoftonline.com"
GRAPH_HOST = "graph.microsoft.com"
GRAPH = f"https://{GRAPH_HOST}"
# What a token can be asked for: the resources that the sandbox plays.
AUDIENCES = {"https://management.azure.com", "https://management.core.windows.net", "https://storage.azure.com", GRAPH}
ACCOUNT_AUDIENCE = re.compile(rf"https://[a-z0-9]+\.{re.escape(BLOB_SUFFIX)}")
GRAPH_READ = "Application.Read.All"
FILTER = re.compile(r"appId eq '([^']*)'")


class LoginError(Exception):
    """A refusal of the token endpoint."""

    def __init__(self, number: int, error: str, text: str, status: int = 400) -> None:
        super().__init__(f"AADSTS{number}: {text}")
        self.number, self.error, self.status = number, error, status

    def body(self) -> dict[str, Any]:
        return {
            "error": self.error,
            "error_description": str(self),
            "error_codes": [self.number],
            "timestamp": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%SZ"),
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
            "error_uri": f"https://{LOGIN_HOST}/error?code={self.number}",
        }


def authenticate(state: State, tenant: str, form: Mapping[str, str]) -> tuple[ServicePrincipal, str]:
    """Who asks for a token, and the audience it is for; the client credentials grant
    (https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow). Raises LoginError."""
    client = form.get("client_id", "")
    if form.get("grant_type") != "client_credentials":
        raise LoginError(70003, "unsupported_grant_type", "The sandbox plays the grant client_credentials only.")
    application = state.applications.get(client)
    if application is None:
        raise LoginError(
            700016, "unauthorized_client",
            f"Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if "
            "the application has not been installed by the administrator of the tenant or consented to by any user "
            "in the tenant. You may have sent your authentication request to the wrong tenant.",
        )  # fmt: skip
    principal = state.principal_of(client, tenant)
    if principal is None:
        raise LoginError(
            7000229, "invalid_client",
            f"The client application {client} is missing service principal in the tenant {tenant}. "
            "See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119", 401,
        )  # fmt: skip
    secret = form.get("client_secret")
    if not secret:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise LoginError(7000218, "invalid_client", text, 401)
    if digest(secret) not in application.secrets:
        raise LoginError(
            7000215, "invalid_client",
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client}'.", 401,
        )  # fmt: skip
    return principal, _audience(form.get("scope", ""), tenant)


def _audience(scope: str, tenant: str) -> str:
    resource, separator, rest = scope.partition("/.default")
    if not separator or rest:
        text = f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value"
        raise LoginError(1002012, "invalid_scope", f"{text} with /.default suffixed to the resource identifier.")
    resource = resource.rstrip("/")
    if resource not in AUDIENCES and not ACCOUNT_AUDIENCE.fullmatch(resource):
        text = f"The resource principal named {resource} was not found in the tenant named {tenant}."
        raise LoginError(500011, "invalid_resource", text)
    return resource


def _require_tenant(state: State, tenant: str) -> None:
    if tenant not in state.tenants:
        text = f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
        raise LoginError(90002, "invalid_request", text)


async def login(request: web.Request, state: State, issuer: Issuer) -> web.Response:
    """Answer for login.microsoftonline.com."""
    tenant, _, rest = request.path.lstrip("/").partition("/")
    try:
        if request.path == "/common/discovery/instance":
            return web.json_response(_instances(request.query.get("authorization_endpoint", "")))
        if rest == "discovery/v2.0/keys":
            return web.json_response(issuer.public_keys())
        _require_tenant(state, tenant)
        if rest == "v2.0/.well-known/openid-configuration":
            return web.json_response(_configuration(tenant))
        if rest == "oauth2/v2.0/token" and request.method == "POST":
            form = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
            principal, audience = authenticate(state, tenant, form)
            token = issuer.issue(principal, audience)
            lifetime = {"expires_in": LIFETIME_SECONDS, "ext_expires_in": LIFETIME_SECONDS}
            return web.json_response({"token_type": "Bearer", **lifetime, "access_token": token})
    except LoginError as error:
        return web.json_response(error.body(), status=error.status)
    return web.json_response({"error": "not_found", "error_description": "not played by the sandbox"}, status=404)


def _instances(endpoint: str) -> dict[str, Any]:
    """Which hosts are one cloud, and where this authority is configured
    (https://learn.microsoft.com/en-us/entra/msal/dotnet/advanced/instance-discovery)."""
    tenant = endpoint.removeprefix(f"https://{LOGIN_HOST}/").partition("/")[0]
    host = {"preferred_network": LOGIN_HOST, "preferred_cache": LOGIN_HOST, "aliases": [LOGIN_HOST]}
    return {
        "tenant_discovery_endpoint": f"https://{LOGIN_HOST}/{tenant}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [host],
    }


def _configuration(tenant: str) -> dict[str, Any]:
    base = f"https://{LOGIN_HOST}/{tenant}"
    return {
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "response_types_supported": ["token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


async def graph(request: web.Request, state: State, issuer: Issuer) -> web.Response:
    """Answer for graph.microsoft.com: the service principal of an application in the caller's tenant
    (https://learn.microsoft.com/en-us/graph/api/serviceprincipal-list, …/serviceprincipal-get)."""
    try:
        caller = issuer.verify(request.headers.get("Authorization", ""))
    except TokenError as error:
        return _graph_error(401, "InvalidAuthenticationToken", str(error))
    if caller.audience != GRAPH:
        return _graph_error(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
    # The least of the permissions that those pages name.
    principal = state.principals.get(caller.object_id)
    if principal is None or GRAPH_READ not in principal.graph:
        text = "Insufficient privileges to complete the operation."
        return _graph_error(403, "Authorization_RequestDenied", text)
    named = re.fullmatch(r"/v1\.0/servicePrincipals(?:/([0-9a-f-]+)|\(appId='([^']*)'\))?", request.path)
    wanted = FILTER.fullmatch(request.query.get("$filter", ""))
    if named is None or (not any(named.groups()) and wanted is None):
        return _graph_error(404, "Request_ResourceNotFound", "not played by the sandbox")
    object_id, application = named[1], named[2] or (wanted[1] if wanted else None)
    found = [
        _graph_principal(state, p)
        for p in state.principals.values()
        if p.tenant == caller.tenant and (p.id == object_id or p.application == application)
    ]
    if not any(named.groups()):
        return web.json_response({"value": found})
    if not found:
        text = f"Resource '{object_id or application}' does not exist."
        return _graph_error(404, "Request_ResourceNotFound", text)
    return web.json_response(found[0])


def _graph_principal(state: State, principal: ServicePrincipal) -> dict[str, Any]:
    application = state.applications[principal.application]
    return {
        "id": principal.id,
        "appId": principal.application,
        "displayName": application.name,
        "appOwnerOrganizationId": application.tenant,
        "servicePrincipalType": "Application",
        "accountEnabled": True,
    }


def _graph_error(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
