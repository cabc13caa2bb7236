"""The JSON API's calls on objects: https://cloud.google.com/storage/docs/json_api/v1/objects"""

from __future__ import annotations

import base64
import binascii

from starlette.responses import JSONResponse, Response

from integrations_sandbox.clouds import gcp_buckets, gcp_media
from integrations_sandbox.clouds import gcp_refusals as refusals
from integrations_sandbox.clouds.gcp_call import Call
from integrations_sandbox.clouds.gcp_objects import WRITABLE, check_conditions
from integrations_sandbox.clouds.gcp_retention import require_free

PAGE = 1000  # the most that one answer lists
NOT_PLAYED = ("matchGlob", "softDeleted", "filter")


async def index(call: Call, bucket_name: str) -> Response:
    """The objects of a bucket, a page at a time."""
    bucket, query = call.bucket(bucket_name), call.query
    prefix = query.get("prefix", "")
    call.require("storage.objects.list", bucket, list_prefix=prefix)
    for name in NOT_PLAYED:
        if query.get(name):
            raise refusals.not_played(f"parameter {name} of a listing")
    limit = min(call.number("maxResults") or PAGE, PAGE)
    start = max(_token(query.get("pageToken", "")), query.get("startOffset", ""))
    trailing = query.get("includeTrailingDelimiter", "").lower() == "true"
    page = call.objects.page(
        bucket.name, prefix, query.get("delimiter", ""), start, query.get("endOffset", ""), limit, trailing
    )  # fmt: skip
    body = {
        "kind": "storage#objects",
        "items": [gcp_media.resource(stored) for stored in page.objects],
        "prefixes": list(page.prefixes),
        "nextPageToken": base64.b64encode(page.next.encode()).decode() if page.next else None,
    }
    return JSONResponse({key: value for key, value in body.items() if value})


def _token(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise refusals.invalid(f"Invalid page token: {text!r}") from None


async def get(call: Call, bucket_name: str, name: str) -> Response:
    """One object: what is known of it, or with `alt=media` its content."""
    bucket = call.bucket(bucket_name)
    call.require("storage.objects.get", bucket, name)
    stored = call.existing(bucket, name)
    check_conditions(stored, call.conditions())
    if call.query.get("alt") == "media":
        return gcp_media.serve(call, stored)
    return JSONResponse(gcp_media.resource(stored))


async def patch(call: Call, bucket_name: str, name: str) -> Response:
    """Change what is known of an object: https://cloud.google.com/storage/docs/json_api#patch"""
    bucket = call.bucket(bucket_name)
    call.require("storage.objects.update", bucket, name)
    given = {key: value for key, value in (await call.json()).items() if key in WRITABLE}
    stored = call.existing(bucket, name)
    check_conditions(stored, call.conditions())
    return JSONResponse(gcp_media.resource(call.objects.change(stored, gcp_buckets.merge(stored.settings, given))))


async def update(call: Call, bucket_name: str, name: str) -> Response:
    """Replace what is known of an object."""
    bucket = call.bucket(bucket_name)
    call.require("storage.objects.update", bucket, name)
    given = {key: value for key, value in (await call.json()).items() if key in WRITABLE and value is not None}
    stored = call.existing(bucket, name)
    check_conditions(stored, call.conditions())
    return JSONResponse(gcp_media.resource(call.objects.change(stored, given)))


async def delete(call: Call, bucket_name: str, name: str) -> Response:
    """Delete an object."""
    bucket = call.bucket(bucket_name)
    call.require("storage.objects.delete", bucket, name)
    stored = call.existing(bucket, name)
    check_conditions(stored, call.conditions())
    require_free(bucket, stored)
    call.objects.remove(stored)
    return Response(status_code=204)


async def rewrite(call: Call, bucket_name: str, name: str, to_bucket: str, to_name: str) -> Response:
    """Copy an object, in one go: https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite"""
    stored = await _copied(call, bucket_name, name, to_bucket, to_name)
    size = str(stored["size"])
    answer = {"kind": "storage#rewriteResponse", "totalBytesRewritten": size, "objectSize": size, "done": True}
    return JSONResponse(answer | {"resource": stored})


async def copy(call: Call, bucket_name: str, name: str, to_bucket: str, to_name: str) -> Response:
    """Copy an object: https://cloud.google.com/storage/docs/json_api/v1/objects/copy"""
    return JSONResponse(await _copied(call, bucket_name, name, to_bucket, to_name))


async def _copied(call: Call, bucket_name: str, name: str, to_bucket: str, to_name: str) -> dict[str, object]:
    source, target = call.bucket(bucket_name), call.bucket(to_bucket)
    call.require("storage.objects.get", source, name)
    call.require_write(target, to_name)
    settings = {key: value for key, value in (await call.json()).items() if key in WRITABLE}
    stored = call.existing(source, name)
    made = call.objects.copy(stored, target.name, to_name, settings, call.conditions())
    return gcp_media.resource(made)
