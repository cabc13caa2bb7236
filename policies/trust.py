"""Who may become whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_policy import Severity

import documents
import kinds
from integrations.access import compare
from integrations.environment.model import Settings
from rule import Resource, Rule

EXTERNAL_ID = "sts:ExternalId"


def _judge(resource: Resource, _settings: Settings) -> Iterator[str]:
    own = (resource.props.get("tags") or {}).get("account")
    for statement in documents.allowing(resource.props.get("assumeRolePolicy")):
        if documents.condition(statement, "StringEquals", EXTERNAL_ID):
            continue
        for principal in sorted(compare.principals(statement)):
            if principal == "*" or _account(principal) != own:
                yield f"{principal} may assume this role without an external ID: require {EXTERNAL_ID}"


def _account(principal: str) -> str:
    return principal.split(":")[4] if principal.count(":") >= 5 else principal


FOREIGN_NEEDS_EXTERNAL_ID = Rule(
    id="foreign-trust-needs-external-id",
    title="A role that another account may assume asks for an external ID.",
    severity=Severity.CRITICAL,
    mandatory=True,
    demands={
        kinds.AWS: "Each statement of a role's trust that allows a principal outside of the role's own account (its"
        " tag `account`) has a `StringEquals` condition on `sts:ExternalId`.",
    },
    why="Without an external ID, any other customer of Encord can have Encord work with this role: the confused deputy"
    " (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).",
    fix="Set `encord.externalId` of the integration to the ID that Encord's dialog shows. A checker is trusted by its own"
    " account or by `oidc`.",
    unseen="Whether the ID is the one that Encord uses, only Encord knows: `integrations check` asks (TRU302 to TRU305,"
    " ENC603). Google Cloud and Azure name Encord's identity in the grant itself, and OBS is read with a key pair.",
    kinds=frozenset({kinds.ROLE}),
    judge=_judge,
)


def _admits_everybody(resource: Resource, _settings: Settings) -> Iterator[str]:
    for statement in documents.allowing(resource.props.get("assumeRolePolicy")):
        principal = statement.get("Principal")
        federated = documents.listed(principal.get("Federated")) if isinstance(principal, Mapping) else []
        for provider in federated:
            issuer = provider.partition(":oidc-provider/")[2]
            operators = ("StringEquals", "StringLike")
            subjects = [s for operator in operators for s in documents.condition(statement, operator, f"{issuer}:sub")]
            if issuer and (not subjects or "*" in subjects):
                yield f"everybody with a token of {issuer} may assume this role: require {issuer}:sub"


TOKENS_NAME_THEIR_SUBJECT = Rule(
    id="ci-trust-names-its-subject",
    title="A role that a CI system's tokens may assume names whose tokens.",
    severity=Severity.CRITICAL,
    mandatory=True,
    demands={
        kinds.AWS: "Each statement of a role's trust that allows an OIDC provider has a condition on the token's `sub`"
        " that is not just `*`.",
    },
    why="Every customer of a public CI system gets tokens from the same provider: without a subject, all of them are in.",
    fix="Set `oidc.subject` of the checker to your own repository.",
    kinds=frozenset({kinds.ROLE}),
    judge=_admits_everybody,
)
