"""Objects as both APIs show and serve them: the resource, the headers, the content."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from integrations_sandbox.clouds.gcp_call import Call
from integrations_sandbox.clouds.gcp_records import StoredObject
from integrations_sandbox.clouds.gcp_refusals import no_range

RANGE = re.compile(r"bytes=(?P<first>\d*)-(?P<last>\d*)")
DEFAULT_TYPE = "application/octet-stream"
# https://cloud.google.com/storage/docs/metadata#cache-control
DEFAULT_CACHE = "private, max-age=0"


def resource(stored: StoredObject) -> dict[str, Any]:
    """https://cloud.google.com/storage/docs/json_api/v1/objects"""
    path = f"storage/v1/b/{stored.bucket}/o/{quote(stored.name, safe='')}"
    generation = stored.generation
    return {
        "kind": "storage#object",
        "id": f"{stored.bucket}/{stored.name}/{generation}",
        "selfLink": f"https://www.googleapis.com/{path}",
        "mediaLink": f"https://storage.googleapis.com/download/{path}?generation={generation}&alt=media",
        "name": stored.name,
        "bucket": stored.bucket,
        "generation": str(generation),
        "metageneration": str(stored.metageneration),
        "storageClass": "STANDARD",
        "size": str(stored.size),
        "md5Hash": stored.md5,
        "crc32c": stored.crc32c,
        "etag": base64.b64encode(f"{generation}/{stored.metageneration}".encode()).decode(),
        "timeCreated": stored.created,
        "updated": stored.updated,
        "timeStorageClassUpdated": stored.created,
        "timeFinalized": stored.created,
        **stored.settings,
    }


def etag(stored: StoredObject) -> str:
    """The entity tag of the XML API: https://cloud.google.com/storage/docs/hashes-etags"""
    return f'"{base64.b64decode(stored.md5).hex()}"'


def headers(stored: StoredObject) -> dict[str, str]:
    """What an answer says of the object: https://cloud.google.com/storage/docs/xml-api/reference-headers"""
    chosen = stored.settings
    optional = {
        "Content-Disposition": chosen.get("contentDisposition"),
        "Content-Encoding": chosen.get("contentEncoding"),
        "Content-Language": chosen.get("contentLanguage"),
        **{f"x-goog-meta-{name}": value for name, value in chosen.get("metadata", {}).items()},
    }
    return {
        "Content-Type": chosen.get("contentType", DEFAULT_TYPE),
        "Cache-Control": chosen.get("cacheControl", DEFAULT_CACHE),
        "ETag": etag(stored),
        "Last-Modified": format_datetime(datetime.fromisoformat(stored.updated), usegmt=True),
        "Accept-Ranges": "bytes",
        "x-goog-generation": str(stored.generation),
        "x-goog-metageneration": str(stored.metageneration),
        "x-goog-hash": f"crc32c={stored.crc32c},md5={stored.md5}",
        "x-goog-storage-class": str(chosen.get("storageClass", "STANDARD")),
        "x-goog-stored-content-encoding": str(chosen.get("contentEncoding", "identity")),
        "x-goog-stored-content-length": str(stored.size),
        **{name: value for name, value in optional.items() if value},
    }


def serve(call: Call, stored: StoredObject) -> Response:
    """The content, or the part of it that the request's range names. Raises Refusal for a range beyond it."""
    given = headers(stored)
    if call.request.headers.get("if-none-match") == etag(stored):
        return Response(status_code=304, headers=given)
    part = _range(call.request.headers, stored.size)
    start, end = part or (0, stored.size)
    given["Content-Length"] = str(end - start)
    if part:
        given["Content-Range"] = f"bytes {start}-{end - 1}/{stored.size}"
    if call.request.method == "HEAD":
        return Response(status_code=206 if part else 200, headers=given)
    return StreamingResponse(call.objects.content(stored, start, end), 206 if part else 200, given)


def _range(headers_: Mapping[str, str], size: int) -> tuple[int, int] | None:
    """First byte and the one after the last, as RFC 9110 §14 reads a single range; None for the whole."""
    asked = RANGE.fullmatch(headers_.get("range", ""))
    if asked is None or not (asked["first"] or asked["last"]):
        return None
    if not asked["first"]:
        start, end = max(size - int(asked["last"]), 0), size
    else:
        start, end = int(asked["first"]), min(int(asked["last"] or size) + 1, size)
    if start >= end:
        raise no_range()
    return start, end
