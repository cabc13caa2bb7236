"""SARIF 2.1.0, which code hosts and editors show next to the line. https://docs.oasis-open.org/sarif/sarif/v2.1.0"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

Level = Literal["error", "warning", "note"]


class Rule(msgspec.Struct, frozen=True):
    """What can be found. help: a path in the project. address: where it stands on the web, if it does."""

    id: str
    title: str
    level: Level
    help: str
    address: str = ""


class Hit(msgspec.Struct, frozen=True):
    """One thing found, at a place in a file.

    same: what makes it the same finding in the next run. accepted: why it does not count, if it does not.
    """

    rule: str
    level: Level
    message: str
    file: str
    line: int
    column: int
    same: str
    accepted: str = ""


def sarif(tool: str, version: str, rules: Iterable[Rule], hits: Iterable[Hit], unanswered: Sequence[str] = ()) -> str:
    """The document for one run of `tool`. unanswered: what could not be found out, so that the run is incomplete."""
    run: dict[str, Any] = {
        "tool": {"driver": {"name": tool, "version": version, "rules": [_rule(rule) for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(hit) for hit in hits],
    }
    if unanswered:
        told = [{"level": "warning", "message": {"text": text}} for text in unanswered]
        run["invocations"] = [{"executionSuccessful": False, "toolExecutionNotifications": told}]
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.help},
        **({"helpUri": rule.address} if rule.address else {}),
        "defaultConfiguration": {"level": rule.level},
    }


def _result(hit: Hit) -> dict[str, Any]:
    region = {"startLine": hit.line, "startColumn": hit.column}
    place = {"artifactLocation": {"uri": hit.file.replace("\\", "/")}, "region": region}
    return {
        "ruleId": hit.rule,
        "level": hit.level,
        "message": {"text": hit.message},
        "locations": [{"physicalLocation": place}],
        **({"suppressions": [{"kind": "external", "justification": hit.accepted}]} if hit.accepted else {}),
        "partialFingerprints": {"same/v1": hashlib.sha256(f"{hit.rule} {hit.same}".encode()).hexdigest()[:32]},
    }
