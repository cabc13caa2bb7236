"""The one question that every route asks first: may this user see, or change, this folder?"""

from __future__ import annotations

import sqlite3

from fastapi import Request

from integrations_sandbox.platform.store.folders import find_folder, role_in
from integrations_sandbox.platform.web import Refusal, forbidden, services, user


def visible_folder(request: Request, uuid: str) -> sqlite3.Row:
    """A folder that the user sees. Raises Refusal 403, as for one that does not exist."""
    db = services(request).store.db
    row = find_folder(db, uuid)
    if row is None or role_in(db, user(request), uuid) is None:
        raise forbidden(f"the folder {uuid}")
    return row


def own_folder(request: Request, uuid: str) -> sqlite3.Row:
    """A folder that the user may change. Raises Refusal 403."""
    row = visible_folder(request, uuid)
    if role_in(services(request).store.db, user(request), uuid) != "admin":
        raise Refusal(403, f"you may look at the folder {uuid} and not change it: its admins may")
    return row
