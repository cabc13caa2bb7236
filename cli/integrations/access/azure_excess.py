"""Azure: what somebody's roles allow beyond what Encord needs, judged from the assignments alone."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from integrations.access.azure_roles import BLOB_SERVICE, BLOBS, CHANGES, KEYS, READ, SIGN, Action, Held

# A role that writes deletes as well, because Azure has none that does only the one: that is a question of its own.
WITH_WRITING = tuple(one for one in CHANGES if one is not KEYS)
# What nobody needs who reads, writes or signs, by what it comes to.
REACHES = {
    "gets the account's keys": KEYS,
    "makes signatures with the account's keys": Action("Microsoft.Storage/storageAccounts/listAccountSas/action"),
    "changes the account": Action("Microsoft.Storage/storageAccounts/write"),
    "deletes the account": Action("Microsoft.Storage/storageAccounts/delete"),
    "assigns roles": Action("Microsoft.Authorization/roleAssignments/write"),
    "changes who owns blobs": Action(f"{BLOBS}/manageOwnership/action", data=True),
    "changes who may use blobs": Action(f"{BLOBS}/modifyPermissions/action", data=True),
    "deletes what is kept of deleted blobs": Action(f"{BLOBS}/deleteBlobVersion/action", data=True),
    "ends the retention of blobs": Action(f"{BLOBS}/immutableStorage/runAsSuperUser/action", data=True),
}
# What reading, writing and signing take; and nothing else of the management plane is needed.
HARMLESS = (SIGN.name, f"{BLOB_SERVICE}/containers/read", f"{BLOB_SERVICE}/containers/write",
            f"{BLOB_SERVICE}/containers/delete")  # fmt: skip


class Excess(Struct, frozen=True):
    """A role that is not needed. grave: it can do more than read.

    Encord's own page grants on the account or on containers, so reading on the account is told and does not fail.

    assignment: the id of the assignment that gave it.
    """

    what: str
    grave: bool
    assignment: str


def excess(held: Iterable[Held], account: str) -> list[Excess]:
    """What the roles allow beyond reading, writing and signing in the containers where they were given.

    account: the account's id. What was given there or above holds for every container, the integration's or not.
    """
    return list(dict.fromkeys(one for given in held if (one := _of(given, account))))


def _of(held: Held, account: str) -> Excess | None:
    name = f"{held.role} on {held.scope}"
    inside = held.scope.lower().startswith(f"{account}/".lower())
    found = [what for what, action in REACHES.items() if held.allows(action)]
    if not inside and any(held.allows(action) for action in WITH_WRITING):
        found.insert(0, "changes every container")
    reads = ["reads every container"] if not inside and held.allows(READ) else []
    if found or reads:
        return Excess(f"{name} {', '.join([*reads, *found])}", bool(found), held.assignment)
    patterns = (action for permission in held.permissions for action in permission.get("actions") or ())
    if any(action.lower() not in map(str.lower, HARMLESS) for action in patterns):
        return Excess(f"{name} is of no use to it", False, held.assignment)
    return None
