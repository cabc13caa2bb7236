"""Azure's role-based access control: the built-in roles that the sandbox plays, and what they allow where.

Everything here is pure. How a request is decided:
https://learn.microsoft.com/en-us/azure/role-based-access-control/overview#how-azure-rbac-determines-if-a-user-has-access-to-a-resource
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

BLOB_SERVICE = "Microsoft.Storage/storageAccounts/blobServices"
CONTAINERS = f"{BLOB_SERVICE}/containers"
BLOBS = f"{CONTAINERS}/blobs"
DELEGATION_KEY = f"{BLOB_SERVICE}/generateUserDelegationKey/action"


class Role(Struct, frozen=True):
    """A built-in role. actions are of the management plane, data_actions of the data in it; `*` stands for anything."""

    id: str
    name: str
    description: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()

    def allows(self, action: str, *, data: bool = False) -> bool:
        """Whether the role grants the action; what a role takes out again (notActions) it does not grant."""
        granted = self.data_actions if data else self.actions
        taken = () if data else self.not_actions
        return _any(granted, action) and not _any(taken, action)


# https://learn.microsoft.com/en-us/azure/role-based-access-control/built-in-roles/privileged (Owner, Contributor,
# User Access Administrator), …/built-in-roles/general (Reader), …/built-in-roles/storage (the others).
BUILT_IN = (
    Role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "Owner", "Full access, and may assign roles.", ("*",)),
    Role(
        "b24988ac-6180-42a0-ab88-20f7382dd24c", "Contributor", "Full access, but may not assign roles.", ("*",),
        (
            "Microsoft.Authorization/*/Delete", "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action", "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete", "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write", "Microsoft.Purview/consents/delete",
        ),
    ),
    Role("acdd72a7-3385-48ef-bd42-f606fba81ae7", "Reader", "May see all resources, not change them.", ("*/read",)),
    Role(
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9", "User Access Administrator", "May manage access to resources.",
        ("*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"),
    ),
    Role(
        "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "Storage Blob Data Reader", "Read access to containers and blobs.",
        (f"{CONTAINERS}/read", DELEGATION_KEY), data_actions=(f"{BLOBS}/read",),
    ),
    Role(
        "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "Storage Blob Data Contributor",
        "Read, write and delete access to containers and blobs.",
        (f"{CONTAINERS}/delete", f"{CONTAINERS}/read", f"{CONTAINERS}/write", DELEGATION_KEY),
        data_actions=tuple(f"{BLOBS}/{verb}" for verb in ("delete", "read", "write", "move/action", "add/action")),
    ),
    Role(
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b", "Storage Blob Data Owner", "Full access to containers and blobs.",
        (f"{CONTAINERS}/*", DELEGATION_KEY), data_actions=(f"{BLOBS}/*",),
    ),
    Role(
        "db58b8e5-c6ad-4a2a-8342-4190687cbf4a", "Storage Blob Delegator",
        "May get a user delegation key, to sign with.", (DELEGATION_KEY,),
    ),
)  # fmt: skip
BY_ID = {role.id: role for role in BUILT_IN}


class Assignment(Struct, frozen=True):
    """A role, given to a principal (an object id) at a scope (a resource's id) and everything below it."""

    name: str
    scope: str
    role: str
    principal: str
    principal_type: str = "ServicePrincipal"
    description: str | None = None
    created: str = ""


def covers(scope: str, at: str) -> bool:
    """Whether a scope is `at` or above it; ids are compared without regard to case."""
    upper, lower = scope.rstrip("/").lower(), at.rstrip("/").lower()
    return lower == upper or lower.startswith(upper + "/")


def allowed(assignments: Iterable[Assignment], principal: str, action: str, at: str, *, data: bool = False) -> bool:
    """Whether any of the principal's assignments allows the action at this scope."""
    return any(BY_ID[found.role].allows(action, data=data) for found in held(assignments, principal, at))


def held(assignments: Iterable[Assignment], principal: str, at: str) -> list[Assignment]:
    """The principal's assignments that are in force at this scope."""
    return [found for found in assignments if found.principal == principal and covers(found.scope, at)]


def _any(patterns: Iterable[str], action: str) -> bool:
    return any(re.fullmatch(re.escape(p).replace(r"\*", ".*"), action, re.IGNORECASE) for p in patterns)
