"""Folders: make, find, change, move, delete."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Struct

from integrations_sandbox.decoding import decode
from integrations_sandbox.platform.routes.access import own_folder, visible_folder
from integrations_sandbox.platform.store import folders
from integrations_sandbox.platform.store.integrations import find_integration
from integrations_sandbox.platform.web import (
    bad,
    body,
    decode_cursor,
    encode_cursor,
    flag,
    forbidden,
    page,
    page_size,
    reply,
    services,
    user,
)

router = APIRouter(prefix="/storage")

# What encord.orm.storage.StorageFolderSummary calls the number of items of each type.
COUNTERS = {
    "videos": "video", "images": "image", "imageGroups": "imageGroup", "imageSequences": "imageSequence",
    "dicomFiles": "dicomFile", "dicomSeries": "dicomSeries", "niftis": "nifti", "audios": "audio", "pdfs": "pdf",
    "plainTexts": "plainText",
}  # fmt: skip


class SyncedParams(Struct, rename="camel"):
    """Where a cloud-synced folder looks."""

    integration_uuid: str
    remote_url: str


class NewFolder(Struct, rename="camel"):
    """A folder to be made; client_metadata is JSON in a string."""

    name: str
    description: str | None = None
    parent: str | None = None
    client_metadata: str | None = None
    cloud_synced_folder_params: SyncedParams | None = None


class FolderPatch(Struct, rename="camel"):
    """What to change in a folder."""

    name: str | None = None
    description: str | None = None
    client_metadata: dict[str, Any] | None = None


class FolderPatches(Struct, rename="camel"):
    """What to change in several folders, by uuid."""

    folder_patches: dict[str, FolderPatch]


class FolderMove(Struct, rename="camel"):
    """Folders to move; without a new parent, to the top."""

    folder_uuids: list[str]
    new_parent_uuid: str | None = None


def wire(request: Request, row: sqlite3.Row) -> dict[str, Any]:
    """A folder as the SDK reads it; every key of encord.orm.storage.StorageFolder must be there."""
    db = services(request).store.db
    above = [
        {"uuid": step["uuid"], "parentUuid": step["parent"], "name": step["name"], "syncedDatasetHash": None}
        for step in folders.path_to_root(db, row["uuid"])
    ]
    return {
        "uuid": row["uuid"], "parent": row["parent"], "name": row["name"], "description": row["description"],
        "clientMetadata": row["client_metadata"], "owner": row["owner"], "createdAt": row["created_at"],
        "lastEditedAt": row["edited_at"], "userRole": folders.role_in(db, user(request), row["uuid"]),
        "syncedDatasetHash": None, "pathToRoot": above,
        "folderType": "generic" if row["integration"] is None else "cloudLinked",
        "integrationHash": row["integration"], "remoteUrl": row["remote_url"],
    }  # fmt: skip


@router.post("/folders")
def create(request: Request) -> Response:
    """Make a folder, at the top or in another."""
    new = body(request, NewFolder)
    if not new.name:
        raise bad("a folder needs a name")
    if new.parent is not None:
        own_folder(request, new.parent)
    values: dict[str, str | None] = {
        "name": new.name, "parent": new.parent, "description": new.description or "",
        "client_metadata": _metadata(new.client_metadata),
    }  # fmt: skip
    synced = new.cloud_synced_folder_params
    if synced is not None:
        if find_integration(services(request).store.db, synced.integration_uuid) is None:
            raise forbidden(f"the integration {synced.integration_uuid}")
        values |= {"integration": synced.integration_uuid, "remote_url": synced.remote_url}
    with services(request).store.write() as db:
        uuid = folders.add_folder(db, user(request).email, values)
    return reply(wire(request, visible_folder(request, uuid)))


def _metadata(text: str | None) -> str:
    try:
        decode(text or "{}", dict[str, Any])
    except msgspec.DecodeError as error:
        raise bad(f"clientMetadata is not a JSON object: {error}") from error
    return text or "{}"


@router.get("/folders")
def list_top(request: Request) -> Response:
    """The folders at the top."""
    return _listing(request, recursive=flag(request, "isRecursive") or False)


@router.get("/search/folders")
def search(request: Request) -> Response:
    """All folders at any depth."""
    return _listing(request, recursive=True)


@router.get("/folders/{uuid}/folders")
def list_below(request: Request, uuid: str) -> Response:
    """The folders in a folder."""
    visible_folder(request, uuid)
    return _listing(request, recursive=flag(request, "isRecursive") or False, under=uuid)


def _listing(request: Request, *, recursive: bool, under: str | None = None) -> Response:
    query = request.query_params
    limit = page_size(request)
    if flag(request, "datasetSynced") or query.getlist("organisationTagNamesAllof"):
        # No folder here is synced with a dataset, and none has a tag.
        return page([])
    asker = user(request)
    rows = folders.list_folders(
        services(request).store.db,
        asker,
        everybody=asker.role == "admin" and bool(flag(request, "includeOrgAccess")),
        under=under,
        recursive=recursive,
        search=query.get("search", ""),
        order=query.get("order", "name"),
        desc=flag(request, "desc") or False,
        after=decode_cursor(request),
        limit=limit + 1,
    )
    more = encode_cursor((rows[limit - 1]["sort_key"], rows[limit - 1]["id"])) if len(rows) > limit else None
    return page([wire(request, row) for row in rows[:limit]], more)


@router.patch("/folders/patch-bulk")
def patch_several(request: Request) -> Response:
    """Change several folders: all of them, or none."""
    patches = body(request, FolderPatches).folder_patches
    for uuid in patches:
        own_folder(request, uuid)
    return page(_patch(request, patches))


@router.patch("/folders/{uuid}")
def patch(request: Request, uuid: str) -> Response:
    """Change a folder."""
    own_folder(request, uuid)
    return reply(_patch(request, {uuid: body(request, FolderPatch)})[0])


def _patch(request: Request, patches: dict[str, FolderPatch]) -> list[dict[str, Any]]:
    with services(request).store.write() as db:
        for uuid, change in patches.items():
            folders.change_folder(db, uuid, changes(change))
    return [wire(request, visible_folder(request, uuid)) for uuid in patches]


def changes(change: Any) -> dict[str, str]:
    """The columns that a patch of a folder or an item sets."""
    metadata = change.client_metadata
    values = {
        "name": change.name,
        "description": change.description,
        "client_metadata": None if metadata is None else msgspec.json.encode(metadata).decode(),
    }
    return {column: value for column, value in values.items() if value is not None}


@router.post("/folders/move")
def move(request: Request) -> Response:
    """Move folders, but not into themselves."""
    wish = body(request, FolderMove)
    db = services(request).store.db
    target = wish.new_parent_uuid
    above = (
        set()
        if target is None
        else {row["uuid"] for row in folders.path_to_root(db, own_folder(request, target)["uuid"])}
    )
    for uuid in wish.folder_uuids:
        own_folder(request, uuid)
        if uuid in above:
            raise bad(f"the folder {uuid} cannot be moved into itself")
    with services(request).store.write() as db:
        for uuid in wish.folder_uuids:
            folders.move_folder(db, uuid, target)
    return reply(None)


@router.get("/folders/{uuid}")
def get(request: Request, uuid: str) -> Response:
    """One folder."""
    return reply(wire(request, visible_folder(request, uuid)))


@router.delete("/folders/{uuid}")
def delete(request: Request, uuid: str) -> Response:
    """Delete a folder with all that is in it. The objects in the cloud stay."""
    own_folder(request, uuid)
    with services(request).store.write() as db:
        folders.delete_folder(db, uuid)
    return reply(None)


@router.get("/folders/{uuid}/summary")
def summary(request: Request, uuid: str) -> Response:
    """How much of what is in a folder."""
    visible_folder(request, uuid)
    seen = folders.summarise(services(request).store.db, uuid)
    counts = {counter: seen["counts"].get(kind, 0) for counter, kind in COUNTERS.items()}
    totals = {
        "files": sum(counts.values()), "folders": seen["folders"], "tombstones": 0, "uploadJobs": seen["jobs"],
        "totalSize": seen["size"],
    }  # fmt: skip
    return reply({**totals, **counts})
