"""Who is asking: assertions that a service account signs itself, and the access tokens given for them.

Access tokens carry what they say and a keyed digest of it, so that a restart forgets none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from integrations_sandbox.clouds.gcp_signed_urls import verify_signature
from integrations_sandbox.decoding import decode

LIFETIME = 3600  # seconds: https://cloud.google.com/iam/docs/create-short-lived-credentials-direct
SKEW = 300  # seconds that the signer's clock may be off; ours, Google's is not documented
PREFIX = "ya29."

SCOPES = "https://www.googleapis.com/auth/"
# What each scope lets a token do, whatever its owner may:
# https://cloud.google.com/storage/docs/oauth-scopes
FULL_SCOPES = (f"{SCOPES}cloud-platform", f"{SCOPES}devstorage.full_control")
WRITE_SCOPES = (*FULL_SCOPES, f"{SCOPES}devstorage.read_write")
READ_SCOPES = (*WRITE_SCOPES, f"{SCOPES}devstorage.read_only", f"{SCOPES}cloud-platform.read-only")
STORAGE_AUDIENCE = "https://storage.googleapis.com/"

KeysOf = Callable[[str], Iterable[str] | None]


class Caller(Struct, frozen=True):
    """Who a token speaks for, and for what: `scopes` limit it."""

    email: str
    scopes: tuple[str, ...]

    def may_try(self, permission: str) -> bool:
        """Whether the scopes reach as far as this permission."""
        verb = permission.rsplit(".", 1)[-1]
        wanted: tuple[str, ...] = WRITE_SCOPES
        if verb in ("get", "list", "listParts"):
            wanted = READ_SCOPES
        elif "IamPolicy" in verb or permission == "storage.buckets.update":
            wanted = FULL_SCOPES
        return not set(wanted).isdisjoint(self.scopes)


class InvalidAssertionError(ValueError):
    """An assertion that proves nothing; the text is Google's description."""


class _Claims(Struct, frozen=True):
    email: str
    scopes: tuple[str, ...]
    expires: float


def issue(secret: str, caller: Caller, expires: float) -> str:
    """An access token for the caller, good until `expires` (seconds since the epoch)."""
    body = msgspec.json.encode(_Claims(caller.email, caller.scopes, expires))
    return f"{PREFIX}{_encode(body)}.{_encode(_mac(secret, body))}"


def read(secret: str, token: str, now: float) -> Caller | None:
    """Who a token that `issue` gave speaks for; None if it is not ours, altered or too old."""
    try:
        body, mac = (_decode(part) for part in token.removeprefix(PREFIX).split("."))
    except ValueError:
        return None
    if not hmac.compare_digest(mac, _mac(secret, body)):
        return None
    claims = decode(body, _Claims)
    return Caller(claims.email, claims.scopes) if now < claims.expires else None


def verify_assertion(assertion: str, audience: str | None, keys_of: KeysOf, now: float) -> dict[str, Any]:
    """The claims of a JWT that a service account signed for `audience` (None: whoever it names).

    https://developers.google.com/identity/protocols/oauth2/service-account#httprest
    Raises InvalidAssertionError.
    """
    try:
        header, payload, signature = assertion.split(".")
        claims = decode(_decode(payload), dict[str, Any])
        algorithm = decode(_decode(header), dict[str, Any]).get("alg")
        signed = _decode(signature)
    except (ValueError, msgspec.DecodeError):
        raise InvalidAssertionError("Invalid JWT: the assertion is not header.payload.signature") from None
    keys = keys_of(str(claims.get("iss", "")))
    if keys is None:
        raise InvalidAssertionError("Invalid grant: account not found")
    if algorithm != "RS256" or not verify_signature(keys, signed, f"{header}.{payload}".encode()):
        raise InvalidAssertionError("Invalid JWT Signature.")
    if audience is not None and claims.get("aud") != audience:
        raise InvalidAssertionError("Invalid JWT: Failed audience check.")
    begin, end = claims.get("iat"), claims.get("exp")
    timely = isinstance(begin, int | float) and isinstance(end, int | float)
    if not timely or not (begin - SKEW <= now < end and end - begin <= LIFETIME):  # type: ignore[operator]
        raise InvalidAssertionError(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim."
        )
    return claims


def self_signed(assertion: str, keys_of: KeysOf, now: float) -> Caller | None:
    """Who a JWT that is used as a token speaks for: https://google.aip.dev/auth/4111. None if it proves nothing."""
    try:
        claims = verify_assertion(assertion, None, keys_of, now)
    except InvalidAssertionError:
        return None
    if claims.get("sub") != claims["iss"]:
        return None
    if scope := claims.get("scope"):
        return Caller(claims["iss"], tuple(str(scope).split()))
    return Caller(claims["iss"], FULL_SCOPES) if claims.get("aud") == STORAGE_AUDIENCE else None


def _mac(secret: str, body: bytes) -> bytes:
    return hmac.digest(secret.encode(), body, hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
