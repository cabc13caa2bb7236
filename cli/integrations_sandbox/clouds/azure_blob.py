"""`<account>.blob.core.windows.net`: judges who asks for what, then passes the request on to Azurite as it came.

Signatures (shared key, SAS) are verified by Azurite itself, because host, path and headers stay as they were signed.
"""

from __future__ import annotations

import datetime
import uuid
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientConnectionError, ClientResponse, web
from multidict import CIMultiDict

from integrations_sandbox.clouds import azure_blob_rules as rules
from integrations_sandbox.clouds import azure_cors
from integrations_sandbox.clouds import azure_retention as retention
from integrations_sandbox.clouds.azure_azurite import Azurite, path_parts, query_of, shared_key
from integrations_sandbox.clouds.azure_blob_rules import Refusal
from integrations_sandbox.clouds.azure_roles import allowed
from integrations_sandbox.clouds.azure_state import Account, Store
from integrations_sandbox.clouds.azure_tokens import Caller, Issuer, TokenError

AUDIENCE = "https://storage.azure.com"
CHUNK = 256 * 1024
# They belong to one connection: RFC 9110, 7.6.1.
HOP = frozenset(("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"))


class BlobFront:
    """The blob service of every account."""

    def __init__(self, store: Store, issuer: Issuer, azurite: Azurite) -> None:
        self._store, self._issuer, self._azurite = store, issuer, azurite

    async def answer(self, request: web.Request, account: Account, target: str) -> web.StreamResponse:
        """Answer a request for `target` (path and query, without the account) of this account."""
        headers = CIMultiDict((k, v) for k, v in request.headers.items() if k.lower() not in HOP)
        headers["Host"] = account.host
        query = query_of(target)
        try:
            if request.method != "OPTIONS":
                self._judge(request, account, target, query, headers)
                await retention.check(self._azurite, account, request.method, target, query.get("comp", ""))
            body: Any = request.content if request.can_read_body else None
            if (request.method, query.get("restype"), query.get("comp")) == ("PUT", "service", "properties"):
                body = _checked_properties(await request.read())
            upstream = await self._azurite.forward(request.method, target, headers, body)
        except Refusal as refusal:
            return _refuse(request, refusal)
        except ClientConnectionError:
            return _refuse(request, Refusal(503, "ServerBusy", "The server is currently unable to receive requests."))
        async with upstream:
            if _not_authenticated(headers, upstream):
                return _refuse(request, self._explain(account, headers, query), upstream)
            return await _relay(request, upstream)

    def _judge(
        self, request: web.Request, account: Account, target: str, query: dict[str, Any], headers: CIMultiDict[str]
    ) -> None:
        """Raise Refusal unless the request may go on to Azurite."""
        address = request.remote or ""
        rules.check_network(account, address)
        scheme = headers.get("Authorization", "").partition(" ")[0].lower()
        if scheme == "bearer":
            principal = self._bearer(account, headers["Authorization"])
            self._authorise(request.method, account, target, query, headers, principal)
            if query.get("comp") == "acl":
                # Azurite knows this operation by key only.
                headers["Authorization"] = shared_key(account, request.method, target, headers)
        elif "sig" in query:
            rules.check_source(query, address)
            if "skoid" not in query:
                rules.check_keys(account)
            elif rules.in_time(query, datetime.datetime.now(datetime.UTC)):
                # A user delegation SAS gives no more than its signer has at that moment:
                # https://learn.microsoft.com/en-us/rest/api/storageservices/create-user-delegation-sas
                self._authorise(request.method, account, target, query, headers, query["skoid"])
        elif scheme:
            rules.check_keys(account)
        elif not account.properties.get("allowBlobPublicAccess"):
            raise self._anonymous(account, headers)
        if query.get("restype") == "container" and request.method == "PUT":
            rules.check_public_access(account, headers.get("x-ms-blob-public-access", ""))

    def _bearer(self, account: Account, authorization: str) -> str:
        """The object id that a token was issued for, if it is one for this account.

        https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-azure-active-directory#use-oauth-access-tokens-for-authentication
        """
        tenant = self._tenant(account)
        try:
            caller = self._issuer.verify(authorization)
            _require_issued_for(caller, account, tenant)
        except TokenError as error:
            challenge = rules.challenge(tenant)
            text = rules.SEE_CHALLENGE
            raise Refusal(401, "InvalidAuthenticationInfo", text, str(error), challenge) from error
        return caller.object_id

    def _authorise(
        self,
        method: str,
        account: Account,
        target: str,
        query: dict[str, Any],
        headers: CIMultiDict[str],
        principal: str,
    ) -> None:
        container, blob = path_parts(target)
        source = _copy_source(account, headers.get("x-ms-copy-source", ""))
        wanted = rules.needs(method, container, blob, query, source)
        if wanted is None:
            raise Refusal(400, "UnsupportedQueryParameter", "The sandbox does not know this operation of the service.")
        given = self._store.state.assignments.values()
        if not all(allowed(given, principal, need.action, need.scope(account), data=need.data) for need in wanted):
            raise Refusal(403, "AuthorizationPermissionMismatch", rules.MISMATCH)

    def _explain(self, account: Account, headers: CIMultiDict[str], query: dict[str, Any]) -> Refusal:
        """What stands behind Azurite's AuthorizationFailure, in Azure's words."""
        if "Authorization" not in headers and "sig" not in query:
            return self._anonymous(account, headers)
        return rules.not_authenticated(query, datetime.datetime.now(datetime.UTC))

    def _anonymous(self, account: Account, headers: CIMultiDict[str]) -> Refusal:
        return rules.anonymous(account, self._tenant(account), headers.get("x-ms-version", ""))

    def _tenant(self, account: Account) -> str:
        return self._store.state.subscriptions[account.subscription]


