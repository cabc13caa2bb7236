"""What the console shows, as records: folders, items, jobs and what failed in them. Nothing is changed here."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from integrations_sandbox.decoding import decode
from integrations_sandbox.platform.clouds.door import ObjectProblem
from integrations_sandbox.platform.records import GROUPS, Unit
from integrations_sandbox.platform.store import items
from integrations_sandbox.platform.store.jobs import STATES

FOLDERS = 2000
JOBS = 30
ERRORS = 200


class FolderView(Struct, rename="camel"):
    """A folder. parent: None at the top. items: how many stand in it, a group counted as one."""

    uuid: str
    parent: str | None
    name: str
    items: int


class JobView(Struct, rename="camel"):
    """A registration and how far it is, in units. integration: its title."""

    uuid: str
    folder: str
    integration: str
    status: str
    file_name: str | None
    created_at: str
    pending: int
    done: int
    error: int
    cancelled: int


class ErrorView(Struct, rename="camel"):
    """A unit that failed."""

    urls: list[str]
    error: str


class Medium(Struct, rename="camel"):
    """An object that a browser may load: a signed URL, or the reason why there is none."""

    uuid: str
    type: str
    url: str | None = None
    problem: str | None = None


class ItemView(Struct, rename="camel"):
    """An item. shown: the object that stands for it; of a group, its first frame or file."""

    uuid: str
    type: str
    name: str
    integration: str
    url: str | None
    mime_type: str | None
    file_size: int | None
    width: int | None
    height: int | None
    duration: float | None
    client_metadata: str
    created_at: str
    parts: int
    shown: Medium | None


Sign = Callable[[sqlite3.Row], str | None]
Titles = Mapping[str, str]  # of integrations, by uuid
# Frames and files of a group are rows of their own; here they are seen in their group.
WHOLE = "not exists (select 1 from item_child where child = item.id)"


def folders(db: sqlite3.Connection) -> list[FolderView]:
    """Every folder, by name."""
    rows = db.execute(
        f"""select uuid, parent, name, (select count(*) from item where folder = folder.uuid and {WHOLE})
        from folder order by lower(name), id limit ?""",  # noqa: S608 - fixed parts
        (FOLDERS,),
    )
    return [FolderView(*row) for row in rows]


def jobs(db: sqlite3.Connection, titles: Titles) -> list[JobView]:
    """The latest registrations, the newest first."""
    states = ", ".join(f"count(*) filter (where unit.state = '{state}')" for state in STATES)
    rows = db.execute(
        f"""select job.uuid, job.folder, job.integration, job.status, job.file_name, job.created_at, {states}
        from (select * from job order by id desc limit ?) job left join unit on unit.job = job.id
        group by job.id order by job.id desc""",  # noqa: S608 - our own state names
        (JOBS,),
    )
    return [JobView(uuid, folder, titles.get(one, one), *rest) for uuid, folder, one, *rest in rows]


def errors(db: sqlite3.Connection, job: str) -> list[ErrorView]:
    """The first units of a job that failed, in order."""
    rows = db.execute(
        """select unit.spec, unit.error from unit join job on job.id = unit.job
        where job.uuid = ? and unit.state = 'error' order by unit.id limit ?""",
        (job, ERRORS),
    )
    return [ErrorView(decode(row["spec"], Unit).urls, row["error"]) for row in rows]


def items_of(db: sqlite3.Connection, folder: str, after: tuple[str, int] | None, limit: int) -> Sequence[sqlite3.Row]:
    """The items of a folder by name, from the one after `after` (name and row number) on."""
    return db.execute(
        f"select * from item where folder = ? and (name, id) > (?, ?) and {WHOLE} order by name, id limit ?",  # noqa: S608
        (folder, *(after or ("", 0)), limit),
    ).fetchall()


def item_views(db: sqlite3.Connection, rows: Sequence[sqlite3.Row], titles: Titles, sign: Sign) -> list[ItemView]:
    """Items as they are shown."""
    views = []
    for row in rows:
        parts = items.children(db, row["id"]) if row["type"] in GROUPS else []
        # The video of a sequence is an object of its own; any other group is known by its first part.
        shown = row if not parts or row["object_url"] else parts[0]
        views.append(
            ItemView(
                row["uuid"], row["type"], row["name"], titles.get(row["integration"], row["integration"]), row["url"],
                row["mime_type"], row["file_size"], row["width"], row["height"], row["duration"],
                row["client_metadata"], row["created_at"], len(parts), medium(shown, sign),
            )
        )  # fmt: skip
    return views


def medium(row: sqlite3.Row, sign: Sign) -> Medium | None:
    """The object of an item, to be loaded; None if it has none."""
    kind = "video" if row["type"] == "imageSequence" else row["type"]
    try:
        url = sign(row)
    except ObjectProblem as problem:
        return Medium(row["uuid"], kind, problem=str(problem))
    return Medium(row["uuid"], kind, url=url) if url else None
