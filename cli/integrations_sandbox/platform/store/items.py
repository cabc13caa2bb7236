"""Items: what a registration leaves in a folder."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from integrations_sandbox.platform.records import Facts, NewItem
from integrations_sandbox.platform.store import now
from integrations_sandbox.platform.store.folders import BELOW, SEEN
from integrations_sandbox.platform.store.people import User

FACTS = Facts.__struct_fields__
COLUMNS = (
    "uuid", "folder", "type", "name", "client_metadata", "owner", "created_at", "edited_at", "integration",
    "url", "object_url", "identity", *FACTS,
)  # fmt: skip
INSERT = f"insert into item ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - our columns
CHANGEABLE = ("name", "description", "client_metadata")
# A variable for each uuid: SQLite's limit on variables is far above this.
BATCH = 500


def add_items(db: sqlite3.Connection, folder: str, owner: str, integration: str, items: Iterable[NewItem]) -> None:
    """Store items with their children; children get a row of their own in the same folder."""
    common = (folder, owner, integration, now())
    for alone, some in itertools.groupby(items, key=lambda item: not item.children):
        if alone:
            db.executemany(INSERT, [_values(item, common) for item in some])
        else:
            for item in some:
                _add_group(db, item, common)


def _add_group(db: sqlite3.Connection, item: NewItem, common: tuple[str, str, str, str]) -> None:
    parent = db.execute(INSERT, _values(item, common)).lastrowid
    for position, child in enumerate(item.children):
        row = db.execute(INSERT, _values(child, common)).lastrowid
        db.execute("insert into item_child values (?, ?, ?)", (parent, position, row))


def _values(item: NewItem, common: tuple[str, str, str, str]) -> tuple[Any, ...]:
    folder, owner, integration, time = common
    metadata = msgspec.json.encode(item.client_metadata).decode()
    return (
        item.uuid, folder, item.type, item.name, metadata, owner, time, time, integration,
        item.url, item.object_url, item.identity, *msgspec.structs.astuple(item.facts),
    )  # fmt: skip


def known_identities(db: sqlite3.Connection, folder: str, identities: Iterable[str]) -> set[str]:
    """Which of these identities the folder has already."""
    found: set[str] = set()
    asked = list(set(identities))
    for start in range(0, len(asked), BATCH):
        some = asked[start : start + BATCH]
        marks = ", ".join("?" * len(some))
        query = f"select identity from item where folder = ? and identity in ({marks})"  # noqa: S608 - question marks
        found.update(row["identity"] for row in db.execute(query, (folder, *some)))
    return found


def replace_metadata(db: sqlite3.Connection, folder: str, identity: str, client_metadata: dict[str, Any]) -> None:
    """Give every item of this identity in the folder other client metadata."""
    db.execute(
        "update item set client_metadata = ?, edited_at = ? where folder = ? and identity = ?",
        (msgspec.json.encode(client_metadata).decode(), now(), folder, identity),
    )


def find_items(db: sqlite3.Connection, uuids: Sequence[str]) -> dict[str, sqlite3.Row]:
    """The items that exist of these, whoever may see them, by uuid."""
    found = {}
    for start in range(0, len(uuids), BATCH):
        some = uuids[start : start + BATCH]
        marks = ", ".join("?" * len(some))
        for row in db.execute(f"select * from item where uuid in ({marks})", some):  # noqa: S608 - question marks
            found[row["uuid"]] = row
    return found


def children(db: sqlite3.Connection, parent: int) -> list[sqlite3.Row]:
    """The frames or files of a group, in order."""
    query = "select item.* from item_child join item on item.id = child where parent = ? order by position"
    return db.execute(query, (parent,)).fetchall()


def groups_with(db: sqlite3.Connection, child: int) -> list[sqlite3.Row]:
    """The groups that an item is a frame or a file of."""
    return db.execute(
        "select item.* from item_child join item on item.id = parent where child = ?", (child,)
    ).fetchall()


def list_items(
    db: sqlite3.Connection,
    user: User,
    *,
    folder: str | None,
    recursive: bool = False,
    types: Sequence[str] = (),
    search: str = "",
    order: str = "name",
    desc: bool = False,
    after: tuple[str, int] | None = None,
    limit: int = 100,
) -> Sequence[sqlite3.Row]:
    """Items in order: of one folder, which the caller has checked, or of all that the user sees."""
    values: dict[str, Any] = {"email": user.email, "search": search, "top": folder, "limit": limit}
    prefix, where = "", "folder = :top"
    if folder is None:
        prefix, where = SEEN, "folder in seen"
    elif recursive:
        prefix, where = BELOW, "folder in below"
    if search:
        where += " and instr(lower(name), lower(:search)) > 0"
    if types:
        values |= {f"type{n}": name for n, name in enumerate(types)}
        where += f" and type in ({', '.join(f':type{n}' for n in range(len(types)))})"
    key = "name" if order == "name" else "created_at"
    direction, sign = ("desc", "<") if desc else ("asc", ">")
    if order == "name":
        sort = f"name {direction}, id {direction}"
        position = f"(name, id) {sign} (:key, :id)"
    else:
        # Rows are numbered as they are created, so their number sorts them.
        sort, position = f"id {direction}", f"id {sign} :id"
    if after is not None:
        where += f" and {position}"
        values |= {"key": after[0], "id": after[1]}
    return db.execute(
        f"{prefix} select *, {key} as sort_key from item where {where} order by {sort} limit :limit",  # noqa: S608
        values,
    ).fetchall()


def change_item(db: sqlite3.Connection, uuid: str, values: dict[str, str]) -> None:
    """Change name, description or client_metadata."""
    chosen = {column: values[column] for column in CHANGEABLE if column in values}
    settings = "".join(f", {column} = :{column}" for column in chosen)
    row = {**chosen, "uuid": uuid, "time": now()}
    db.execute(f"update item set edited_at = :time{settings} where uuid = :uuid", row)  # noqa: S608 - our own columns


def move_items(db: sqlite3.Connection, uuids: Sequence[str], folder: str) -> None:
    """Put items, with the frames and files that they are made of, into another folder."""
    for uuid in uuids:
        db.execute(
            """update item set folder = :folder, edited_at = :time where uuid = :uuid or id in (
                select child from item_child where parent = (select id from item where uuid = :uuid))""",
            {"folder": folder, "time": now(), "uuid": uuid},
        )


def delete_items(db: sqlite3.Connection, uuids: Sequence[str], *, with_frames: bool) -> int:
    """Delete items; with_frames: also the frames and files that are in no other group. Returns how many."""
    doomed: list[int] = []
    for row in find_items(db, uuids).values():
        frames = [child["id"] for child in children(db, row["id"])] if with_frames else []
        db.execute("delete from item where id = ?", (row["id"],))
        doomed += frames
    unused = "delete from item where id = ? and not exists (select 1 from item_child where child = item.id)"
    removed = sum(db.execute(unused, (frame,)).rowcount for frame in set(doomed))
    return len(uuids) + removed
