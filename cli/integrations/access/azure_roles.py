"""Azure: what somebody's role assignments allow, judged from the assignments and the definitions of their roles.

https://learn.microsoft.com/en-us/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource.
Deny assignments, which only Azure itself makes, are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from integrations.access.judge import Verdict

BLOB_SERVICE = "Microsoft.Storage/storageAccounts/blobServices"
BLOBS = f"{BLOB_SERVICE}/containers/blobs"


class Action(Struct, frozen=True):
    """Something that a role may allow. data: it is done to data, not to the resource that holds it."""

    name: str
    data: bool = False


READ = Action(f"{BLOBS}/read", data=True)
WRITE = Action(f"{BLOBS}/write", data=True)
SIGN = Action(f"{BLOB_SERVICE}/generateUserDelegationKey/action")
KEYS = Action("Microsoft.Storage/storageAccounts/listKeys/action")
# Each of these changes data, or opens the way to it: who has an account's key may do everything.
CHANGES = (
    WRITE,
    Action(f"{BLOBS}/add/action", data=True),
    Action(f"{BLOBS}/delete", data=True),
    Action(f"{BLOBS}/move/action", data=True),
    Action(f"{BLOB_SERVICE}/containers/write"),
    Action(f"{BLOB_SERVICE}/containers/delete"),
    KEYS,
)


class Held(Struct, frozen=True):
    """A role that somebody has at a scope: permissions as the role's definition states them.

    conditional: the assignment has a condition, whose effect nobody can tell from here. assignment: its id.
    """

    role: str
    scope: str
    permissions: tuple[Mapping[str, Any], ...]
    conditional: bool = False
    assignment: str = ""

    def allows(self, action: Action) -> bool:
        """Whether the role allows the action, its condition left aside."""
        return any(_permits(permission, action) for permission in self.permissions)


def judge(held: Iterable[Held], action: Action) -> Verdict:
    """Whether the roles allow the action."""
    allowing = [one for one in held if one.allows(action)]
    if not allowing:
        return Verdict.NOT_ALLOWED
    return Verdict.DEPENDS if all(one.conditional for one in allowing) else Verdict.ALLOWED


def what(held: Iterable[Held]) -> frozenset[tuple[Action, Verdict]]:
    """The judgement of everything that matters here: two with the same may do the same."""
    listed = list(held)
    return frozenset((action, judge(listed, action)) for action in (READ, SIGN, *CHANGES))


def named(held: Iterable[Held]) -> str:
    """The roles, for a message."""
    return ", ".join(sorted({one.role for one in held})) or "no role"


def _permits(permission: Mapping[str, Any], action: Action) -> bool:
    granted, taken = ("dataActions", "notDataActions") if action.data else ("actions", "notActions")
    return _any(permission.get(granted) or (), action.name) and not _any(permission.get(taken) or (), action.name)


def _any(patterns: Iterable[str], name: str) -> bool:
    return any(re.fullmatch(re.escape(p).replace(r"\*", ".*"), name, re.IGNORECASE) for p in patterns)
