"""The console's page and what it asks for, under `/_sandbox/console`: reading only, for who has a session.

The page may be opened under Encord's own origin (through the edge) or on loopback. Signed
URLs are made for the way it was opened: the clouds' real host names, or their loopback ports.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from importlib.resources import files
from urllib.parse import urlsplit

import requests
from fastapi import APIRouter, Request, Response
from msgspec import Struct

from integrations_sandbox.platform.clouds.door import ObjectProblem
from integrations_sandbox.platform.console import view, witness
from integrations_sandbox.platform.routes.admin import PREFIX as ADMIN
from integrations_sandbox.platform.store import items
from integrations_sandbox.platform.store.integrations import all_integrations, find_integration
from integrations_sandbox.platform.web import (
    bad,
    body,
    decode_cursor,
    encode_cursor,
    forbidden,
    page,
    reply,
    services,
)

PREFIX = f"{ADMIN}/console"
API = f"{PREFIX}/api"
TYPES = {"css": "text/css", "html": "text/html", "js": "text/javascript"}
FILES = {file.name: file.read_bytes() for file in files(view.__package__).joinpath("page").iterdir() if file.is_file()}
PAGES = (PREFIX, *(f"{PREFIX}/{name}" for name in FILES))
INDEX = "index.html"
PAGE_ITEMS = 48

router = APIRouter(prefix=PREFIX)


class Unseen(Struct):
    """The signed URL of a medium that did not appear."""

    url: str


@router.get("")
@router.get("/{name}")
def static(request: Request, name: str = INDEX) -> Response:
    """The page and its parts."""
    if name not in FILES:
        raise forbidden(f"{PREFIX}/{name}")
    headers = {
        "Content-Security-Policy": policy(named=_named(request)),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(FILES[name], headers=headers, media_type=TYPES[name.rsplit(".", 1)[1]])


def policy(*, named: bool) -> str:
    """The page's Content-Security-Policy. named: whether media come from the clouds' real host names alone."""
    clouds = "https:" if named else "https: http://127.0.0.1:*"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src data: {clouds}; media-src {clouds};"
        f" connect-src 'self' {clouds}; frame-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@router.post("/session")
def begin_session(request: Request) -> Response:
    """A session for who has the admin token."""
    return reply({"token": services(request).sessions.begin()})


@router.get("/api/state")
def state(request: Request) -> Response:
    """Folders and jobs: asked for again and again."""
    db = services(request).store.db
    return reply({"folders": view.folders(db), "jobs": view.jobs(db, _titles(request))})


@router.get("/api/jobs/{uuid}/errors")
def errors(request: Request, uuid: str) -> Response:
    """What failed in a job."""
    return reply(view.errors(services(request).store.db, uuid))


@router.get("/api/folders/{uuid}/items")
def list_items(request: Request, uuid: str) -> Response:
    """A page of a folder's items, with signed URLs."""
    rows = view.items_of(services(request).store.db, uuid, decode_cursor(request), PAGE_ITEMS + 1)
    last = rows[PAGE_ITEMS - 1] if len(rows) > PAGE_ITEMS else None
    token = encode_cursor((last["name"], last["id"])) if last else None
    return page(_views(request, rows[:PAGE_ITEMS]), token)


@router.get("/api/items/{uuid}/parts")
def parts(request: Request, uuid: str) -> Response:
    """The frames or files of a group, in order."""
    row = _item(request, uuid)
    return page(_views(request, items.children(services(request).store.db, row["id"])))


@router.post("/api/items/{uuid}/why")
def why(request: Request, uuid: str) -> Response:
    """Why an item's object did not appear in the browser that asks, in a sentence."""
    row, unseen = _item(request, uuid), body(request, Unseen)
    try:
        fresh = _sign(request, row)
    except ObjectProblem as problem:
        return reply({"sentence": str(problem)})
    if fresh is None or not witness.same_object(unseen.url, fresh):
        raise bad("that is not the URL of this item")
    host, origin = urlsplit(fresh).netloc, request.headers.get("origin", "")
    try:
        answer = witness.ask(unseen.url, origin)
    except requests.RequestException as error:
        return reply({"sentence": f"{host} does not answer ({type(error).__name__})."})
    return reply({"sentence": witness.sentence(host, origin, answer)})


def _named(request: Request) -> bool:
    """Whether the page was opened under a real host name, so that this browser goes through the edge."""
    return request.url.hostname not in ("127.0.0.1", "localhost")


def _item(request: Request, uuid: str) -> sqlite3.Row:
    row = items.find_items(services(request).store.db, [uuid]).get(uuid)
    if row is None:
        raise forbidden(f"the item {uuid}")
    return row


def _sign(request: Request, row: sqlite3.Row) -> str | None:
    """A signed URL for this browser; None for what has no object. Raises ObjectProblem where none can be made."""
    url = row["object_url"] or row["url"]
    if url is None:
        return None
    platform = services(request)
    integration = find_integration(platform.store.db, row["integration"])
    if integration is None:
        raise ObjectProblem(f"the integration {row['integration']} does not exist any more")
    doors = platform.named_doors if _named(request) else platform.doors
    return doors.shared(integration).sign(url)


def _views(request: Request, rows: Sequence[sqlite3.Row]) -> list[view.ItemView]:
    return view.item_views(services(request).store.db, rows, _titles(request), lambda row: _sign(request, row))


def _titles(request: Request) -> dict[str, str]:
    return {integration.uuid: integration.title for integration in all_integrations(services(request).store.db)}
