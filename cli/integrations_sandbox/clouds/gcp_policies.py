"""What a bucket's policy may say: https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
from msgspec import Struct

from integrations.access.gcp_roles import BUCKET_ROLES
from integrations_sandbox.clouds import gcp_refusals as refusals
from integrations_sandbox.clouds.gcp_records import Account, Binding, Bucket, Project
from integrations_sandbox.clouds.gcp_roles import CONVENIENCE, PUBLIC, NotUnderstoodError, Target
from integrations_sandbox.clouds.gcp_store import Store
from integrations_sandbox.decoding import convert

KINDS = ("user", "serviceAccount", "group", "domain", *CONVENIENCE.values())
CONDITIONAL = 3  # the version of a policy that may have conditions


class _Policy(Struct):
    bindings: tuple[Binding, ...] = ()
    etag: str | None = None
    version: int = 1


def initial(project: str, uniform: bool) -> tuple[Binding, ...]:
    """The policy that a bucket begins with.

    https://cloud.google.com/storage/docs/access-control/iam-roles#basic-roles-modifiable
    """
    owners = (f"projectEditor:{project}", f"projectOwner:{project}")
    viewers = (f"projectViewer:{project}",)
    of_bucket = (
        Binding("roles/storage.legacyBucketOwner", owners),
        Binding("roles/storage.legacyBucketReader", viewers),
    )
    of_objects = (
        Binding("roles/storage.legacyObjectOwner", owners),
        Binding("roles/storage.legacyObjectReader", viewers),
    )
    return of_bucket + of_objects if uniform else of_bucket


def etag(bucket: Bucket) -> str:
    """What has to be given back with a changed policy, so that nobody else's change is lost."""
    return base64.b64encode(bucket.policy_version.to_bytes(4, "big")).decode()


def show(bucket: Bucket, version: int) -> dict[str, Any]:
    """The policy, for a client that understands `version`.

    One that does not know conditions sees a role that nobody can mistake:
    https://cloud.google.com/iam/docs/troubleshoot-withcond
    """
    conditional = any(binding.condition for binding in bucket.bindings)
    bindings = bucket.bindings if version >= CONDITIONAL else [_disguised(binding) for binding in bucket.bindings]
    return {
        "kind": "storage#policy",
        "resourceId": f"projects/_/buckets/{bucket.name}",
        "version": CONDITIONAL if conditional and version >= CONDITIONAL else 1,
        "etag": etag(bucket),
        "bindings": msgspec.to_builtins(list(bindings)),
    }


def _disguised(binding: Binding) -> Binding:
    if binding.condition is None:
        return binding
    digest = hashlib.sha256(binding.condition.expression.encode()).hexdigest()[:20]
    return Binding(f"{binding.role}_withcond_{digest}", binding.members)


def accept(store: Store, bucket: Bucket, body: dict[str, Any]) -> tuple[Binding, ...]:
    """The bindings of a policy that somebody wants to set. Raises Refusal."""
    try:
        policy = convert(body, _Policy)
    except msgspec.ValidationError as error:
        raise refusals.invalid(f"Invalid policy: {error}") from error
    if policy.etag is not None and policy.etag != etag(bucket):
        raise refusals.condition_not_met()
    for binding in policy.bindings:
        if binding.role not in BUCKET_ROLES:
            raise refusals.invalid(f"Role {binding.role} is not supported for this resource.")
        _check_condition(bucket, policy, binding)
        for member in binding.members:
            _check_member(store, bucket, member)
    _check_domains(store, bucket, policy.bindings)
    return tuple(binding for binding in policy.bindings if binding.members)


def _check_condition(bucket: Bucket, policy: _Policy, binding: Binding) -> None:
    """https://cloud.google.com/storage/docs/access-control/iam#conditions"""
    if binding.condition is None:
        return
    if policy.version < CONDITIONAL:
        raise refusals.invalid(f"A policy with conditions must have version {CONDITIONAL}.")
    if not bucket.uniform:
        raise refusals.invalid("Conditions require uniform bucket-level access to be enabled.")
    if binding.role.startswith("roles/storage.legacy") or not set(PUBLIC).isdisjoint(binding.members):
        raise refusals.invalid("Conditions cannot be used with legacy roles, allUsers or allAuthenticatedUsers.")
    try:
        Target(bucket.name).satisfies(binding.condition.expression)
    except NotUnderstoodError as error:
        raise refusals.not_played(f"condition {error}: it knows prefixes of names joined by || and &&") from error


def _check_member(store: Store, bucket: Bucket, member: str) -> None:
    if member in PUBLIC:
        if bucket.never_public:
            raise refusals.condition_not_met(
                "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access "
                "prevention is enforced."
            )
        return
    kind, _, name = member.partition(":")
    if kind not in KINDS or not name:
        raise refusals.invalid(
            f"The member {member} is of an unknown type. Please set a valid type prefix for the member."
        )
    if kind == "serviceAccount" and store.get(Account, name) is None:
        raise refusals.invalid(f"Service account {name} does not exist.")


def _check_domains(store: Store, bucket: Bucket, bindings: tuple[Binding, ...]) -> None:
    """Domain restricted sharing: https://cloud.google.com/organization-policy/restrict-domains

    It looks at members that come in, and at none that are there: it is not retroactive.
    """
    project = store.get(Project, bucket.project)
    if project is None or project.allowed_domains is None:
        return
    present = {member for binding in bucket.bindings for member in binding.members}
    for member in {member for binding in bindings for member in binding.members} - present:
        if _domain(store, member) not in project.allowed_domains:
            raise refusals.condition_not_met(
                "One or more users named in the policy do not belong to a permitted customer."
            )


def _domain(store: Store, member: str) -> str:
    """The domain of the organisation that a member belongs to; empty for everybody at once."""
    kind, _, name = member.partition(":")
    if kind == "serviceAccount":
        account = store.get(Account, name)
        name = account.project if account else ""
        kind = "project"
    if kind.startswith("project"):
        project = store.get(Project, name)
        return project.domain if project else ""
    return name.rpartition("@")[2]
