"""Policy documents as rules read them: AWS's, and OBS's, which differ only in how actions and principals are spelt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from integrations.access import compare

Statement = Mapping[str, Any]


def allowing(document: Any) -> Iterator[Statement]:
    """The statements that allow something. document: JSON, or what it says."""
    for statement in compare.statements(parsed(document)):
        if statement.get("Effect") == "Allow":
            yield statement


class UnreadableError(ValueError):
    """A policy document that is none, so that no rule can judge it."""


def parsed(document: Any) -> Mapping[str, Any]:
    """The document; absent means empty. Raises UnreadableError for text that is no JSON object."""
    try:
        found = json.loads(document) if isinstance(document, str) else document or {}
    except json.JSONDecodeError as error:
        raise UnreadableError(f"a policy document is no JSON: {error}") from error
    if not isinstance(found, Mapping):
        raise UnreadableError("a policy document is no JSON object")
    return found


def listed(value: Any) -> list[Any]:
    """A single value may stand without a list."""
    return [value] if isinstance(value, str) else list(value or ())


def actions(statement: Statement) -> list[str]:
    """The actions without their service; everything but some counts as everything."""
    if "NotAction" in statement:
        return ["*"]
    return [action.rpartition(":")[2] for action in listed(statement.get("Action")) if of_storage(action)]


def of_storage(action: str) -> bool:
    """Whether an action is one of the object store: OBS spells them without a service."""
    service, colon, _ = action.partition(":")
    return not colon or service.lower() in ("s3", "obs", "*")


def resources(statement: Statement) -> list[str]:
    """The resources; everything but some counts as everything."""
    return ["*"] if "NotResource" in statement else listed(statement.get("Resource"))


def principals(statement: Statement) -> list[str]:
    """Everybody whom the statement names, of any kind; `*` for everybody, and for everybody but some."""
    if "NotPrincipal" in statement:
        return ["*"]
    principal = statement.get("Principal")
    if isinstance(principal, Mapping):
        return [name for names in principal.values() for name in listed(names)]
    return listed(principal)


def condition(statement: Statement, operator: str, key: str) -> list[str]:
    """The values of one condition, empty if it is not there. Keys of conditions have no case; operators do."""
    found = (statement.get("Condition") or {}).get(operator) or {}
    return [str(value) for name, given in found.items() if name.lower() == key.lower() for value in listed(given)]


def is_writing(action: str) -> bool:
    """Whether an action, which may hold wildcards, is more than reading: what is not known to read counts as writing."""
    return not action.lower().startswith(("get", "list", "head", "describe"))


def writes(statements: Iterable[Statement]) -> Iterator[tuple[str, str]]:
    """Each right to write that the statements give, as (action, resource)."""
    for statement in statements:
        for action in actions(statement):
            if is_writing(action):
                for resource in resources(statement):
                    yield f"s3:{action}", resource


def covered(action: str, resource: str, stated: Iterable[Statement]) -> bool:
    """Whether a right, which may hold wildcards, is part of what the statements give."""
    return any(
        any(fnmatchcase(action, f"s3:{known}") for known in actions(statement))
        and any(fnmatchcase(resource, known) for known in resources(statement))
        for statement in stated
    )
