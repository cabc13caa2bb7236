"""ministack as Open Telekom Cloud's OBS, which demands what AWS does not. Served by hypercorn as `otc_server:app`.

CORS rules, and the deletion of many objects, come with the Content-MD5 of the body: the header is mandatory
(https://docs.otc.t-systems.com/object-storage-service/api-ref/apis/static_website_hosting/configuring_bucket_cors.html
and https://docs.otc.t-systems.com/object-storage-service/api-ref/apis/operations_on_objects/deleting_objects.html).

A bucket policy in S3's words has the version 2008-10-17, and names a user as
`arn:aws:iam::<domain id>:user/<user>` ("Bucket Policy" in the S3 API reference of OBS). A number of 12 digits is no
domain id and names nobody here.

What OBS does not have is not there either: the settings that block public access altogether
(https://docs.otc.t-systems.com/object-storage-service/api-ref/apis/advanced_bucket_settings/ lists none), which AWS
switches on for every new bucket; and object ownership, which there disables ACLs.

Which codes OBS answers with is not documented for these cases; here they are S3's own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import s3

from integrations_sandbox.clouds.aws_server import app
from integrations_sandbox.clouds.s3_store import OTC_ACCOUNT, OTC_DOMAIN

__all__ = ["app"]

VERSION = "2008-10-17"

_handle_s3 = s3.handle_request
_principal_matches = iam_evaluator._principal_matches


async def _handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], **more: Any
) -> Any:
    if (method, "cors" in query_params) == ("PUT", True) or (method, "delete" in query_params) == ("POST", True):
        digest = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        given = headers.get("content-md5")
        if given is None:
            return _refusal("InvalidRequest", "Missing required header for this request: Content-MD5")
        if given != digest:
            return _refusal("BadDigest", "The Content-MD5 you specified did not match what we received.")
    if (method, "policy" in query_params) == ("PUT", True) and (problem := _policy_problem(body)):
        return _refusal("MalformedPolicy", problem)
    return await _handle_s3(method, path, headers, body, query_params, **more)


s3.handle_request = _handle_request


def _never(*_: object) -> bool:
    return False


s3._public_access_blocked = _never
s3._bucket_owner_enforced = _never


def _policy_problem(body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except ValueError:
        return "Policies must be valid JSON"
    version = document.get("Version", VERSION) if isinstance(document, dict) else None
    return None if version == VERSION else f"The policy's version must be {VERSION}"


def _refusal(code: str, message: str) -> tuple[int, dict[str, str], bytes]:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return 400, {"Content-Type": "application/xml"}, body.encode()


def _matches(principal: Any, caller_arn: str) -> bool:
    """As ministack's own, for principals that name a domain."""
    named = principal.get("AWS", []) if isinstance(principal, dict) else principal
    listed = [named] if isinstance(named, str) else named
    ours, theirs = f"arn:aws:iam::{OTC_DOMAIN}:", f"arn:aws:iam::{OTC_ACCOUNT}:"
    known = [theirs + one.removeprefix(ours) for one in listed if one.startswith(ours)]
    matched: bool = _principal_matches({"AWS": known + ["*" for one in listed if one == "*"]}, caller_arn)
    return matched


iam_evaluator._principal_matches = _matches
