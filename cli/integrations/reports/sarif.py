"""SARIF 2.1.0, which code hosts and editors show next to the line. https://docs.oasis-open.org/sarif/sarif/v2.1.0"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Literal

import msgspec

Level = Literal["error", "warning", "note"]


class Rule(msgspec.Struct, frozen=True):
    """What can be found. help: an address, or a path in the project."""

    id: str
    title: str
    level: Level
    help: str


class Hit(msgspec.Struct, frozen=True):
    """One thing found, at a place in a file. same: what makes it the same finding in the next run."""

    rule: str
    level: Level
    message: str
    file: str
    line: int
    column: int
    same: str


def sarif(tool: str, version: str, rules: Iterable[Rule], hits: Iterable[Hit]) -> str:
    """The document for one run of `tool`."""
    run = {
        "tool": {"driver": {"name": tool, "version": version, "rules": [_rule(rule) for rule in rules]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(hit) for hit in hits],
    }
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
        "partialFingerprints": {"same/v1": hashlib.sha256(f"{hit.rule} {hit.same}".encode()).hexdigest()[:32]},
    }
