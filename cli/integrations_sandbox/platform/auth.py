"""Who is asking: the three ways in which the `encord` SDK signs its requests.

v2: Ed25519 over method, target, body digest and time, as in encord/http/v2/request_signer.py.
Legacy: `Authorization: <public key hex>:<signature hex>` over sha256(body).
Bearer: `Authorization: Bearer <token>`, in both generations.
These are pure functions: they say which key signed, not whether that key is registered.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SKEW = 300  # seconds that the signer's clock may be off; ours, Encord's is not documented

SIGNATURE_INPUT = re.compile(
    r'encord-sig=(?P<parameters>\("@method" "@request-target" "content-digest"\)'
    r';created=(?P<created>\d{1,12});keyid="(?P<key>[0-9a-f]{64})";alg="ed25519")'
)
SIGNATURE = re.compile(r"encord-sig=:(?P<signature>[A-Za-z0-9+/=]+):")
LEGACY = re.compile(r"(?P<key>[0-9a-f]{64}):(?P<signature>[0-9a-f]{128})")


class AuthenticationFailed(Exception):  # noqa: N818 - it is the answer, not a fault of ours
    """The request does not prove who sent it; the text says which part of the proof is wrong."""


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """The bearer token of a request, if it has one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" and token else None


def token_digest(token: str) -> str:
    """What is stored of a bearer token."""
    return hashlib.sha256(token.encode()).hexdigest()


def verify_v2(method: str, target: str, headers: Mapping[str, str], body: bytes, now: float) -> str:
    """Verify a v2 signature; returns the public key in hex.

    target: path and query exactly as sent (still percent-encoded). headers: names in lower
    case. now: seconds since the epoch. Raises AuthenticationFailed.
    """
    described = SIGNATURE_INPUT.fullmatch(headers.get("signature-input", ""))
    given = SIGNATURE.fullmatch(headers.get("signature", ""))
    if described is None or given is None:
        raise AuthenticationFailed("the request is not signed (Signature and Signature-Input), and has no bearer token")
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    if headers.get("content-digest") != digest:
        raise AuthenticationFailed("Content-Digest does not match the body")
    if abs(now - int(described["created"])) > SKEW:
        raise AuthenticationFailed(f"the signature was made more than {SKEW} seconds from now: set the clock")
    lines = (
        f'"@method": {method.upper()}',
        f'"@request-target": {target}',
        f'"content-digest": {digest}',
        f'"@signature-params": {described["parameters"]}',
    )
    try:
        signature = base64.b64decode(given["signature"], validate=True)
    except binascii.Error:
        raise AuthenticationFailed("Signature is not base64") from None
    _verify(described["key"], signature, "\n".join(lines).encode())
    return described["key"]


def verify_legacy(headers: Mapping[str, str], body: bytes) -> str:
    """Verify a legacy signature; returns the public key in hex. Raises AuthenticationFailed.

    Nothing but the body is covered, so such a request could be sent again by who has seen it.
    """
    given = LEGACY.fullmatch(headers.get("authorization", ""))
    if given is None:
        raise AuthenticationFailed("Authorization is neither a signature nor a bearer token")
    _verify(given["key"], bytes.fromhex(given["signature"]), hashlib.sha256(body).digest())
    return given["key"]


def _verify(key: str, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise AuthenticationFailed("the signature does not match the request") from None
