"""What a bucket's policy says of one user, one action and one object: a judgement of the document alone.

What the user may do besides, by policies of their own, is not in the document.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from integrations.access.compare import statements

Statement = Mapping[str, Any]


class Verdict(StrEnum):
    """The judgement. depends: a statement with a condition decides, which nobody can tell from the document."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not allowed"
    DENIED = "denied"
    DEPENDS = "depends on a condition"


def judge(
    document: Mapping[str, Any], principal: str, action: str, resource: str, named: Callable[[Statement], set[str]]
) -> Verdict:
    """Whether the policy lets `principal` do it over HTTPS. named: everybody whom a statement names.

    A denial wins over every grant (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
    """
    fitting = [s for s in statements(document) if _fits(s, principal, action, resource, named)]
    denials = [s for s in fitting if s.get("Effect") == "Deny" and not _only_plain_http(s)]
    allowing = [s for s in fitting if s.get("Effect") == "Allow"]
    if any(not s.get("Condition") for s in denials):
        return Verdict.DENIED
    if denials or (allowing and all(s.get("Condition") for s in allowing)):
        return Verdict.DEPENDS
    return Verdict.ALLOWED if allowing else Verdict.NOT_ALLOWED


def denies_plain_http(document: Mapping[str, Any], named: Callable[[Statement], set[str]]) -> bool:
    """Whether a statement denies plain HTTP to everybody."""
    return any(s.get("Effect") == "Deny" and "*" in named(s) and _only_plain_http(s) for s in statements(document))


def _fits(
    statement: Statement, principal: str, action: str, resource: str, named: Callable[[Statement], set[str]]
) -> bool:
    return (
        any(fnmatch.fnmatchcase(principal, one) for one in named(statement))
        and _matches(statement, "Action", action.lower(), fold=True)
        and _matches(statement, "Resource", resource)
    )


def _matches(statement: Statement, key: str, value: str, *, fold: bool = False) -> bool:
    """Whether the statement speaks of the value; `NotAction` and `NotResource` speak of everything else."""
    negated = f"Not{key}" in statement
    found = statement.get(f"Not{key}" if negated else key, [])
    patterns = [found] if isinstance(found, str) else found
    # `[` is an ordinary character here.
    escaped = [(pattern.lower() if fold else pattern).replace("[", "[[]") for pattern in patterns]
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in escaped) != negated


def _only_plain_http(statement: Statement) -> bool:
    """Whether the statement holds for requests over plain HTTP alone."""
    conditions = statement.get("Condition") or {}
    value = conditions.get("Bool", {}).get("aws:SecureTransport", conditions.get("Bool", {}).get("SecureTransport"))
    values = [value] if isinstance(value, str | bool) else value or []
    return len(conditions) == 1 and [str(one).lower() for one in values] == ["false"]
