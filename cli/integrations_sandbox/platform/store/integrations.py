"""Cloud integrations, which only the admin door makes: Encord's API has no call for it."""

from __future__ import annotations

import sqlite3

import msgspec

from integrations_sandbox.decoding import decode
from integrations_sandbox.platform.clouds import Integration


def put_integration(db: sqlite3.Connection, integration: Integration) -> None:
    """Make or replace an integration."""
    record = msgspec.json.encode(integration).decode()
    db.execute("insert or replace into integration values (?, ?, ?)", (integration.uuid, integration.title, record))


def delete_integration(db: sqlite3.Connection, uuid: str) -> bool:
    """Forget an integration; whether there was one."""
    return db.execute("delete from integration where uuid = ?", (uuid,)).rowcount > 0


def find_integration(db: sqlite3.Connection, uuid: str) -> Integration | None:
    """One integration."""
    row = db.execute("select record from integration where uuid = ?", (uuid,)).fetchone()
    return decode(row["record"], Integration) if row else None


def all_integrations(db: sqlite3.Connection) -> list[Integration]:
    """Every integration, by title."""
    rows = db.execute("select record from integration order by title, uuid")
    return [decode(row["record"], Integration) for row in rows]
