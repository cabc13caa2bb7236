"""The proof of who asks: every part of it counts."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from integrations_sandbox.platform.auth import SKEW, AuthenticationFailed, bearer_token, verify_legacy, verify_v2

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
NOW = 1_700_000_000
BODY = b'{"name":"media"}'
TARGET = "/v2/public/storage/folders?search=a%20b"


def signed(method: str = "POST", target: str = TARGET, body: bytes = BODY, created: int = NOW) -> dict[str, str]:
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    covered = f'("@method" "@request-target" "content-digest");created={created};keyid="{PUBLIC}";alg="ed25519"'
    base = (
        f'"@method": {method}\n"@request-target": {target}\n"content-digest": {digest}\n"@signature-params": {covered}'
    )
    signature = base64.b64encode(KEY.sign(base.encode())).decode()
    return {
        "content-digest": digest,
        "signature-input": f"encord-sig={covered}",
        "signature": f"encord-sig=:{signature}:",
    }


def test_a_signed_request_names_its_key() -> None:
    assert verify_v2("POST", TARGET, signed(), BODY, NOW) == PUBLIC


@pytest.mark.parametrize(
    ("method", "target", "body", "now"),
    [
        ("PUT", TARGET, BODY, NOW),
        ("POST", TARGET.replace("%20", "+"), BODY, NOW),
        ("POST", TARGET, b'{"name":"other"}', NOW),
        ("POST", TARGET, BODY, NOW + SKEW + 1),
        ("POST", TARGET, BODY, NOW - SKEW - 1),
    ],
    ids=["method", "target", "body", "too old", "from the future"],
)
def test_a_request_that_differs_from_what_was_signed_is_refused(
    method: str, target: str, body: bytes, now: int
) -> None:
    with pytest.raises(AuthenticationFailed):
        verify_v2(method, target, signed(), body, now)


def test_a_clock_within_the_tolerance_is_accepted() -> None:
    assert verify_v2("POST", TARGET, signed(created=NOW - SKEW), BODY, NOW) == PUBLIC


@pytest.mark.parametrize("header", ["signature", "signature-input", "content-digest"])
def test_every_header_of_the_proof_is_needed(header: str) -> None:
    headers = signed()
    del headers[header]
    with pytest.raises(AuthenticationFailed):
        verify_v2("POST", TARGET, headers, BODY, NOW)


def test_a_signature_that_covers_less_is_refused() -> None:
    headers = signed()
    headers["signature-input"] = headers["signature-input"].replace(' "content-digest"', "")
    with pytest.raises(AuthenticationFailed, match="not signed"):
        verify_v2("POST", TARGET, headers, BODY, NOW)


def test_a_signature_that_is_not_base64_is_refused() -> None:
    with pytest.raises(AuthenticationFailed, match="base64"):
        verify_v2("POST", TARGET, {**signed(), "signature": "encord-sig=:abc:"}, BODY, NOW)


def legacy(body: bytes) -> dict[str, str]:
    return {"authorization": f"{PUBLIC}:{KEY.sign(hashlib.sha256(body).digest()).hex()}"}


def test_a_legacy_signature_names_its_key_and_covers_the_body() -> None:
    assert verify_legacy(legacy(BODY), BODY) == PUBLIC
    with pytest.raises(AuthenticationFailed):
        verify_legacy(legacy(BODY), BODY + b" ")


@pytest.mark.parametrize("value", ["", "abc", f"{PUBLIC}:00", "Bearer token"])
def test_what_is_no_legacy_signature_is_refused(value: str) -> None:
    with pytest.raises(AuthenticationFailed, match="neither a signature nor"):
        verify_legacy({"authorization": value}, BODY)


@pytest.mark.parametrize(
    ("value", "token"),
    [("Bearer abc", "abc"), ("Bearer ", None), ("Basic abc", None), ("bearer abc", None), ("", None)],
)
def test_a_bearer_token_is_recognised(value: str, token: str | None) -> None:
    assert bearer_token({"authorization": value}) == token
