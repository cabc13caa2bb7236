"""Azure: what an account's lifecycle policy will do with the blobs of a container.

https://learn.microsoft.com/en-us/azure/storage/blobs/lifecycle-management-policy-structure. Rules for older versions and
snapshots do not concern what is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

COOLER = {"tierToCool": "Cool", "tierToCold": "Cold", "tierToArchive": "Archive"}


def moves(policy: Mapping[str, Any], container: str) -> list[str]:
    """How blobs of the container leave the Hot tier, a sentence each. policy: the resource's properties."""
    return [
        f"the rule {rule['name']} moves blobs of {container} to {tier} {_after(actions[name])}"
        for rule in policy.get("policy", {}).get("rules", ())
        if rule.get("enabled", True) and _concerns(rule["definition"].get("filters") or {}, container)
        for actions in [rule["definition"].get("actions", {}).get("baseBlob") or {}]
        for name, tier in COOLER.items()
        if actions.get(name)
    ]


def _concerns(filters: Mapping[str, Any], container: str) -> bool:
    """Whether a rule is about some block blob of the container; a prefix begins with the name of one."""
    types: Iterable[str] = filters.get("blobTypes") or ("blockBlob",)
    prefixes: Iterable[str] = filters.get("prefixMatch") or ("",)
    inside = f"{container}/"
    return "blockBlob" in types and any(inside.startswith(one) or one.startswith(inside) for one in prefixes)


def _after(condition: Mapping[str, Any]) -> str:
    days = next((value for value in condition.values() if isinstance(value, int | float)), None)
    return f"after {days:g} days" if days is not None else "in time"
