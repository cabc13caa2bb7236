"""Writing on AWS: what roles, buckets and access points grant, against what `integrations.access` states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from msgspec.structs import replace

import documents
import kinds
from documents import Statement
from integrations.access import aws, aws_replication
from integrations.environment.model import AwsIntegration, Settings
from kinds import kind_of
from rule import Resource

KINDS = frozenset(
    [
        kinds.ROLE, kinds.ROLE_POLICY, kinds.ROLE_ATTACHMENT, kinds.IAM_POLICY, kinds.USER_POLICY, kinds.GROUP_POLICY,
        kinds.BUCKET_POLICY, kinds.ACCESS_POINT_POLICY,
    ]
)  # fmt: skip
# AWS keeps policies of its own under this ARN.
AWS_MANAGED = "arn:aws:iam::aws:policy/"


def judge(resource: Resource, settings: Settings) -> Iterator[str]:
    """Every right to write that Encord, or this environment's checker and replication, should not have."""
    props = resource.props
    match kind_of(resource.resource_type):
        case kinds.BUCKET_POLICY:
            yield from _resource_policy(props.get("policy"), settings)
        case kinds.ACCESS_POINT_POLICY:
            yield from _resource_policy((props.get("details") or {}).get("policy"), settings)
        case kinds.ROLE_ATTACHMENT:
            yield from _attached(_role_name(props.get("role")), [props.get("policyArn")], settings)
        case kinds.ROLE:
            role = props.get("name")
            yield from _attached(role, props.get("managedPolicyArns") or (), settings)
            for inline in props.get("inlinePolicies") or ():
                yield from _identity_policy(role, inline.get("policy"), settings)
        case _:
            yield from _identity_policy(_role_name(props.get("role")), props.get("policy"), settings)


def outside_prefix(resource: Resource, settings: Settings) -> Iterator[str]:
    """Every right to write that a role with image sequences has outside of its write prefix."""
    role = _role_name(resource.props.get("role"))
    integration = _integration(role, settings)
    if integration is None or not integration.image_sequences:
        return
    narrow = _stated(role, settings, under_prefix=True) or []
    for action, target in documents.writes(documents.allowing(resource.props.get("policy"))):
        if not documents.covered(action, target, narrow):
            yield f"role {role} may {action} on {target}, outside of writePrefix {integration.write_prefix!r}"


def _role_name(role: Any) -> Any:
    return role.rpartition("/")[2] if isinstance(role, str) else role


def _identity_policy(role: str | None, document: Any, settings: Settings) -> Iterator[str]:
    integration = _integration(role, settings)
    stated = _stated(role, settings, under_prefix=False)
    for action, resource in documents.writes(documents.allowing(document)):
        if stated is None:
            reached = [one for one in _aws(settings) if _reaches(resource, one)]
            if reached and not all(one.image_sequences for one in reached):
                names = ", ".join(one.name for one in reached)
                yield f"{action} is granted on {resource}, and image sequences are not on everywhere in {names}"
        elif not documents.covered(action, resource, stated):
            yield f"role {role} may {action} on {resource}: {_reason(integration)}"


def _reason(integration: AwsIntegration | None) -> str:
    if integration is None:
        return "the checker and S3's own replication need no such right; take it away"
    if integration.image_sequences:
        return "image sequences do not need that; take it away"
    return f"image sequences are off; set `imageSequences: true` for {integration.name}, or take it away"


def _attached(role: str | None, arns: Sequence[str | None], settings: Settings) -> Iterator[str]:
    if _stated(role, settings, under_prefix=False) is None:
        return
    for arn in arns:
        if arn and arn.startswith(AWS_MANAGED):
            yield f"role {role} has {arn}, and what that grants is AWS's to change: state the grant in a policy of its own"


def _resource_policy(document: Any, settings: Settings) -> Iterator[str]:
    """Of a resource's own policy only what it grants to Encord: who else writes there is the owner's business."""
    for integration in _aws(settings):
        encords = {aws.role_arn(integration), integration.encord.principal}
        for statement in documents.allowing(document):
            if not encords & set(documents.principals(statement)):
                continue
            for action, resource in documents.writes([statement]):
                if not (integration.image_sequences and action == "s3:PutObject"):
                    yield f"Encord may {action} on {resource}: {_reason(integration)}"


def _stated(role: str | None, settings: Settings, *, under_prefix: bool) -> list[Statement] | None:
    """What access grants to a role; None for a role that the environment does not know.

    under_prefix: with writing only under `writePrefix`; else in the whole bucket.
    """
    for integration in _aws(settings):
        if role == integration.role:
            meant = integration if under_prefix else replace(integration, write_prefix="")
            through = aws.access_point_role_policy(meant, "*") if meant.multi_region_access_point else {}
            return [*documents.allowing(aws.role_policy(meant)), *documents.allowing(through)]
        if aws_replication.is_managed(integration) and role == aws_replication.replication_role(integration):
            return list(documents.allowing(aws_replication.replication_policy(integration)))
    for checker in settings.checkers.aws:
        if role == checker.role:
            return list(documents.allowing(aws.checker_policy(checker, _aws(settings))))
    return None


def _aws(settings: Settings) -> list[AwsIntegration]:
    return [one for one in settings.integrations.values() if isinstance(one, AwsIntegration)]


def _integration(role: str | None, settings: Settings) -> AwsIntegration | None:
    return next((one for one in _aws(settings) if one.role == role), None)


def _reaches(resource: str, integration: AwsIntegration) -> bool:
    root = resource.partition("/")[0]
    return any(fnmatchcase(aws.bucket_arn(bucket), root) for bucket in integration.buckets)
