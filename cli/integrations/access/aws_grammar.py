"""AWS: mistakes in a policy document that AWS accepts without a word, and that then grant nothing, or something else.

The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. Actions of S3 with the
kind of resource that each is about: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html,
as far as they concern objects and buckets.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from integrations.access.compare import statements

Statement = Mapping[str, Any]

VERSIONS = ("2012-10-17", "2008-10-17")
ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
OPERATORS = re.compile(
    r"(ForAllValues:|ForAnyValue:)?(String(Not)?Equals(IgnoreCase)?|String(Not)?Like|Numeric(Not)?Equals"
    r"|(Numeric|Date)(LessThan|GreaterThan)(Equals)?|Date(Not)?Equals|Bool|BinaryEquals|(Not)?IpAddress"
    r"|Arn(Not)?(Equals|Like)|Null)(IfExists)?"
)
_OF_OBJECTS = (
    "AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion"
    " DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention"
    " GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes"
    " GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent ListMultipartUploadParts"
    " ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention"
    " PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject ReplicateTags"
    " RestoreObject UpdateObjectEncryption"
)
OF_OBJECTS = frozenset(f"s3:{name.lower()}" for name in _OF_OBJECTS.split())
_OF_BUCKETS = (
    "CreateBucket DeleteBucket DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration"
    " GetAnalyticsConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification"
    " GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus"
    " GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite"
    " GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration"
    " GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket"
    " ListBucketMultipartUploads ListBucketVersions PutBucketAcl PutBucketCORS PutBucketPolicy"
    " PutBucketPublicAccessBlock PutBucketTagging PutBucketVersioning PutEncryptionConfiguration"
    " PutLifecycleConfiguration PutReplicationConfiguration"
)
OF_BUCKETS = frozenset(f"s3:{name.lower()}" for name in _OF_BUCKETS.split())
# What Encord needs: an action that looks like one of these and is none is a slip of the pen.
NEEDED = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:GetBucketLocation", "kms:Decrypt", "kms:GenerateDataKey")
ALIKE = 0.85


class Kind(StrEnum):
    """Where a document stands, which decides what must be in it."""

    IDENTITY = "identity"  # at a role: no principal
    TRUST = "trust"  # who may assume a role: no resource
    RESOURCE = "resource"  # at a bucket, an access point or a key: both


def problems(document: Mapping[str, Any], kind: Kind) -> list[str]:
    """What is wrong with the document, a sentence each; empty if nothing is."""
    found = []
    if document.get("Version") not in VERSIONS:
        found.append(f"Version is {document.get('Version')!r}, not {VERSIONS[0]!r}")
    listed = statements(document)
    if not listed:
        found.append("there is no statement")
    for number, statement in enumerate(listed, start=1):
        name = statement.get("Sid") or f"statement {number}"
        found += [f"{name}: {problem}" for problem in _of(statement, kind)]
    return found


def _of(statement: Statement, kind: Kind) -> Iterator[str]:
    for element in sorted(set(statement) - ELEMENTS):
        near = difflib.get_close_matches(element, ELEMENTS, 1)
        yield f"there is no element {element!r}{f', but {near[0]!r}' if near else ''}"
    if statement.get("Effect") not in ("Allow", "Deny"):
        yield f"Effect is {statement.get('Effect')!r}, neither 'Allow' nor 'Deny'"
    yield from _one_of(statement, "Action", wanted=True)
    yield from _one_of(statement, "Principal", wanted=kind is not Kind.IDENTITY)
    yield from _one_of(statement, "Resource", wanted=kind is not Kind.TRUST)
    for operator in statement.get("Condition") or {}:
        if not OPERATORS.fullmatch(operator):
            yield f"there is no condition operator {operator!r}"
    for action in values(statement, "Action"):
        yield from _action(action)
    for resource in values(statement, "Resource"):
        yield from _resource(resource)
    yield from _meeting(statement)


def _one_of(statement: Statement, element: str, *, wanted: bool) -> Iterator[str]:
    """Whether the element, or its negation, is there as often as it should."""
    count = (element in statement) + (f"Not{element}" in statement)
    if count > 1:
        yield f"{element} and Not{element} exclude each other"
    elif wanted and not count:
        yield f"{element} is missing"
    elif count and not wanted:
        yield f"{element} has no place here"


def values(statement: Statement, element: str) -> list[str]:
    """The texts of an element, or of its negation; one may stand without a list."""
    given = statement.get(element, statement.get(f"Not{element}", []))
    return [given] if isinstance(given, str) else [one for one in given if isinstance(one, str)]


def _action(action: str) -> Iterator[str]:
    if action == "*":
        return
    if not re.fullmatch(r"[a-z0-9-]+:[A-Za-z*?]+", action):
        yield f"{action!r} is no action: it looks like s3:GetObject"
        return
    known = OF_OBJECTS | OF_BUCKETS | {one.lower() for one in NEEDED}
    if action.lower() in known or "*" in action or "?" in action:
        return
    near = difflib.get_close_matches(action, NEEDED, 1, ALIKE)
    if near:
        yield f"{action} grants nothing: there is {near[0]}"


def _resource(resource: str) -> Iterator[str]:
    if resource == "*":
        return
    parts = resource.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        yield f"{resource!r} is no ARN"
    elif parts[2] == "s3" and (parts[3] or parts[4]) and not re.match(r"accesspoint[/:]", parts[5]):
        yield f"{resource} matches nothing: a bucket's ARN has no region and no account"


def _meeting(statement: Statement) -> Iterator[str]:
    """Whether actions of S3 meet resources of their kind: objects are `bucket/key`, buckets have no `/`."""
    if "NotAction" in statement or "NotResource" in statement:
        return
    resources = [one for one in values(statement, "Resource") if one == "*" or one.startswith("arn:aws:s3:::")]
    if not resources or len(resources) != len(values(statement, "Resource")):
        return
    objects = [one for one in resources if one == "*" or "/" in one or one.endswith("*")]
    buckets = [one for one in resources if one == "*" or "/" not in one]
    for action in values(statement, "Action"):
        if _only(action, OF_OBJECTS) and not objects:
            yield f"{action} is about objects, and {resources[0]} is a bucket: {resources[0]}/*"
        if _only(action, OF_BUCKETS) and not buckets:
            yield f"{action} is about a bucket, and {resources[0]} are objects: {resources[0].partition('/')[0]}"


def _only(action: str, these: frozenset[str]) -> bool:
    """Whether every action that the pattern means is one of these."""
    meant = {one for one in OF_OBJECTS | OF_BUCKETS if fnmatchcase(one, action.lower())}
    return bool(meant) and meant <= these
