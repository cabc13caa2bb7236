"""Folders, and who may see them.

A folder is seen by its owner, by who it was shared with, and, when they ask for it, by the
organisation's admins; what one sees of a folder, one sees of everything below it.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from typing import Any

from integrations_sandbox.platform.store import now
from integrations_sandbox.platform.store.people import User

# Every folder that a user sees without being an admin.
SEEN = """with recursive seen (uuid) as (
    select uuid from folder where owner = :email
    union select folder from folder_share where email = :email
    union select folder.uuid from folder join seen on folder.parent = seen.uuid)"""
# A folder and everything below it.
BELOW = """with recursive below (uuid) as (
    select :top union all select folder.uuid from folder join below on folder.parent = below.uuid)"""
ABOVE = """with recursive above (uuid, parent, depth) as (
    select uuid, parent, 0 from folder where uuid = ?
    union all select folder.uuid, folder.parent, depth + 1 from folder join above on folder.uuid = above.parent)"""
CHANGEABLE = ("name", "description", "client_metadata")


def add_folder(db: sqlite3.Connection, owner: str, values: dict[str, str | None]) -> str:
    """Make a folder from its columns (name, description, client_metadata, parent …); returns its uuid."""
    time = now()
    row = {"uuid": str(uuid.uuid4()), "owner": owner, "created_at": time, "edited_at": time, **values}
    marks = ", ".join(f":{column}" for column in row)
    db.execute(f"insert into folder ({', '.join(row)}) values ({marks})", row)  # noqa: S608 - our own column names
    return str(row["uuid"])


def find_folder(db: sqlite3.Connection, folder: str) -> sqlite3.Row | None:
    """One folder, whoever may see it."""
    row: sqlite3.Row | None = db.execute("select * from folder where uuid = ?", (folder,)).fetchone()
    return row


def role_in(db: sqlite3.Connection, user: User, folder: str) -> str | None:
    """What the user is in a folder (admin or user), by the nearest folder above it that says so; None if nothing."""
    row = db.execute(
        f"""{ABOVE} select case when folder.owner = ? then 'admin' else folder_share.role end as role
        from above join folder using (uuid) left join folder_share on folder_share.folder = above.uuid and email = ?
        where folder.owner = ? or folder_share.role is not null order by depth limit 1""",  # noqa: S608 - fixed parts
        (folder, user.email, user.email, user.email),
    ).fetchone()
    if row:
        return str(row["role"])
    return "admin" if user.role == "admin" and find_folder(db, folder) else None


def path_to_root(db: sqlite3.Connection, folder: str) -> list[sqlite3.Row]:
    """The folder and those above it, the root last."""
    return db.execute(
        f"{ABOVE} select folder.* from above join folder using (uuid) order by depth",  # noqa: S608 - fixed parts
        (folder,),
    ).fetchall()


def share_folder(db: sqlite3.Connection, folder: str, email: str, role: str) -> None:
    """Let a user into a folder."""
    db.execute("insert or replace into folder_share values (?, ?, ?)", (folder, email, role))


def change_folder(db: sqlite3.Connection, folder: str, values: dict[str, str]) -> None:
    """Change name, description or client_metadata."""
    chosen = {column: values[column] for column in CHANGEABLE if column in values}
    settings = "".join(f", {column} = :{column}" for column in chosen)
    row = {**chosen, "uuid": folder, "time": now()}
    db.execute(f"update folder set edited_at = :time{settings} where uuid = :uuid", row)  # noqa: S608 - our own columns


def move_folder(db: sqlite3.Connection, folder: str, parent: str | None) -> None:
    """Put a folder below another, or at the top."""
    db.execute("update folder set parent = ?, edited_at = ? where uuid = ?", (parent, now(), folder))


def delete_folder(db: sqlite3.Connection, folder: str) -> None:
    """Delete a folder with everything in it and below it."""
    db.execute("delete from folder where uuid = ?", (folder,))


def list_folders(
    db: sqlite3.Connection,
    user: User,
    *,
    everybody: bool,
    under: str | None = None,
    recursive: bool = True,
    search: str = "",
    order: str = "name",
    desc: bool = False,
    after: tuple[str, int] | None = None,
    limit: int = 100,
) -> Sequence[sqlite3.Row]:
    """Folders that the user sees, in order.

    everybody: also those of others, for an admin. under: only below this folder, which the
    caller has checked. recursive: at any depth, or only the next. search: part of the name.
    """
    values: dict[str, Any] = {"email": user.email, "search": search, "top": under, "limit": limit}
    where = ["(:search = '' or instr(lower(name), lower(:search)) > 0)"]
    prefix = ""
    if under is not None:
        prefix = BELOW if recursive else ""
        where.append("uuid in below and uuid <> :top" if recursive else "parent = :top")
    else:
        if not everybody:
            prefix = SEEN
            where.append("uuid in seen")
        if not recursive:
            # What was shared from the middle of somebody else's tree stands at the top of one's own.
            where.append("parent is null" if everybody else "(parent is null or parent not in seen)")
    key = "lower(name)" if order == "name" else "created_at"
    direction, sign = ("desc", "<") if desc else ("asc", ">")
    if after is not None:
        where.append(f"({key}, id) {sign} (:key, :id)")
        values |= {"key": after[0], "id": after[1]}
    return db.execute(
        f"{prefix} select *, {key} as sort_key from folder where {' and '.join(where)}"  # noqa: S608 - fixed parts
        f" order by {key} {direction}, id {direction} limit :limit",
        values,
    ).fetchall()


def summarise(db: sqlite3.Connection, folder: str) -> dict[str, Any]:
    """How many items of each type, folders and jobs a folder has (not those below it), and their size in bytes."""
    rows = db.execute(
        "select type, count(*) as count, sum(file_size) as size from item where folder = ? group by type", (folder,)
    ).fetchall()
    [folders] = db.execute("select count(*) from folder where parent = ?", (folder,)).fetchone()
    [jobs] = db.execute("select count(*) from job where folder = ?", (folder,)).fetchone()
    counts = {row["type"]: row["count"] for row in rows}
    size = float(sum(row["size"] or 0 for row in rows))
    return {"counts": counts, "size": size, "folders": folders, "jobs": jobs}
