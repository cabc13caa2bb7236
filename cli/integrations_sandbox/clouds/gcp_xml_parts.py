"""Uploads in parts, of the XML API: https://cloud.google.com/storage/docs/multipart-uploads"""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path
from typing import Any

from starlette.responses import Response

from integrations_sandbox.clouds import gcp_media
from integrations_sandbox.clouds import gcp_refusals as refusals
from integrations_sandbox.clouds.gcp_call import Call, read_small
from integrations_sandbox.clouds.gcp_objects import CHUNK
from integrations_sandbox.clouds.gcp_records import Bucket, Upload

XML = "application/xml; charset=UTF-8"
MOST_PARTS = 10_000
PART = re.compile(rb"<PartNumber>\s*(\d+)\s*</PartNumber>")


async def answer(call: Call, bucket: Bucket, name: str, settings: dict[str, Any]) -> Response:
    """Begin an upload, take a part of it, complete it or give it up."""
    method = call.request.method
    if method == "POST" and "uploads" in call.query:
        return _begin(call, bucket, name, settings)
    upload = call.store.get(Upload, call.query.get("uploadId", ""))
    if upload is None or (upload.bucket, upload.name) != (bucket.name, name):
        raise refusals.no_upload()
    if method == "PUT":
        return await _part(call, bucket, upload)
    if method == "POST":
        return await _complete(call, bucket, upload)
    if method == "DELETE":
        call.require("storage.multipartUploads.abort", bucket, name)
        _end(call, upload)
        return Response(status_code=204)
    raise refusals.not_played("listing of the parts of an upload")


def _begin(call: Call, bucket: Bucket, name: str, settings: dict[str, Any]) -> Response:
    call.require("storage.multipartUploads.create", bucket, name)
    call.require_write(bucket, name)
    call.objects.check_name(name)
    upload = Upload(secrets.token_urlsafe(24), bucket.name, name, settings)
    call.store.put(upload.id, upload)
    _folder(call, upload).mkdir()
    body = f"<InitiateMultipartUploadResult><UploadId>{upload.id}</UploadId></InitiateMultipartUploadResult>"
    return Response(body, media_type=XML)


async def _part(call: Call, bucket: Bucket, upload: Upload) -> Response:
    call.require("storage.objects.create", bucket, upload.name)
    number = call.number("partNumber") or 0
    if not 1 <= number <= MOST_PARTS:
        raise refusals.invalid(f"partNumber must be 1 to {MOST_PARTS}")
    draft = await call.objects.receive(call.request.stream())
    md5, _ = draft.close()
    draft.path.replace(_folder(call, upload) / str(number))
    return Response(headers={"ETag": f'"{md5}"'})


async def _complete(call: Call, bucket: Bucket, upload: Upload) -> Response:
    call.require_write(bucket, upload.name)
    numbers = [int(number) for number in PART.findall(await read_small(call.request))]
    files = [_folder(call, upload) / str(number) for number in numbers]
    if not files or numbers != sorted(set(numbers)) or not all(file.exists() for file in files):
        raise refusals.Refusal(400, "invalid", "InvalidPart", "the parts are not those that were uploaded, in order")
    draft = call.objects.draft()
    for file in files:
        with file.open("rb") as content:
            while chunk := content.read(CHUNK):
                draft.write(chunk)
    stored = call.objects.keep(upload.bucket, upload.name, draft, upload.settings, {})
    _end(call, upload)
    body = f"<CompleteMultipartUploadResult><ETag>{gcp_media.etag(stored)}</ETag></CompleteMultipartUploadResult>"
    return Response(body, headers={"x-goog-generation": str(stored.generation)}, media_type=XML)


def _end(call: Call, upload: Upload) -> None:
    call.store.remove(Upload, upload.id)
    shutil.rmtree(_folder(call, upload))


def _folder(call: Call, upload: Upload) -> Path:
    return call.objects.uploads / upload.id
