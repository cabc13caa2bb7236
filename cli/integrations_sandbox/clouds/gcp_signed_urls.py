"""V4 signed URLs: https://cloud.google.com/storage/docs/authentication/signatures

Pure functions: they say whose signature it is, not what that account may do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from integrations_sandbox.clouds.gcp_refusals import Refusal, malformed, not_played

ALGORITHM = "GOOG4-RSA-SHA256"
LONGEST = 604_800  # seconds: https://cloud.google.com/storage/docs/access-control/signed-urls
SKEW = 900  # seconds that the signer's clock may be ahead; ours, Google's is not documented
PARAMETERS = (
    "x-goog-algorithm", "x-goog-credential", "x-goog-date", "x-goog-expires", "x-goog-signedheaders", "x-goog-signature"
)  # fmt: skip


def is_signed(query: Mapping[str, str]) -> bool:
    """Whether a query claims to be signed, in the version that is played or the one before."""
    return any(name.lower() in ("x-goog-signature", "googleaccessid") for name in query)


def verify_signature(public_keys: Iterable[str], signature: bytes, message: bytes) -> bool:
    """Whether one of the keys (RSA, PEM) made this signature (PKCS#1 v1.5, SHA-256)."""
    for pem in public_keys:
        try:
            _key(pem).verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            return True
        except InvalidSignature:
            continue
    return False


@lru_cache
def _key(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise TypeError("a service account's key is an RSA key")
    return key


def verify(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    keys_of: Callable[[str], Iterable[str] | None],
    now: float,
) -> str:
    """The e-mail of the account that signed the request.

    path, query: as sent, still percent-encoded. headers: names in lower case. keys_of: the
    public keys of an account, None for an unknown one. now: seconds since the epoch.
    Raises Refusal for a signature that is incomplete, too old, or not this request's.
    """
    pairs = parse_qsl(query, keep_blank_values=True)
    named = {name.lower(): value for name, value in pairs}
    for name in PARAMETERS:
        if name not in named:
            raise malformed(f"{name} is missing; the sandbox verifies V4 signatures only")
    if named["x-goog-algorithm"] != ALGORITHM:
        raise not_played(f"signature algorithm {named['x-goog-algorithm']}, only {ALGORITHM}")
    email, scope = _credential(named["x-goog-credential"])
    _check_time(named["x-goog-date"], named["x-goog-expires"], scope, now)
    signed_headers = named["x-goog-signedheaders"].split(";")
    if "host" not in signed_headers:
        raise malformed("the header host must be signed")
    canonical = _canonical_request(method, path, pairs, signed_headers, headers)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join((ALGORITHM, named["x-goog-date"], scope, digest))
    keys = keys_of(email)
    if keys is None:
        message = f"the service account {email} is not known"
        raise Refusal(403, "forbidden", "InvalidSecurity", message, "The provided security credentials are not valid.")
    try:
        signature = bytes.fromhex(named["x-goog-signature"])
    except ValueError:
        signature = b""
    if not verify_signature(keys, signature, to_sign.encode()):
        message = "The request signature we calculated does not match the signature you provided. "
        message += "Check your Google secret key and signing method."
        raise Refusal(403, "forbidden", "SignatureDoesNotMatch", message, "Access denied.")
    return email


def _credential(credential: str) -> tuple[str, str]:
    """E-mail and scope of `email/date/location/storage/goog4_request`."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[3:] != ["storage", "goog4_request"]:
        raise malformed("X-Goog-Credential is not <email>/<date>/<location>/storage/goog4_request")
    return parts[0], "/".join(parts[1:])


def _check_time(date: str, expires: str, scope: str, now: float) -> None:
    try:
        begin = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise malformed("X-Goog-Date is not YYYYMMDD'T'HHMMSS'Z'") from None
    if not expires.isdecimal() or not 1 <= int(expires) <= LONGEST:
        raise malformed(f"X-Goog-Expires must be 1 to {LONGEST} seconds")
    if not scope.startswith(date[:8] + "/"):
        raise malformed("X-Goog-Credential and X-Goog-Date name different days")
    if begin > now + SKEW:
        message = "The difference between the request time and the server's time is too large."
        raise Refusal(403, "forbidden", "RequestTimeTooSkewed", message)
    if now > begin + int(expires):
        ended = datetime.fromtimestamp(begin + int(expires), UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        message = f"Request signature expired at: {ended}"
        raise Refusal(400, "invalid", "ExpiredToken", message, "The provided token has expired.")


def _canonical_request(
    method: str,
    path: str,
    pairs: Iterable[tuple[str, str]],
    signed_headers: list[str],
    headers: Mapping[str, str],
) -> str:
    """https://cloud.google.com/storage/docs/authentication/canonical-requests"""
    encoded = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in pairs if k.lower() != PARAMETERS[-1])
    lines = "".join(f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed_headers)
    payload = headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
    query = "&".join(f"{name}={value}" for name, value in encoded)
    return "\n".join((method, path, query, lines, ";".join(signed_headers), payload))
