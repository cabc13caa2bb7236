"""Items: list, get, change, move, delete, and signed URLs to look at them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from msgspec import Struct

from integrations_sandbox.platform.clouds import LOCATIONS
from integrations_sandbox.platform.clouds.door import ObjectProblem
from integrations_sandbox.platform.routes.access import own_folder, visible_folder
from integrations_sandbox.platform.routes.folders import changes
from integrations_sandbox.platform.store import items
from integrations_sandbox.platform.store.folders import role_in
from integrations_sandbox.platform.store.integrations import find_integration
from integrations_sandbox.platform.uploads import OWN
from integrations_sandbox.platform.web import (
    Refusal,
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

PLAIN = {
    "uuid": "uuid", "parent": "folder", "itemType": "type", "name": "name", "description": "description",
    "owner": "owner", "createdAt": "created_at", "lastEditedAt": "edited_at",
    "url": "url", "fileSize": "file_size", "mimeType": "mime_type", "duration": "duration", "fps": "fps",
    "height": "height", "width": "width", "dicomInstanceUid": "dicom_instance_uid",
    "dicomStudyUid": "dicom_study_uid", "dicomSeriesUid": "dicom_series_uid", "frameCount": "frame_count",
    "audioSampleRate": "audio_sample_rate", "audioBitDepth": "audio_bit_depth", "audioCodec": "audio_codec",
    "audioNumChannels": "audio_num_channels",
}  # fmt: skip


class Bulk(Struct, rename="camel"):
    """Items to get."""

    item_uuids: list[str]
    sign_urls: bool = False


class ItemPatch(Struct, rename="camel"):
    """What to change in an item."""

    name: str | None = None
    description: str | None = None
    client_metadata: dict[str, Any] | None = None


class ItemPatches(Struct, rename="camel"):
    """What to change in several items, by uuid."""

    item_patches: dict[str, ItemPatch]


class ItemMove(Struct, rename="camel"):
    """Items to move to another folder."""

    item_uuids: list[str]
    new_parent_uuid: str


class ItemDelete(Struct, rename="camel"):
    """Items to delete; remove_unused_frames: with the frames and files that no other group uses."""

    child_uuids: list[str]
    remove_unused_frames: bool = True


def wire(
    request: Request, rows: Sequence[sqlite3.Row], *, signed: bool = False, metadata: bool = True
) -> list[dict[str, Any]]:
    """Items as the SDK reads them; every key of encord.orm.storage.StorageItem must be there.

    signed: with a signed URL, where there is one object to sign for.
    """
    signer = _Signer(request)
    return [
        {
            **{key: row[column] for key, column in PLAIN.items()},
            "integrationHash": None if row["integration"] == OWN else row["integration"],
            "clientMetadata": row["client_metadata"] if metadata else "{}",
            "isTombstone": False,
            "isPlaceholder": False,
            "backedDataUnitsCount": 0,
            "storageLocation": signer.location(row["integration"]),
            "signedUrl": signer.sign(row) if signed else None,
        }
        for row in rows
    ]


class _Signer:
    """Integrations and doors for the items of one answer, each looked up once."""

    def __init__(self, request: Request) -> None:
        self._services = services(request)
        self._base = str(request.base_url)
        self._integrations: dict[str, Any] = {}

    def _integration(self, uuid: str) -> Any:
        if uuid not in self._integrations:
            self._integrations[uuid] = find_integration(self._services.store.db, uuid)
        return self._integrations[uuid]

    def location(self, uuid: str) -> str:
        """How Encord names the cloud that the item is in."""
        integration = self._integration(uuid)
        return LOCATIONS[type(integration)] if integration else "encord"

    def sign(self, row: sqlite3.Row) -> str | None:
        """A signed URL; None where there is no one object, as in a group. Raises Refusal 400 when signing fails."""
        url, integration = row["object_url"] or row["url"], self._integration(row["integration"])
        if url is None:
            return None
        if row["integration"] == OWN:
            uploads = self._services.worker.uploads
            return uploads.signed(self._base, uploads.name(url), "GET")
        if integration is None:
            raise bad(f"{url} cannot be signed: its integration {row['integration']} does not exist any more")
        try:
            return self._services.doors.shared(integration).sign(url)
        except ObjectProblem as problem:
            raise bad(f"{url} cannot be signed: {problem}") from problem


@router.get("/search/items")
def search(request: Request) -> Response:
    """Items in all folders that the user sees."""
    return _listing(request, None)


@router.get("/folders/{folder}/items")
def list_in(request: Request, folder: str) -> Response:
    """The items of a folder."""
    visible_folder(request, folder)
    return _listing(request, folder)


def _listing(request: Request, folder: str | None) -> Response:
    query = request.query_params
    limit = page_size(request)
    if flag(request, "isInDataset"):
        # Datasets link items; until there are any, no item is in one.
        return page([])
    rows = items.list_items(
        services(request).store.db,
        user(request),
        folder=folder,
        recursive=flag(request, "isRecursive") or False,
        types=query.getlist("itemTypes"),
        search=query.get("search", ""),
        order=query.get("order", "name"),
        desc=flag(request, "desc") or False,
        after=decode_cursor(request),
        limit=limit + 1,
    )
    more = encode_cursor((rows[limit - 1]["sort_key"], rows[limit - 1]["id"])) if len(rows) > limit else None
    with_metadata = flag(request, "includeClientMetadata") is not False
    return page(wire(request, rows[:limit], signed=flag(request, "signUrls") or False, metadata=with_metadata), more)


def visible_items(request: Request, uuids: Sequence[str], folder: str | None = None) -> list[sqlite3.Row]:
    """The items in this order, if the user sees all of them (and all are in the folder). Raises Refusal 403."""
    db = services(request).store.db
    found = items.find_items(db, uuids)
    seen = {row["folder"]: role_in(db, user(request), row["folder"]) for row in found.values()}
    for uuid in uuids:
        row = found.get(uuid)
        if row is None or seen[row["folder"]] is None or folder not in (None, row["folder"]):
            raise forbidden(f"the item {uuid}" if folder is None else f"the item {uuid} in the folder {folder}")
    return [found[uuid] for uuid in uuids]


@router.get("/items/{uuid}")
def get(request: Request, uuid: str) -> Response:
    """One item."""
    return reply(wire(request, visible_items(request, [uuid]), signed=flag(request, "signUrl") or False)[0])


@router.post("/items/get-bulk")
def get_several(request: Request) -> Response:
    """Several items, in the order asked for."""
    wish = body(request, Bulk)
    return page(wire(request, visible_items(request, wish.item_uuids), signed=wish.sign_urls))


@router.get("/folders/{folder}/items/{uuid}/child-items")
def child_items(request: Request, folder: str, uuid: str) -> Response:
    """The frames of a group, or the files of a series, in order."""
    [row] = visible_items(request, [uuid], folder)
    below = items.children(services(request).store.db, row["id"])
    return page(wire(request, below, signed=flag(request, "signUrls") or False))


@router.get("/folders/{folder}/items/{uuid}/summary")
def summary(request: Request, folder: str, uuid: str) -> Response:
    """Where an item is used."""
    [row] = visible_items(request, [uuid], folder)
    groups = items.groups_with(services(request).store.db, row["id"])
    name = visible_folder(request, folder)["name"]
    short = [
        {"uuid": g["uuid"], "name": g["name"], "parentUuid": g["folder"], "parentName": name, "itemType": g["type"]}
        for g in groups
    ]
    return reply(
        {"frameInGroups": len(groups), "accessibleGroupItems": short, "usedInDatasets": 0, "accessibleDatasets": []}
    )


@router.patch("/items/patch-bulk")
def patch_several(request: Request) -> Response:
    """Change several items: all of them, or none."""
    patches = body(request, ItemPatches).item_patches
    for folder in {row["folder"] for row in visible_items(request, list(patches))}:
        own_folder(request, folder)
    return page(_patch(request, patches))


@router.patch("/folders/{folder}/items/{uuid}")
def patch(request: Request, folder: str, uuid: str) -> Response:
    """Change an item."""
    own_folder(request, folder)
    visible_items(request, [uuid], folder)
    return reply(_patch(request, {uuid: body(request, ItemPatch)})[0])


def _patch(request: Request, patches: dict[str, ItemPatch]) -> list[dict[str, Any]]:
    with services(request).store.write() as db:
        for uuid, change in patches.items():
            items.change_item(db, uuid, changes(change))
    return wire(request, visible_items(request, list(patches)))


@router.post("/folders/{folder}/items/move")
def move(request: Request, folder: str) -> Response:
    """Move items to another folder."""
    wish = body(request, ItemMove)
    own_folder(request, folder)
    own_folder(request, wish.new_parent_uuid)
    visible_items(request, wish.item_uuids, folder)
    with services(request).store.write() as db:
        items.move_items(db, wish.item_uuids, wish.new_parent_uuid)
    return reply(None)


@router.post("/folders/{folder}/items/delete")
def delete(request: Request, folder: str) -> Response:
    """Delete items. The objects in the cloud stay."""
    wish = body(request, ItemDelete)
    own_folder(request, folder)
    rows = visible_items(request, wish.child_uuids, folder)
    used = [row["name"] for row in rows if items.groups_with(services(request).store.db, row["id"])]
    if used:
        raise Refusal(400, f"{used[0]!r} is a frame of a group: delete the group")
    with services(request).store.write() as db:
        removed = items.delete_items(db, wish.child_uuids, with_frames=wish.remove_unused_frames)
    return reply({"removedItemsCount": removed, "removedFoldersCount": 0})
