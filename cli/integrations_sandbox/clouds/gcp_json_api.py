"""The JSON API of Cloud Storage: which call a request is.

https://cloud.google.com/storage/docs/json_api/v1
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations_sandbox.clouds import gcp_cors, gcp_json_buckets, gcp_json_objects, gcp_uploads
from integrations_sandbox.clouds import gcp_refusals as refusals
from integrations_sandbox.clouds.gcp_call import Call, Services, authenticate, raw_target, segments

Handler = Callable[..., Awaitable[Response]]
ROOTS = ("/storage/v1/", "/upload/storage/v1/", "/download/storage/v1/")
ANY = "*"

BUCKET, OBJECT = ("b", ANY), ("b", ANY, "o", ANY)
STORAGE: tuple[tuple[str, tuple[str, ...], Handler], ...] = (
    ("GET", ("b",), gcp_json_buckets.index),
    ("POST", ("b",), gcp_json_buckets.insert),
    ("GET", BUCKET, gcp_json_buckets.get),
    ("PATCH", BUCKET, gcp_json_buckets.patch),
    ("PUT", BUCKET, gcp_json_buckets.update),
    ("DELETE", BUCKET, gcp_json_buckets.delete),
    ("GET", (*BUCKET, "iam"), gcp_json_buckets.get_policy),
    ("PUT", (*BUCKET, "iam"), gcp_json_buckets.set_policy),
    ("GET", (*BUCKET, "iam", "testPermissions"), gcp_json_buckets.test_permissions),
    ("GET", (*BUCKET, "o"), gcp_json_objects.index),
    ("GET", OBJECT, gcp_json_objects.get),
    ("PATCH", OBJECT, gcp_json_objects.patch),
    ("PUT", OBJECT, gcp_json_objects.update),
    ("DELETE", OBJECT, gcp_json_objects.delete),
    ("POST", (*OBJECT, "rewriteTo", *OBJECT), gcp_json_objects.rewrite),
    ("POST", (*OBJECT, "copyTo", *OBJECT), gcp_json_objects.copy),
    (ANY, (*BUCKET, "acl"), gcp_json_buckets.access_control),
    (ANY, (*BUCKET, "acl", ANY), gcp_json_buckets.access_control),
    (ANY, (*BUCKET, "defaultObjectAcl"), gcp_json_buckets.access_control),
    (ANY, (*OBJECT, "acl"), gcp_json_buckets.access_control),
    (ANY, (*OBJECT, "acl", ANY), gcp_json_buckets.access_control),
)
UPLOAD: tuple[tuple[str, tuple[str, ...], Handler], ...] = (
    ("POST", (*BUCKET, "o"), gcp_uploads.insert),
    ("PUT", (*BUCKET, "o"), gcp_uploads.resume),
    ("DELETE", (*BUCKET, "o"), gcp_uploads.cancel),
)
DOWNLOAD: tuple[tuple[str, tuple[str, ...], Handler], ...] = (("GET", OBJECT, gcp_json_objects.get),)
TABLES = dict(zip(ROOTS, (STORAGE, UPLOAD, DOWNLOAD), strict=True))


async def answer(services: Services, request: Request) -> Response:
    """Answer a request; the JSON API lets every origin in, whatever the bucket's rules say."""
    if request.method == "OPTIONS":
        response = Response()
    else:
        try:
            response = await _dispatch(services, request)
        except refusals.Refusal as refusal:
            response = JSONResponse(refusal.as_json(), refusal.status)
    asked = request.headers.get("access-control-request-headers") if request.method == "OPTIONS" else None
    response.headers.update(gcp_cors.json_api(request.headers.get("origin"), asked))
    return response


async def _dispatch(services: Services, request: Request) -> Response:
    path, _ = raw_target(request)
    root = next((root for root in ROOTS if path.startswith(root)), None)
    if root is None:
        raise refusals.not_played(f"call at {path}")
    parts = tuple(segments(path.removeprefix(root.rstrip("/"))))
    # Whoever knows the id of a resumable upload may go on with it, whoever they are:
    # https://cloud.google.com/storage/docs/resumable-uploads#session-uris
    resuming = root == ROOTS[1] and request.method != "POST"
    caller = None if resuming else authenticate(services, request)
    method = "GET" if request.method == "HEAD" else request.method
    for wanted, pattern, handler in TABLES[root]:
        if wanted in (method, ANY) and _fits(parts, pattern):
            names = [part for part, place in zip(parts, pattern, strict=True) if place == ANY]
            return await handler(Call(services, request, caller), *names)
    raise refusals.not_played(f"{request.method} of {path}")


def _fits(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(parts) == len(pattern) and all(p in (part, ANY) for part, p in zip(parts, pattern, strict=True))
