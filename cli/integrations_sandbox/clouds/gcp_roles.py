"""Which permissions a role gives, and when a binding with a condition holds.

Roles on a bucket: integrations.access.gcp_roles, with their source.
Conditions: https://cloud.google.com/iam/docs/conditions-resource-attributes and
https://cloud.google.com/storage/docs/access-control/iam#conditions
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from integrations.access.gcp_roles import BUCKET_ROLES
from integrations_sandbox.clouds.gcp_records import Binding, Bucket, Project

_WORK = {"storage.buckets.create", "storage.buckets.delete", "storage.buckets.list", "serviceusage.services.use"}
# The basic roles reach what is in a bucket only by the convenience members of its policy:
# https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-modifiable
BASIC_ROLES: dict[str, set[str]] = {
    "roles/owner": _WORK | {"resourcemanager.projects.createBillingAssignment"},
    "roles/editor": _WORK,
    "roles/viewer": {"storage.buckets.list"},
}
CONVENIENCE = {"roles/owner": "projectOwner", "roles/editor": "projectEditor", "roles/viewer": "projectViewer"}
# https://cloud.google.com/iam/docs/service-account-permissions#token-creator-role
ACCOUNT_ROLES: dict[str, set[str]] = {
    "roles/iam.serviceAccountTokenCreator": {
        "iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.signBlob", "iam.serviceAccounts.signJwt",
    },
}  # fmt: skip
ROLES = {**BUCKET_ROLES, **BASIC_ROLES, **ACCOUNT_ROLES}
PUBLIC = ("allUsers", "allAuthenticatedUsers")

# The part of the condition language that is understood: these comparisons, joined by || and &&.
_TYPES = {"bucket": "storage.googleapis.com/Bucket", "object": "storage.googleapis.com/Object"}
_STARTS = re.compile(r"""resource\.name\.startsWith\((["'])(?P<value>[^"']*)\1\)""")
_EQUALS = re.compile(r"""resource\.(?P<field>name|type|service) == (["'])(?P<value>[^"']*)\2""")
_LISTS = re.compile(
    r"""api\.getAttribute\((["'])storage\.googleapis\.com/objectListPrefix\1, (["'])\2\)"""
    r"""\.startsWith\((["'])(?P<value>[^"']*)\3\)"""
)


class NotUnderstoodError(ValueError):
    """A condition beyond what the sandbox can evaluate; the text is the part in question."""


class Target:
    """What a permission is asked for: a bucket, or an object in it; list_prefix: of a listing."""

    def __init__(self, bucket: str, name: str | None = None, list_prefix: str = "") -> None:
        place = f"projects/_/buckets/{bucket}"
        self.name = place if name is None else f"{place}/objects/{name}"
        self.type = _TYPES["bucket" if name is None else "object"]
        self.service = "storage.googleapis.com"
        self.list_prefix = list_prefix

    def satisfies(self, expression: str) -> bool:
        """Whether a condition holds. Raises NotUnderstoodError."""
        # Every part is looked at, so that what is not understood is said wherever it stands.
        ways = [[self._holds(part.strip()) for part in way.split("&&")] for way in expression.split("||")]
        return any(all(way) for way in ways)

    def _holds(self, part: str) -> bool:
        if starts := _STARTS.fullmatch(part):
            return self.name.startswith(starts["value"])
        if equals := _EQUALS.fullmatch(part):
            return bool(getattr(self, equals["field"]) == equals["value"])
        if lists := _LISTS.fullmatch(part):
            return self.list_prefix.startswith(lists["value"])
        raise NotUnderstoodError(part)


def identities(member: str | None, project: Project | None) -> set[str]:
    """Every name under which a policy may mean the caller; member is None for nobody in particular."""
    if member is None:
        return {"allUsers"}
    own = {member, *PUBLIC}
    if project is not None:
        held = [b.role for b in project.bindings if member in b.members and b.role in CONVENIENCE]
        own |= {f"{CONVENIENCE[role]}:{project.id}" for role in held}
    return own


def permissions(bindings: Iterable[Binding], names: set[str], target: Target | None = None) -> set[str]:
    """What these bindings give to whoever goes by one of `names`."""
    given: set[str] = set()
    for binding in bindings:
        if names.isdisjoint(binding.members):
            continue
        if binding.condition is None or (target and target.satisfies(binding.condition.expression)):
            given |= ROLES[binding.role]
    return given


def on_bucket(member: str | None, project: Project | None, bucket: Bucket, target: Target) -> set[str]:
    """What the caller may do in a bucket, by its policy and its project's.

    Public access prevention takes away what is given to everybody:
    https://cloud.google.com/storage/docs/public-access-prevention
    """
    names = identities(member, project)
    in_bucket = names - set(PUBLIC) if bucket.never_public else names
    of_project = permissions(project.bindings, names - set(PUBLIC), target) if project else set()
    return of_project | permissions(bucket.bindings, in_bucket, target)
