"""Nobody reads a bucket because it is public."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy import Severity

import documents
import kinds
from integrations.environment.model import Settings
from kinds import kind_of
from rule import Finding, Resource, Rule, without_companion

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
# https://docs.cloud.google.com/storage/docs/access-control/lists#scopes
EVERYBODY_AT_GOOGLE = ("allUsers", "allAuthenticatedUsers")


def unset_blocks(given: Mapping[str, Any]) -> list[str]:
    """Which of the four settings that block public access are not on."""
    return [name for name in BLOCKS if given.get(name) is not True]


def _judge(resource: Resource, _settings: Settings) -> Iterator[str]:
    props = resource.props
    match kind_of(resource.resource_type):
        case kinds.PUBLIC_ACCESS_BLOCK:
            for name in unset_blocks(props):
                yield f"{name} is not on: set it to true"
        case kinds.BUCKET | kinds.BUCKET_ACL | kinds.OBS_BUCKET:
            if (acl := props.get("acl")) not in (None, "private"):
                yield f"the ACL {acl!r} gives rights to others: leave it out"
        case kinds.GCS_BUCKET:
            if props.get("uniformBucketLevelAccess") is not True:
                yield "uniformBucketLevelAccess is not on, so that single objects may be public: set it to true"
            if props.get("publicAccessPrevention") != "enforced":
                yield 'publicAccessPrevention is not enforced: set it to "enforced"'
        case kinds.STORAGE_ACCOUNT:
            if props.get("allowBlobPublicAccess") is not False:
                yield "allowBlobPublicAccess is not off: set it to false"
        case kinds.CONTAINER:
            if (access := props.get("publicAccess")) not in (None, "None"):
                yield f'publicAccess is {access!r}: set it to "None"'


BUCKETS_ARE_PRIVATE = Rule(
    id="buckets-are-private",
    title="A bucket's own settings rule public access out.",
    severity=Severity.CRITICAL,
    mandatory=True,
    demands={
        kinds.AWS: "All four settings of the public access block are on, and no ACL gives rights to others.",
        kinds.GOOGLE: "`uniformBucketLevelAccess` is on and `publicAccessPrevention` is enforced.",
        kinds.AZURE: "The account's `allowBlobPublicAccess` is off, and no container is public.",
        kinds.OTC: "The bucket's ACL is private. OBS has no setting that rules public access out.",
    },
    why="One policy or ACL, written later by anybody, would make the data readable by the whole world.",
    fix="Set what the message names. Encord reads with signed URLs and needs nothing public.",
    unseen="Existing buckets: `integrations check` judges them (BKT103).",
    kinds=frozenset(
        {
            kinds.PUBLIC_ACCESS_BLOCK,
            kinds.BUCKET,
            kinds.BUCKET_ACL,
            kinds.GCS_BUCKET,
            kinds.STORAGE_ACCOUNT,
            kinds.CONTAINER,
            kinds.OBS_BUCKET,
        }
    ),
    judge=_judge,
)


def _judge_stack(resources: Sequence[Resource], _settings: Settings) -> Iterator[Finding]:
    yield from without_companion(
        resources,
        kinds.BUCKET,
        kinds.PUBLIC_ACCESS_BLOCK,
        lambda name: f"bucket {name} has no public access block: add a BucketPublicAccessBlock",
    )


EVERY_BUCKET_BLOCKS_PUBLIC_ACCESS = Rule(
    id="every-bucket-blocks-public-access",
    title="Every bucket has a public access block.",
    severity=Severity.CRITICAL,
    mandatory=True,
    demands={kinds.AWS: "For each bucket of the stack there is a public access block in the stack."},
    why="One policy or ACL, written later by anybody, would make the data readable by the whole world.",
    fix="Give the bucket a `BucketPublicAccessBlock` with all four settings on.",
    unseen="It spans resources, so `pulumi up` alone asks it last: have `pulumi preview` judge first.",
    kinds=frozenset({kinds.BUCKET, kinds.PUBLIC_ACCESS_BLOCK}),
    judge_stack=_judge_stack,
)


def _grants_everybody(resource: Resource, _settings: Settings) -> Iterator[str]:
    props = resource.props
    match kind_of(resource.resource_type):
        case kinds.ROLE:
            yield from _documents_to_everybody(props.get("assumeRolePolicy"))
        case kinds.ACCESS_POINT_POLICY:
            yield from _documents_to_everybody((props.get("details") or {}).get("policy"))
        case kinds.GCS_MEMBER:
            yield from _members([props.get("member")])
        case kinds.GCS_BINDING:
            yield from _members(props.get("members") or ())
        case kinds.GCS_POLICY:
            bindings = documents.parsed(props.get("policyData")).get("bindings", ())
            yield from _members([member for binding in bindings for member in binding.get("members", ())])
        case kinds.GCS_ACCESS_CONTROL:
            yield from _members([props.get("entity")])
        case _:
            yield from _documents_to_everybody(props.get("policy"))


def _documents_to_everybody(document: Any) -> Iterator[str]:
    for statement in documents.allowing(document):
        if "*" in documents.principals(statement):
            what = ", ".join(documents.listed(statement.get("Action"))) or "everything but some"
            yield f"a statement allows everybody {what}: name who is meant, or remove it"


def _members(members: Sequence[Any]) -> Iterator[str]:
    for member in members:
        if member in EVERYBODY_AT_GOOGLE:
            yield f"the grant is to {member}: name who is meant, or remove it"


NOTHING_FOR_EVERYBODY = Rule(
    id="nothing-for-everybody",
    title="No grant is to everybody.",
    severity=Severity.CRITICAL,
    mandatory=True,
    demands={
        kinds.AWS: "No statement of a bucket's, an access point's or a role's policy allows the principal `*`, with or"
        " without conditions, or everybody but some (`NotPrincipal`).",
        kinds.GOOGLE: "No bucket grants a role to `allUsers` or `allAuthenticatedUsers`.",
        kinds.OTC: "No statement of the bucket's policy allows the principal `*`.",
    },
    why="A grant to everybody is a grant to people whom nobody knows; a condition that narrows it is easily lost.",
    fix="Name the principal. Encord's is in the integration's `encord` fields.",
    unseen="On Azure roles cannot be assigned to everybody; public containers are the concern of buckets-are-private.",
    kinds=frozenset(
        {
            kinds.ROLE,
            kinds.BUCKET_POLICY,
            kinds.BUCKET,
            kinds.ACCESS_POINT_POLICY,
            kinds.GCS_MEMBER,
            kinds.GCS_BINDING,
            kinds.GCS_POLICY,
            kinds.GCS_ACCESS_CONTROL,
            kinds.OBS_BUCKET,
        }
    ),
    judge=_grants_everybody,
)
