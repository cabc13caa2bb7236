"""Local uploads: prepare, put, read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from msgspec import Struct

from integrations_sandbox.platform.records import ItemType
from integrations_sandbox.platform.routes.access import own_folder
from integrations_sandbox.platform.uploads import PREFIX, new_name
from integrations_sandbox.platform.web import bad, body, page, reply, services

router = APIRouter(prefix="/storage")
content = APIRouter(prefix=PREFIX)

MOST = 10_000  # uploads prepared in one request


class Wanted(Struct, rename="camel"):
    """encord.storage.UploadSignedUrlsPayload."""

    item_type: ItemType
    count: int
    frames_subfolder_name: str | None = None


@router.post("/folders/{folder}/upload-signed-urls")
def prepare(request: Request, folder: str) -> Response:
    """Names for uploads, each with a URL to put its content at."""
    own_folder(request, folder)
    wanted = body(request, Wanted)
    if not 1 <= wanted.count <= MOST:
        raise bad(f"count must be 1 to {MOST}, not {wanted.count}")
    uploads, base = services(request).worker.uploads, str(request.base_url)
    names = [new_name() for _ in range(wanted.count)]
    return page(
        [
            {
                "itemUuid": name,
                "objectKey": name,
                "signedUrl": uploads.signed(base, name, "PUT"),
                "uploadHeaders": {},
            }
            for name in names
        ]
    )


@content.put("/{name}")
async def put(request: Request, name: str) -> Response:
    """Take the content of an upload; there is nothing of it before it is all here."""
    if not _admitted(request, name):
        return _refused()
    path = services(request).worker.uploads.path(name)
    draft = path.with_suffix(".part")
    with draft.open("wb") as file:
        async for piece in request.stream():
            file.write(piece)
    draft.replace(path)
    return reply(None)


@content.get("/{name}")
def get(request: Request, name: str) -> Response:
    """The content of an upload."""
    if not _admitted(request, name):
        return _refused()
    return FileResponse(services(request).worker.uploads.path(name))


def _admitted(request: Request, name: str) -> bool:
    query = request.query_params
    uploads = services(request).worker.uploads
    return uploads.admits(request.method, name, query.get("expires", ""), query.get("signature", ""))


def _refused() -> Response:
    return reply({"message": "this URL was not signed here for that, or has expired"}, 403)
