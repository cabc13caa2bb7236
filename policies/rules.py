"""The rules of the policy pack: plain functions of a resource, and the list the pack is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_policy import EnforcementLevel, ReportViolation, ResourceValidationArgs, ResourceValidationPolicy

Findings = list[str]
Rule = Callable[[str, Mapping[str, Any]], Findings]

CORS_TYPES = {"aws:s3/bucketCorsConfiguration:BucketCorsConfiguration": ("corsRules", "allowedOrigins")}
TRUST_TYPES = {"aws:iam/role:Role": "assumeRolePolicy"}


def cors_names_its_origins(type_: str, properties: Mapping[str, Any]) -> Findings:
    """A wildcard origin lets every web site read the bucket with a signed URL that it got hold of."""
    if type_ not in CORS_TYPES:
        return []
    rules, origins = CORS_TYPES[type_]
    return [
        f"the CORS origin {origin!r} is a wildcard: name each origin in corsOrigins"
        for rule in properties.get(rules) or []
        for origin in rule.get(origins) or []
        if "*" in origin
    ]


def foreign_trust_needs_an_external_id(type_: str, properties: Mapping[str, Any]) -> Findings:
    """Without an external ID, whoever else uses the trusted service can have it work on this account.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    if type_ not in TRUST_TYPES:
        return []
    own = _role_account(properties)
    return [
        f"{principal} of another account may assume this role without an external ID: require sts:ExternalId"
        for statement in _statements(properties.get(TRUST_TYPES[type_]))
        if statement.get("Effect") == "Allow" and not _requires_external_id(statement)
        for principal in _principals(statement)
        if principal == "*" or _account(principal) != own
    ]


def _statements(document: object) -> Sequence[Mapping[str, Any]]:
    parsed = json.loads(document) if isinstance(document, str) else document
    statements = parsed.get("Statement", []) if isinstance(parsed, Mapping) else []
    return [statements] if isinstance(statements, Mapping) else statements


def _principals(statement: Mapping[str, Any]) -> list[str]:
    """The AWS principals of a statement; services and identity providers cannot pass an external ID."""
    principal = statement.get("Principal")
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal or []
    return [named] if isinstance(named, str) else list(named)


def _account(principal: str) -> str:
    return principal.split(":")[4] if principal.startswith("arn:") else principal


def _role_account(properties: Mapping[str, Any]) -> str | None:
    """The account that the role is made in, as its tag says; unknown before the role exists otherwise."""
    tags = properties.get("tags") or {}
    account = tags.get("account")
    return str(account) if account else None


def _requires_external_id(statement: Mapping[str, Any]) -> bool:
    conditions = statement.get("Condition") or {}
    values = conditions.get("StringEquals", {}).get("sts:ExternalId")
    return bool(values)


def _policy(name: str, rule: Rule, level: EnforcementLevel) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        for finding in rule(args.resource_type, args.props):
            report(finding, None)

    return ResourceValidationPolicy(
        name=name, description=(rule.__doc__ or name).splitlines()[0], validate=validate, enforcement_level=level
    )


POLICIES = [
    _policy("cors-names-its-origins", cors_names_its_origins, EnforcementLevel.MANDATORY),
    _policy("foreign-trust-needs-external-id", foreign_trust_needs_an_external_id, EnforcementLevel.MANDATORY),
]
