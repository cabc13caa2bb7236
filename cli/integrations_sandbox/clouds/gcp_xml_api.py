"""The XML API of Cloud Storage, which signed URLs, browsers and S3-like clients use.

https://cloud.google.com/storage/docs/xml-api/reference-methods. Only objects, their listing
and their upload in parts are played; buckets are made and changed with the JSON API.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from integrations_sandbox.clouds import gcp_cors, gcp_media, gcp_xml_parts
from integrations_sandbox.clouds import gcp_refusals as refusals
from integrations_sandbox.clouds.gcp_call import (
    Call,
    Services,
    authenticate,
    header_conditions,
    raw_target,
    segments,
)
from integrations_sandbox.clouds.gcp_objects import check_conditions
from integrations_sandbox.clouds.gcp_records import Bucket
from integrations_sandbox.clouds.gcp_retention import require_free

XML = "application/xml; charset=UTF-8"
LIST_PARAMETERS = {
    "list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner",
}  # fmt: skip
PAGE = 1000
SETTINGS = {
    "cache-control": "cacheControl",
    "content-disposition": "contentDisposition",
    "content-encoding": "contentEncoding",
    "content-language": "contentLanguage",
    "content-type": "contentType",
}
META = "x-goog-meta-"


async def answer(services: Services, request: Request, bucket_in_host: str | None) -> Response:
    """Answer a request. bucket_in_host: from `<bucket>.storage.googleapis.com`, where it is not in the path."""
    path = segments(raw_target(request)[0])
    bucket_name, *rest = path if bucket_in_host is None else [bucket_in_host, *path]
    name = "/".join(rest)
    if request.method == "OPTIONS":
        return _preflight(services, request, bucket_name)
    try:
        response = await _dispatch(Call(services, request, authenticate(services, request)), bucket_name, name)
    except refusals.Refusal as refusal:
        # Nobody in particular is refused here, and not asked who they are.
        status = 403 if refusal.reason == "required" else refusal.status
        response = Response(refusal.as_xml(), status, media_type=XML)
    origin = request.headers.get("origin")
    response.headers.update(gcp_cors.answer(_rules(services, bucket_name), origin, request.method))
    return response


def _rules(services: Services, bucket_name: str) -> list[gcp_cors.Rule]:
    bucket = services.store.get(Bucket, bucket_name)
    return bucket.settings.get("cors", []) if bucket else []


def _preflight(services: Services, request: Request, bucket_name: str) -> Response:
    asked = request.headers.get("access-control-request-headers", "")
    names = [name.strip() for name in asked.split(",") if name.strip()]
    method = request.headers.get("access-control-request-method", "")
    rules = _rules(services, bucket_name)
    return Response(headers=gcp_cors.preflight(rules, request.headers.get("origin"), method, names))


async def _dispatch(call: Call, bucket_name: str, name: str) -> Response:
    if not bucket_name:
        raise refusals.not_played("listing of buckets in the XML API")
    bucket = call.bucket(bucket_name)
    query, method = call.query, call.request.method
    if not name:
        return _of_bucket(call, bucket)
    if "uploads" in query or "uploadId" in query:
        return await gcp_xml_parts.answer(call, bucket, name, settings(call))
    if set(query) & {"acl", "encryption", "retention", "tagging"}:
        raise refusals.not_played(f"subresource {', '.join(query)} of an object in the XML API")
    if method in ("GET", "HEAD"):
        return _get(call, bucket, name)
    if method == "PUT":
        return await _put(call, bucket, name)
    if method == "DELETE":
        return _delete(call, bucket, name)
    raise refusals.not_played(f"{method} of an object in the XML API")


def _of_bucket(call: Call, bucket: Bucket) -> Response:
    if call.request.method == "HEAD":
        call.require("storage.buckets.get", bucket)
        return Response(media_type=XML)
    signature = {name for name in call.query if name.lower().startswith("x-goog-")}
    if call.request.method != "GET" or set(call.query) - LIST_PARAMETERS - signature:
        raise refusals.not_played("such a call on a bucket in the XML API: use the JSON API")
    return _list(call, bucket)


def _list(call: Call, bucket: Bucket) -> Response:
    """https://cloud.google.com/storage/docs/xml-api/get-bucket-list"""
    query = call.query
    if query.get("list-type") != "2":
        raise refusals.not_played("version 1 of listing in the XML API")
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    call.require("storage.objects.list", bucket, list_prefix=prefix)
    limit = min(call.number("max-keys") or PAGE, PAGE)
    # No name is between one and the same with the lowest character behind it.
    after = f"{query['start-after']}\0" if query.get("start-after") else ""
    start = max(after, query.get("continuation-token", ""))
    page = call.objects.page(bucket.name, prefix, delimiter, start, "", limit)
    contents = "".join(
        f"<Contents><Key>{escape(stored.name)}</Key><Generation>{stored.generation}</Generation>"
        f"<MetaGeneration>{stored.metageneration}</MetaGeneration><LastModified>{stored.updated}</LastModified>"
        f"<ETag>{escape(gcp_media.etag(stored))}</ETag><Size>{stored.size}</Size></Contents>"
        for stored in page.objects
    )
    common = "".join(f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in page.prefixes)
    more = f"<NextContinuationToken>{escape(page.next)}</NextContinuationToken>" if page.next else ""
    body = (
        "<?xml version='1.0' encoding='UTF-8'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'>"
        f"<Name>{bucket.name}</Name><Prefix>{escape(prefix)}</Prefix><Delimiter>{escape(delimiter)}</Delimiter>"
        f"<MaxKeys>{limit}</MaxKeys><IsTruncated>{str(bool(page.next)).lower()}</IsTruncated>{more}"
        f"<KeyCount>{len(page.objects) + len(page.prefixes)}</KeyCount>{contents}{common}</ListBucketResult>"
    )
    return Response(body, media_type=XML)


