"""Google Cloud: which permissions of Cloud Storage a predefined role gives, and what a bucket's policy gives somebody.

The roles are those of https://cloud.google.com/storage/docs/access-control/iam-roles and
https://cloud.google.com/iam/docs/roles-permissions/iam, with the permissions that matter
for buckets and their objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

_READ = {"storage.objects.get", "storage.objects.list"}
_PARTS = {f"storage.multipartUploads.{verb}" for verb in ("abort", "create", "list", "listParts")}
_CREATE = {"storage.objects.create"} | _PARTS - {"storage.multipartUploads.list"}
_USE = _READ | _CREATE | _PARTS | {"storage.objects.delete", "storage.objects.update"}
_OBJECT_POLICY = {"storage.objects.getIamPolicy", "storage.objects.setIamPolicy"}
_BUCKET_READER = {"storage.buckets.get", "storage.objects.list", "storage.multipartUploads.list"}
_BUCKET_WRITER = _BUCKET_READER | _CREATE | {"storage.objects.delete"}
_BUCKET_POLICY = {"storage.buckets.getIamPolicy", "storage.buckets.setIamPolicy"}
_BUCKETS = {f"storage.buckets.{verb}" for verb in ("create", "delete", "get", "list", "update")} | _BUCKET_POLICY
_REVIEW = {
    "storage.buckets.list",
    "storage.buckets.getIamPolicy",
    "storage.objects.list",
    "storage.objects.getIamPolicy",
}

BUCKET_ROLES: dict[str, set[str]] = {
    "roles/storage.objectViewer": _READ,
    "roles/storage.objectCreator": _CREATE,
    "roles/storage.objectUser": _USE,
    "roles/storage.objectAdmin": _USE | _OBJECT_POLICY,
    "roles/storage.admin": _USE | _OBJECT_POLICY | _BUCKETS,
    "roles/storage.bucketViewer": {"storage.buckets.get", "storage.buckets.list"},
    "roles/storage.legacyObjectReader": {"storage.objects.get"},
    "roles/storage.legacyObjectOwner": {"storage.objects.get", "storage.objects.update"} | _OBJECT_POLICY,
    "roles/storage.legacyBucketReader": _BUCKET_READER,
    "roles/storage.legacyBucketWriter": _BUCKET_WRITER,
    "roles/storage.legacyBucketOwner": _BUCKET_WRITER | _BUCKET_POLICY | {"storage.buckets.update"},
    # "Permissions to list all resources and allow policies on them." A role can be granted on a
    # resource if it holds a permission of it: https://cloud.google.com/iam/docs/viewing-grantable-roles
    "roles/iam.securityReviewer": _REVIEW,
}
_LOOKING = ("get", "list", "listParts", "getIamPolicy")


class Held(Struct, frozen=True):
    """What a bucket's policy gives one member by name; groups and the project's own policy are not in it.

    roles: those that are in the table. certain: permissions without a condition, or under
    exactly a condition that was asked for. possible: those under any other condition too.
    unknown: roles that are not in the table, such as an organisation's own, whose permissions
    the policy does not say.
    """

    roles: tuple[str, ...]
    certain: frozenset[str]
    possible: frozenset[str]
    unknown: tuple[str, ...]


def changing(permissions: Iterable[str]) -> list[str]:
    """Those of the permissions with which one can do more than look, sorted."""
    return sorted(one for one in permissions if one.rpartition(".")[2] not in _LOOKING)


def held(bindings: Iterable[Mapping[str, Any]], member: str, conditions: Iterable[str]) -> Held:
    """What the bindings give `member`. conditions: the expressions that are as good as none."""
    mine = [one for one in bindings if member in one.get("members", ())]
    fine = {plain(expression) for expression in conditions}
    certain = [one for one in mine if not one.get("condition") or plain(one["condition"]["expression"]) in fine]
    roles, known = set(_roles(mine)), set(BUCKET_ROLES)
    return Held(
        tuple(sorted(roles & known)), _permissions(certain), _permissions(mine), tuple(sorted(roles - known))
    )  # fmt: skip


def plain(expression: str) -> str:
    """An expression without its spaces, to compare it with another."""
    return "".join(expression.split())


def _roles(bindings: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(one["role"]) for one in bindings]


def _permissions(bindings: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset().union(*(BUCKET_ROLES.get(role, set()) for role in _roles(bindings)))
