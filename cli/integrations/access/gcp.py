"""Google Cloud: what a bucket and its policy must say so that Encord can work, and no more.

Encord does not publish which roles it needs. What stands here follows from what it does: it
reads objects, and writes the video of an image sequence, without replacing anything. The
service account is Encord's to say; it is configuration without a default.

Grants add to a bucket's policy and take nothing away, so they are made on existing buckets too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from integrations.access import cors
from integrations.environment.model import GcpBucket, GcpChecker, GcpIntegration

Document = dict[str, Any]

READ_ROLE = "roles/storage.objectViewer"  # reads objects, and lists them
READ_ONLY_ROLE = "roles/storage.legacyObjectReader"  # the same without the list; Google allows it no condition
WRITE_ROLE = "roles/storage.objectCreator"  # writes new objects; replaces and deletes none
# What a check asks for needs storage.buckets.get and storage.buckets.getIamPolicy; no predefined role has just both.
CHECKER_ROLES = {"settings": "roles/storage.legacyBucketReader", "policy": "roles/iam.securityReviewer"}
REMOVE_ROLE = "roles/storage.objectUser"
IMPERSONATE_ROLE = "roles/iam.serviceAccountTokenCreator"

# A rule's `responseHeader` is what a request may send as well as what a script may see of the answer:
# https://cloud.google.com/storage/docs/cross-origin#cors-components
RESPONSE_HEADERS = ("Content-Type", "Range", *cors.EXPOSED_HEADERS)

# https://cloud.google.com/organization-policy/restrict-domains
DOMAIN_POLICY = (
    "If Google answers that users named in the policy do not belong to a permitted customer, the organisation lets in"
    " members of its own domain only: ask its organisation policy administrator (roles/orgpolicy.policyAdmin) to except"
    " the project, or to allow Encord's organisation, in the constraint iam.allowedPolicyMemberDomains (or"
    " iam.managed.allowedPolicyMembers)."
)


class Condition(Struct, frozen=True):
    """When a grant holds: https://cloud.google.com/iam/docs/conditions-overview"""

    title: str
    expression: str


class Grant(Struct, frozen=True):
    """One role for one member on one bucket. name: tells it from the bucket's other grants, for good."""

    name: str
    bucket: str
    role: str
    member: str
    condition: Condition | None = None

    @property
    def binding(self) -> Document:
        """The grant as a policy has it."""
        condition = {"title": self.condition.title, "expression": self.condition.expression} if self.condition else None
        return {"role": self.role, "members": [self.member], **({"condition": condition} if condition else {})}


def member(email: str) -> str:
    """How a policy names a service account."""
    return f"serviceAccount:{email}"


def labels(integration: GcpIntegration) -> dict[str, str]:
    """What every bucket of the stack's own is labelled with."""
    return {"managed-by": "encord-integrations", "integration": integration.name}


# -- the buckets -----------------------------------------------------------------------


def cors_rule(origins: Sequence[str]) -> Document:
    """The bucket's CORS rule, in Cloud Storage's words."""
    return {
        "origin": list(origins),
        "method": list(cors.METHODS),
        "responseHeader": list(RESPONSE_HEADERS),
        "maxAgeSeconds": cors.MAX_AGE_SECONDS,
    }


def merged_cors(existing: Sequence[Document], ours: Document) -> list[Document]:
    """Their CORS rules with ours last: the first rule that fits is taken, so theirs go on working as they did.

    Rules have no names here, so one of ours with other origins is taken for theirs.
    """
    return [*(rule for rule in existing if rule != ours), ours]


# -- Encord ----------------------------------------------------------------------------


def encord_grants(integration: GcpIntegration, bucket: GcpBucket) -> list[Grant]:
    """What Encord's service account gets on a bucket, and the check principal, if there is one, the same.

    Raises ValueError while Encord's service account is unknown: no grant to a placeholder may exist.
    """
    if integration.encord.service_account is None:
        raise ValueError(f"integration {integration.name} awaits Encord's service account")
    people = {"encord": integration.encord.service_account, "check": integration.check_principal}
    return [
        Grant(f"{who}-{verb}", bucket.name, role, member(email), condition)
        for who, email in people.items()
        if email is not None
        for verb, role, condition in _work(integration, bucket)
    ]


def _work(integration: GcpIntegration, bucket: GcpBucket) -> list[tuple[str, str, Condition | None]]:
    """What the work takes: a verb, a role and its condition, each."""
    readable = _readable(integration, bucket)
    # A condition on objects' names keeps the list back by itself.
    reads = READ_ROLE if readable or integration.cloud_synced_folders else READ_ONLY_ROLE
    work = [("read", reads, readable)]
    if integration.image_sequences:
        work.append(("write", WRITE_ROLE, _under("encord-writes", bucket, [integration.write_prefix])))
    return work


def _readable(integration: GcpIntegration, bucket: GcpBucket) -> Condition | None:
    if not integration.prefixes:
        return None
    written = [integration.write_prefix] if integration.image_sequences else []  # it shows what it wrote
    prefixes = list(dict.fromkeys([*integration.prefixes, *written]))
    listed = integration.prefixes if integration.cloud_synced_folders else ()
    return _under("encord-reads", bucket, prefixes, listed)


def _under(title: str, bucket: GcpBucket, prefixes: Sequence[str], listed: Sequence[str] = ()) -> Condition | None:
    """Objects whose names begin like this; `listed` may be listed too. None if that is every object.

    https://cloud.google.com/storage/docs/access-control/iam#conditions
    """
    if "" in prefixes:
        return None
    ways = [f'resource.name.startsWith("{_resource(bucket, prefix)}")' for prefix in prefixes]
    attribute = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "")'
    ways += [f'{attribute}.startsWith("{prefix}")' for prefix in listed]
    return Condition(title, " || ".join(ways))


def _resource(bucket: GcpBucket, name: str) -> str:
    return f"projects/_/buckets/{bucket.name}/objects/{name}"


# -- the checker -----------------------------------------------------------------------


def checker_grants(integration: GcpIntegration, bucket: GcpBucket, checker: GcpChecker) -> list[Grant]:
    """Least privilege for `integrations check`: it may ask about the bucket, and remove what a write probe wrote.

    Without image sequences nothing is ever written, so there is nothing to remove either.
    """
    grants = [
        Grant(f"checker-{name}", bucket.name, role, checker.member) for name, role in CHECKER_ROLES.items()
    ]  # fmt: skip
    if integration.image_sequences and integration.check_principal:
        condition = _under("removes-write-probes", bucket, [write_probe_prefix(integration)])
        grants.append(Grant("checker-remove", bucket.name, REMOVE_ROLE, checker.member, condition))
    return grants


def impersonation(checker: GcpChecker) -> Document:
    """What the policy of the check principal itself must say, so that the checker may become it.

    https://cloud.google.com/iam/docs/service-account-permissions#token-creator-role
    """
    return {"bindings": [{"role": IMPERSONATE_ROLE, "members": [checker.member]}]}


def write_probe_prefix(integration: GcpIntegration) -> str:
    """Where `integrations check --write-probe` writes its object, and nothing else does."""
    return f"{integration.write_prefix}.encord-check/"