def _get(call: Call, bucket: Bucket, name: str) -> Response:
    call.require("storage.objects.get", bucket, name)
    stored = call.existing(bucket, name)
    check_conditions(stored, header_conditions(call.request.headers))
    return gcp_media.serve(call, stored)


async def _put(call: Call, bucket: Bucket, name: str) -> Response:
    """https://cloud.google.com/storage/docs/xml-api/put-object-upload"""
    call.require_write(bucket, name)
    conditions = header_conditions(call.request.headers)
    if source := call.request.headers.get("x-goog-copy-source"):
        return _copied(call, source, bucket, name, conditions)
    draft = await call.objects.receive(call.request.stream())
    stored = call.objects.keep(bucket.name, name, draft, settings(call), conditions)
    return Response(headers=_made(gcp_media.headers(stored)))


def _copied(call: Call, source: str, bucket: Bucket, name: str, conditions: dict[str, int]) -> Response:
    from_bucket, _, from_name = "/".join(segments("/" + source.removeprefix("/"))).partition("/")
    origin = call.bucket(from_bucket)
    call.require("storage.objects.get", origin, from_name)
    made = call.objects.copy(call.existing(origin, from_name), bucket.name, name, {}, conditions)
    body = f"<CopyObjectResult><LastModified>{made.updated}</LastModified><ETag>{gcp_media.etag(made)}</ETag></CopyObjectResult>"
    return Response(body, headers=_made(gcp_media.headers(made)), media_type=XML)


def _made(headers: dict[str, str]) -> dict[str, str]:
    """What the answer to an upload says of the object."""
    return {name: value for name, value in headers.items() if name == "ETag" or name.startswith("x-goog-")}


def _delete(call: Call, bucket: Bucket, name: str) -> Response:
    call.require("storage.objects.delete", bucket, name)
    stored = call.existing(bucket, name)
    check_conditions(stored, header_conditions(call.request.headers))
    require_free(bucket, stored)
    call.objects.remove(stored)
    return Response(status_code=204)


def settings(call: Call) -> dict[str, object]:
    """What the headers of an upload say of the object: https://cloud.google.com/storage/docs/xml-api/reference-headers"""
    headers = call.request.headers
    chosen: dict[str, object] = {key: headers[name] for name, key in SETTINGS.items() if name in headers}
    metadata = {name.removeprefix(META): value for name, value in headers.items() if name.startswith(META)}
    return chosen | ({"metadata": metadata} if metadata else {})
