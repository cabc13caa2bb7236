"""AWS: what a role is granted, or whom its trust lets in, beyond what Encord needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from integrations.access import aws
from integrations.access.aws_grammar import OF_OBJECTS, values
from integrations.access.compare import principals, statements
from integrations.environment.model import AwsIntegration

Document = Mapping[str, Any]
Statement = Mapping[str, Any]
READING = ("s3:get", "s3:list", "s3:head", "s3:describe", "kms:decrypt", "kms:describekey")
EXTERNAL_ID = "sts:externalid"


class Excess(Struct, frozen=True):
    """Something granted that is not needed. grave: it can change, delete, or reach what is not the integration's."""

    what: str
    grave: bool


def excess(documents: Iterable[Document], integration: AwsIntegration) -> list[Excess]:
    """What the role's policies grant beyond what Encord needs, each once.

    Writing to the integration's buckets where image sequences are off is left out: another check asks IAM about it.
    """
    wanted = [*aws.role_policy(integration)["Statement"]]
    if integration.multi_region_access_point:
        wanted += aws.access_point_role_policy(integration, "*")["Statement"]
    found = [
        one
        for document in documents
        for statement in statements(document)
        if statement.get("Effect") == "Allow"
        for one in _of(statement, wanted, integration)
    ]
    return list(dict.fromkeys(found))


def _of(statement: Statement, wanted: list[Statement], integration: AwsIntegration) -> list[Excess]:
    if "NotAction" in statement or "NotResource" in statement:
        return [Excess("everything but what a statement names", grave=True)]
    return [
        one
        for action in values(statement, "Action")
        for resource in values(statement, "Resource")
        if (one := _judged(action, resource, wanted, integration))
    ]


def _judged(action: str, resource: str, wanted: list[Statement], integration: AwsIntegration) -> Excess | None:
    mine = [s for s in wanted if any(action.lower() == needed.lower() for needed in values(s, "Action"))]
    if any(fnmatchcase(resource, pattern) for s in mine for pattern in values(s, "Resource")):
        return None
    if action.lower() in OF_OBJECTS and resource in [aws.bucket_arn(bucket) for bucket in integration.buckets]:
        return None  # a slip that grants nothing, which the grammar tells
    inside = any(_within(resource, aws.bucket_arn(bucket)) for bucket in integration.buckets)
    inside = inside or (":accesspoint/" in resource and integration.multi_region_access_point is not None)
    if action.lower() == "s3:putobject" and inside and not integration.image_sequences:
        return None
    reading = action.lower().startswith(READING)
    outside_prefix = bool(integration.prefixes) and action.lower() == "s3:getobject"
    return Excess(f"{action} on {resource}", grave=not (reading and inside) or outside_prefix)


def _within(resource: str, bucket: str) -> bool:
    return resource == bucket or resource.startswith(f"{bucket}/")


def strangers(trust: Document, integration: AwsIntegration) -> list[str]:
    """Who but Encord and the check principal can assume a role of this trust, a sentence each."""
    known = principals(aws.trust_policy(integration)["Statement"][0])
    found: list[str] = []
    for statement in statements(trust):
        if statement.get("Effect") != "Allow":
            continue
        if "NotPrincipal" in statement:
            found.append("everybody but those whom NotPrincipal names is trusted")
            continue
        found += [f"{who} is trusted too" for who in sorted(_named(statement) - known)]
        found += _loose(statement)
    return list(dict.fromkeys(found))


def _named(statement: Statement) -> set[str]:
    """Everybody whom the statement names, of any kind."""
    principal = statement.get("Principal", {})
    others = {
        f"{kind} {name}"
        for kind in (principal if isinstance(principal, Mapping) else {})
        if kind != "AWS"
        for name in values(principal, kind)
    }
    return principals(statement) | others


def _loose(statement: Statement) -> list[str]:
    """Conditions on the external ID that let others through: optional ones, patterns, several values."""
    found = []
    for operator, given in external_id_conditions(statement):
        if operator.endswith("IfExists") or operator.startswith("ForAllValues:"):
            found.append(f"the condition {operator} lets in who sends no external ID")
        elif "Like" in operator and any("*" in one or "?" in one for one in given):
            found.append("the external ID may be anything that fits a pattern")
        elif len(given) > 1:
            found.append(f"{len(given)} external IDs are let in, not one")
    return found


def external_id_conditions(statement: Statement) -> list[tuple[str, list[str]]]:
    """The conditions on the external ID: operator and values. Keys have no case."""
    return [
        (operator, values(keys, key))
        for operator, keys in (statement.get("Condition") or {}).items()
        for key in keys
        if key.lower() == EXTERNAL_ID
    ]
