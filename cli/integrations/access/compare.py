"""Whether a policy document says what it must: order, and one value written as a list, do not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def normalised(value: Any) -> Any:
    """A form in which documents that mean the same are equal."""
    if isinstance(value, Mapping):
        return {key: normalised(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = sorted((normalised(item) for item in value), key=repr)
        return items[0] if len(items) == 1 else items
    return value


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a document; a single one may stand without a list."""
    found = document.get("Statement", [])
    return [found] if isinstance(found, Mapping) else list(found)


def contains(document: Mapping[str, Any], statement: Mapping[str, Any]) -> bool:
    """Whether one of the document's statements says exactly this; the Sid is a name and does not count."""
    wanted = normalised({key: value for key, value in statement.items() if key != "Sid"})
    return any(
        normalised({key: value for key, value in there.items() if key != "Sid"}) == wanted
        for there in statements(document)
    )


def principals(statement: Mapping[str, Any]) -> set[str]:
    """The AWS principals of a statement; an account id stands for its root."""
    principal = statement.get("Principal", {})
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else [principal]
    listed = [named] if isinstance(named, str) else named
    return {f"arn:aws:iam::{one}:root" if one.isdigit() else one for one in listed}
