"""OBS and other S3-compatible stores: what a bucket's policy grants Encord's user beyond what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from integrations.access import s3_compatible as access
from integrations.access.aws_excess import READING, Excess
from integrations.access.aws_grammar import OF_OBJECTS, values
from integrations.access.compare import normalised, statements
from integrations.environment.s3_compatible import S3Compatible, S3CompatibleBucket

Statement = Mapping[str, Any]


def excess(policy: Mapping[str, Any], integration: S3Compatible, bucket: S3CompatibleBucket) -> list[Excess]:
    """What the statements that name Encord's user, or the check principal, grant and need not, each once.

    What everybody is granted, and writing where image sequences are off, are left out: they are questions of their own.
    """
    ours = set(access.granted(integration))
    mine = (s for s in statements(policy) if s.get("Effect") == "Allow" and ours & access.named(s))
    return list(dict.fromkeys(one for statement in mine for one in _of(statement, integration, bucket)))


def _of(statement: Statement, integration: S3Compatible, bucket: S3CompatibleBucket) -> list[Excess]:
    if "NotAction" in statement or "NotResource" in statement:
        return [Excess("everything but what a statement names", grave=True)]
    return [
        Excess(f"{action} on {resource}", grave=_is_grave(action, integration))
        for action in values(statement, "Action")
        for resource in values(statement, "Resource")
        if not _is_asked_elsewhere(action, resource, integration, bucket)
        and not any(_covers(need, action, resource, statement) for need in access.needs(integration, bucket))
    ]


def _is_asked_elsewhere(action: str, resource: str, integration: S3Compatible, bucket: S3CompatibleBucket) -> bool:
    """Writing is ACC402's; a right to objects on the bucket grants nothing, which the grammar tells."""
    writing = action.lower() == "s3:putobject" and not integration.image_sequences
    return writing or (action.lower() in OF_OBJECTS and resource == access.bucket_arn(bucket))


def _covers(need: Statement, action: str, resource: str, statement: Statement) -> bool:
    """Whether the need is for this action, on all of this resource, and not on a condition that the statement lacks."""
    return (
        action.lower() in [one.lower() for one in values(need, "Action")]
        and any(fnmatchcase(resource, pattern) for pattern in values(need, "Resource"))
        and ("Condition" not in need or normalised(need["Condition"]) == normalised(statement.get("Condition")))
    )


def _is_grave(action: str, integration: S3Compatible) -> bool:
    """Whether it can change or delete, or reads what is none of Encord's business."""
    return not action.lower().startswith(READING) or (bool(integration.prefixes) and action.lower() == "s3:getobject")
