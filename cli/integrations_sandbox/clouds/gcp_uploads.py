"""Uploads of the JSON API: https://cloud.google.com/storage/docs/uploads-downloads

Simple (the body is the content), multipart (metadata and content in one body), and
resumable (a session that takes the content in parts and lives through a restart).
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from integrations_sandbox.clouds import gcp_media
from integrations_sandbox.clouds import gcp_refusals as refusals
from integrations_sandbox.clouds.gcp_call import Call, decode, read_small
from integrations_sandbox.clouds.gcp_json_buckets import refuse_access_control
from integrations_sandbox.clouds.gcp_objects import CHUNK, check_conditions
from integrations_sandbox.clouds.gcp_records import Bucket, StoredObject, Upload

LONGEST_MULTIPART = 128 * 1024 * 1024  # bytes; Google's clients send larger ones in sessions
RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?P<total>\d+|\*)")
BOUNDARY = re.compile(r"""boundary=(["']?)(?P<value>[^"';]+)\1""")


async def insert(call: Call, bucket_name: str) -> Response:
    """Make an object, or begin to."""
    bucket = call.bucket(bucket_name)
    if call.query.get("predefinedAcl"):
        refuse_access_control(bucket)
        raise refusals.not_played("access control lists: turn uniform bucket-level access on")
    kind = call.query.get("uploadType")
    if kind == "media":
        return await _simple(call, bucket)
    if kind == "multipart":
        return await _multipart(call, bucket)
    if kind == "resumable":
        return await _begin(call, bucket)
    raise refusals.invalid(f"Invalid value for uploadType: {kind!r}")


async def _simple(call: Call, bucket: Bucket) -> Response:
    name = call.query.get("name", "")
    call.require_write(bucket, name)
    draft = await call.objects.receive(call.request.stream())
    settings = {"contentType": call.request.headers.get("content-type")}
    return JSONResponse(gcp_media.resource(call.objects.keep(bucket.name, name, draft, settings, call.conditions())))


async def _multipart(call: Call, bucket: Bucket) -> Response:
    body = await read_small(call.request, LONGEST_MULTIPART)
    settings, content_type, content = _split(call.request.headers.get("content-type", ""), body)
    name = str(settings.get("name") or call.query.get("name", ""))
    call.require_write(bucket, name)
    draft = call.objects.draft()
    draft.write(content)
    settings = {"contentType": content_type, **settings}
    return JSONResponse(gcp_media.resource(call.objects.keep(bucket.name, name, draft, settings, call.conditions())))


def _split(content_type: str, body: bytes) -> tuple[dict[str, Any], str, bytes]:
    """Metadata, type and content of a multipart/related body (RFC 2387)."""
    boundary = BOUNDARY.search(content_type)
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary["value"].encode()) if boundary else []
    if len(parts) != 4:
        raise refusals.invalid("Malformed multipart body: it has one part of metadata and one of content.")
    (_, metadata), (head, content) = (part.removeprefix(b"\r\n").split(b"\r\n\r\n", 1) for part in parts[1:3])
    of_content = [line.partition(":") for line in head.decode("latin-1").splitlines()]
    headers = {name.strip().lower(): value.strip() for name, _, value in of_content}
    return decode(metadata), headers.get("content-type", gcp_media.DEFAULT_TYPE), content


async def _begin(call: Call, bucket: Bucket) -> Response:
    """https://cloud.google.com/storage/docs/performing-resumable-uploads"""
    settings = await call.json()
    name = str(settings.pop("name", None) or call.query.get("name", ""))
    call.require_write(bucket, name)
    call.objects.check_name(name)
    conditions = call.conditions()
    check_conditions(call.store.object(bucket.name, name), conditions)
    settings.setdefault("contentType", call.request.headers.get("x-upload-content-type"))
    upload = Upload(secrets.token_urlsafe(24), bucket.name, name, settings, conditions)
    call.store.put(upload.id, upload)
    _file(call, upload).touch()
    url = call.request.url
    place = f"{url.scheme}://{url.netloc}{url.path}?uploadType=resumable&upload_id={upload.id}"
    return Response(status_code=200, headers={"Location": place, "X-GUploader-UploadID": upload.id})


async def resume(call: Call, bucket_name: str) -> Response:
    """Take the next part of a session, or say how far it is. Whoever knows the session's id may."""
    upload = call.store.get(Upload, call.query.get("upload_id", ""))
    if upload is None or upload.bucket != bucket_name:
        raise refusals.no_upload()
    file = _file(call, upload)
    total = await _append(call, file)
    have = file.stat().st_size
    if total is None or have < total:
        return Response(status_code=308, headers={"Range": f"bytes=0-{have - 1}"} if have else {})
    return JSONResponse(gcp_media.resource(_finish(call, upload, file)))


async def _append(call: Call, file: Path) -> int | None:
    """Take the part that the request brings, if it brings one; the size of the whole, if it says so."""
    header = call.request.headers.get("content-range")
    if header is None:
        await _write(call, file, 0)
        return file.stat().st_size
    asked = RANGE.fullmatch(header)
    if asked is None:
        raise refusals.invalid(f"Invalid value for Content-Range: {header!r}")
    if asked["first"] is not None:
        await _write(call, file, int(asked["first"]))
    return None if asked["total"] == "*" else int(asked["total"])


async def _write(call: Call, file: Path, first: int) -> None:
    if first > file.stat().st_size:
        raise refusals.invalid("Invalid request. The bytes before this part have not been received.")
    with file.open("r+b") as content:
        content.seek(first)
        async for chunk in call.request.stream():
            content.write(chunk)


def _finish(call: Call, upload: Upload, file: Path) -> StoredObject:
    draft = call.objects.draft()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            draft.write(chunk)
    stored = call.objects.keep(upload.bucket, upload.name, draft, upload.settings, upload.conditions)
    _end(call, upload)
    return stored


async def cancel(call: Call, bucket_name: str) -> Response:
    """Give a session up: https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload"""
    upload = call.store.get(Upload, call.query.get("upload_id", ""))
    if upload is None or upload.bucket != bucket_name:
        raise refusals.no_upload()
    _end(call, upload)
    return Response(status_code=499)


def _end(call: Call, upload: Upload) -> None:
    call.store.remove(Upload, upload.id)
    _file(call, upload).unlink(missing_ok=True)


def _file(call: Call, upload: Upload) -> Path:
    return call.objects.uploads / upload.id
