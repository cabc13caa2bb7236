"""What the owner of an existing bucket must have: their documents, with ours added and nothing of theirs changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.access.aws import VERSION, Document


def merged_policy(existing: Document | None, ours: Iterable[Document]) -> Document:
    """Their policy with our statements; those of ours that are there already (same Sid) are brought up to date."""
    added = list(ours)
    sids = {statement["Sid"] for statement in added}
    theirs = existing.get("Statement", []) if existing else []
    theirs = [theirs] if isinstance(theirs, dict) else theirs
    kept = [statement for statement in theirs if statement.get("Sid") not in sids]
    return {**(existing or {"Version": VERSION}), "Statement": [*kept, *added]}


def merged_cors(existing: Iterable[dict[str, Any]], ours: dict[str, Any]) -> list[dict[str, Any]]:
    """Their CORS rules with ours last: S3 takes the first rule that fits, so theirs go on working as they did."""
    return [*(rule for rule in existing if rule.get("ID") != ours["ID"]), ours]
