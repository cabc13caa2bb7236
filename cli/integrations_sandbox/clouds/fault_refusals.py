"""How each cloud words a refusal that a fault rule asks for: too many requests, credentials that expired, an error.

AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (S3 slows down with a 503), and
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html for its other services.
Google: https://cloud.google.com/storage/docs/json_api/v1/status-codes.
Azure: https://learn.microsoft.com/en-us/rest/api/storageservices/common-rest-api-error-codes, and
https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/request-limits-and-throttling.
Which codes OBS and other stores have for these is theirs: here they are S3's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct
from starlette.responses import Response

from integrations_sandbox.faults import Fault

SAID = "a fault on purpose"


class Words(Struct, frozen=True):
    """Status and code of a refusal."""

    status: int
    code: str


S3 = {"rate_limit": Words(503, "SlowDown"), "expired_credentials": Words(400, "ExpiredToken")}
AWS = {"rate_limit": Words(400, "Throttling"), "expired_credentials": Words(403, "ExpiredToken")}
GOOGLE = {"rate_limit": Words(429, "rateLimitExceeded"), "expired_credentials": Words(401, "authError")}
BLOB = {"rate_limit": Words(503, "ServerBusy"), "expired_credentials": Words(403, "AuthenticationFailed")}
AZURE = {"rate_limit": Words(429, "TooManyRequests"), "expired_credentials": Words(401, "ExpiredAuthenticationToken")}


def refusal(fault: Fault, host: str) -> Response:
    """The answer of the cloud that has this host."""
    retry = {"Retry-After": f"{fault.seconds:.0f}"} if fault.kind == "rate_limit" else {}
    if host.endswith("googleapis.com"):
        found = _words(fault, GOOGLE, "backendError")
        error = {"code": found.status, "message": SAID, "errors": [{"reason": found.code, "message": SAID}]}
        return _json({"error": error}, found, retry)
    if host.endswith(".blob.core.windows.net"):
        found = _words(fault, BLOB, "InternalError")
        return _xml(_error(found), found, {**retry, "x-ms-error-code": found.code})
    if host.endswith((".azure.com", ".microsoft.com", ".microsoftonline.com")):
        found = _words(fault, AZURE, "InternalServerError")
        return _json({"error": {"code": found.code, "message": SAID}}, found, retry)
    if host.endswith(".amazonaws.com") and "s3" not in host:
        found = _words(fault, AWS, "InternalFailure")
        return _xml(f"<ErrorResponse>{_error(found)}</ErrorResponse>", found, {})
    found = _words(fault, S3, "InternalError")
    return _xml(_error(found), found, {})


def _words(fault: Fault, known: Mapping[str, Words], otherwise: str) -> Words:
    return known.get(fault.kind) or Words(fault.status, otherwise)


def _error(words: Words) -> str:
    return f"<Error><Code>{words.code}</Code><Message>{SAID}</Message></Error>"


def _xml(text: str, words: Words, headers: Mapping[str, str]) -> Response:
    return Response(f'<?xml version="1.0" encoding="utf-8"?>{text}', words.status, headers, "application/xml")


def _json(body: object, words: Words, headers: Mapping[str, str]) -> Response:
    return Response(json.dumps(body), words.status, headers, "application/json")