def _require_issued_for(caller: Caller, account: Account, tenant: str) -> None:
    if caller.audience not in (AUDIENCE, f"https://{account.host}"):
        raise TokenError("Audience validation failed. Audience did not match.")
    if caller.tenant != tenant:
        raise TokenError("Issuer validation failed. Issuer did not match.")


def _copy_source(account: Account, url: str) -> str:
    """The container of a blob that is copied within the account by the caller's own right; else empty."""
    parts = urlsplit(url)
    return "" if parts.hostname != account.host or "sig" in query_of(url) else path_parts(url)[0]


def _checked_properties(document: bytes) -> bytes:
    """The properties that a client sets, if the service would take their CORS rules. Raises Refusal."""
    try:
        fault = azure_cors.fault(azure_cors.from_xml(document))
    except ValueError as error:
        fault = str(error)
    if fault:
        raise Refusal(400, "InvalidXmlDocument", f"XML specified is not syntactically valid: {fault}")
    return document


def _not_authenticated(headers: CIMultiDict[str], upstream: ClientResponse) -> bool:
    """Whether Azurite found a signature wrong, or nothing to authenticate by; it has two ways of saying so."""
    code = upstream.headers.get("x-ms-error-code")
    by_key = headers.get("Authorization", "").lower().startswith("sharedkey")
    return code == "AuthorizationFailure" or (by_key and code == "InvalidAuthenticationInfo")


async def _relay(request: web.Request, upstream: ClientResponse) -> web.StreamResponse:
    headers = CIMultiDict((k, v) for k, v in upstream.headers.items() if k.lower() not in HOP)
    response = web.StreamResponse(status=upstream.status, reason=upstream.reason, headers=headers)
    await response.prepare(request)
    if request.method != "HEAD":
        async for chunk in upstream.content.iter_chunked(CHUNK):
            await response.write(chunk)
    await response.write_eof()
    return response


def _refuse(request: web.Request, refusal: Refusal, upstream: ClientResponse | None = None) -> web.Response:
    """The refusal as an answer; with the CORS headers of the answer that it replaces, so that a browser can read it."""
    request_id = str(uuid.uuid4())
    headers = {"x-ms-request-id": request_id, "x-ms-error-code": refusal.code, "Content-Type": "application/xml"}
    if "x-ms-version" in request.headers:
        headers["x-ms-version"] = request.headers["x-ms-version"]
    if refusal.challenge:
        headers["WWW-Authenticate"] = refusal.challenge
    shown = upstream.headers.items() if upstream else ()
    headers.update({k: v for k, v in shown if k.lower().startswith("access-control-") or k.lower() == "vary"})
    body = b"" if request.method == "HEAD" else refusal.body(request_id)
    return web.Response(status=refusal.status, reason=refusal.message.split("\n")[0], headers=headers, body=body)
