"""Tokens: oauth2.googleapis.com and iamcredentials.googleapis.com.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest and
https://cloud.google.com/iam/docs/reference/credentials/rest
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations_sandbox.clouds import gcp_roles, gcp_tokens
from integrations_sandbox.clouds.gcp_call import Services, authenticate, decode, raw_target, read_small
from integrations_sandbox.clouds.gcp_records import Account, Project
from integrations_sandbox.clouds.gcp_refusals import DENIED, Refusal

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CALL = re.compile(r"/v1/projects/-/serviceAccounts/(?P<email>[^/:]+):(?P<verb>\w+)")
PERMISSIONS = {"generateAccessToken": "iam.serviceAccounts.getAccessToken", "signBlob": "iam.serviceAccounts.signBlob"}
# https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
SCOPES = {gcp_tokens.FULL_SCOPES[0], f"{gcp_tokens.SCOPES}iam"}
SECONDS = re.compile(r"(\d+)s")


async def token(services: Services, request: Request) -> Response:
    """An access token for an assertion that a service account signed."""
    if request.method != "POST" or raw_target(request)[0] != "/token":
        return JSONResponse({"error": "not_found"}, 404)
    form = {name: values[0] for name, values in parse_qs((await read_small(request)).decode("latin-1")).items()}
    if form.get("grant_type") != GRANT:
        return _no_token("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")
    now = time.time()
    try:
        claims = gcp_tokens.verify_assertion(form.get("assertion", ""), TOKEN_URI, services.keys_of, now)
    except gcp_tokens.InvalidAssertionError as error:
        return _no_token("invalid_grant", str(error))
    scopes = tuple(str(claims.get("scope", "")).split())
    if not scopes:
        return _no_token("invalid_scope", "Empty or missing scope not allowed.")
    if claims.get("sub") not in (None, claims["iss"]):
        return _no_token("unauthorized_client", "Client is unauthorized to retrieve access tokens using this method.")
    caller = gcp_tokens.Caller(claims["iss"], scopes)
    given = gcp_tokens.issue(services.settings.token_secret, caller, now + gcp_tokens.LIFETIME)
    return JSONResponse({"access_token": given, "expires_in": gcp_tokens.LIFETIME, "token_type": "Bearer"})


def _no_token(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)


async def credentials(services: Services, request: Request) -> Response:
    """Act as a service account, or sign in its name, if its policy lets the caller."""
    try:
        email, verb = _asked(request)
        account = _account(services, request, email, PERMISSIONS[verb])
        body = decode(await read_small(request))
        return JSONResponse(_sign(services, account, body) if verb == "signBlob" else _act(services, account, body))
    except Refusal as refusal:
        status = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}.get(
            refusal.status, "INVALID_ARGUMENT"
        )
        error = {"code": refusal.status, "message": refusal.message, "status": status}
        return JSONResponse({"error": error}, refusal.status)


def _asked(request: Request) -> tuple[str, str]:
    """The account and what to do with it. Raises Refusal."""
    asked = CALL.fullmatch(unquote(raw_target(request)[0]))
    if request.method != "POST" or asked is None or asked["verb"] not in PERMISSIONS:
        raise Refusal(404, "NOT_FOUND", "", "Method not found.")
    return asked["email"], asked["verb"]


def _account(services: Services, request: Request, email: str, permission: str) -> Account:
    """The account that the caller may act as. Raises Refusal."""
    caller = authenticate(services, request)
    if caller is None:
        raise Refusal(401, "UNAUTHENTICATED", "", "Request is missing required authentication credential.")
    account = services.store.get(Account, email)
    if account is None:
        raise Refusal(404, "NOT_FOUND", "", f"Not found; Gaia id not found for email {email}")
    project = services.store.get(Project, account.project)
    names = {f"serviceAccount:{caller.email}"}
    given = gcp_roles.permissions((*account.bindings, *(project.bindings if project else ())), names)
    if permission not in given or SCOPES.isdisjoint(caller.scopes):
        raise Refusal(403, "PERMISSION_DENIED", "", DENIED.format(permission=permission))
    return account


def _act(services: Services, account: Account, body: dict[str, Any]) -> dict[str, str]:
    """A token for the account, good for at most an hour."""
    scopes, lifetime = body.get("scope"), SECONDS.fullmatch(str(body.get("lifetime", f"{gcp_tokens.LIFETIME}s")))
    if not isinstance(scopes, list) or not scopes:
        raise Refusal(400, "INVALID_ARGUMENT", "", "Scope required.")
    if lifetime is None or not 0 < int(lifetime[1]) <= gcp_tokens.LIFETIME:
        raise Refusal(400, "INVALID_ARGUMENT", "", f"The lifetime must be 1s to {gcp_tokens.LIFETIME}s.")
    expires = int(time.time()) + int(lifetime[1])
    caller = gcp_tokens.Caller(account.email, tuple(str(scope) for scope in scopes))
    given = gcp_tokens.issue(services.settings.token_secret, caller, expires)
    return {"accessToken": given, "expireTime": datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def _sign(services: Services, account: Account, body: dict[str, Any]) -> dict[str, str]:
    """https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signBlob"""
    try:
        payload = base64.b64decode(str(body["payload"]), validate=True)
    except (KeyError, binascii.Error):
        raise Refusal(400, "INVALID_ARGUMENT", "", "The payload must be base64.") from None
    key = _managed_key(services, account)
    signature = key.sign(payload, padding.PKCS1v15(), hashes.SHA256())
    return {"keyId": "managed-by-google", "signedBlob": base64.b64encode(signature).decode()}


def _managed_key(services: Services, account: Account) -> rsa.RSAPrivateKey:
    """The key that Google keeps for the account, made when it is first needed."""
    if account.managed_key is not None:
        key = load_pem_private_key(account.managed_key.encode(), None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - it was made below
        return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    services.store.put(account.email, replace(account, managed_key=private, managed_public_key=public))
    return key
