"""Check results as a table for people and as JSON for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from integrations.checks.records import SCHEMA_VERSION, Result, Status

SIGNS = {Status.PASS: "✓", Status.FAIL: "✗", Status.WARNING: "!", Status.SKIP: "-", Status.UNKNOWN: "?"}
COLOURS = {Status.PASS: "32", Status.FAIL: "31", Status.WARNING: "33", Status.SKIP: "2", Status.UNKNOWN: "35"}


def as_json(results: Sequence[Result]) -> str:
    """The published form: an object with `schema_version` and `results`."""
    document = {"schema_version": SCHEMA_VERSION, "results": results}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def progress_line(result: Result) -> str:
    """One answer, as it comes."""
    return f"{SIGNS[result.status]} {result.integration} {result.id} {result.subject}"


def as_text(results: Sequence[Result], *, colour: bool = False) -> str:
    """A table per integration, each problem followed by its fix and its page, and a line of counts."""
    lines: list[str] = []
    for heading, group in _groups(results):
        width = max(len(result.title) for result in group)
        subjects = max(len(result.subject) for result in group)
        lines.append(heading)
        for result in group:
            sign = _paint(SIGNS[result.status], result.status, colour)
            said = result.seen or result.reason
            lines.append(
                f"  {sign} {result.id}  {result.title:<{width}}  {result.subject:<{subjects}}  {said}".rstrip()
            )
            if result.fix and result.status is not Status.PASS:
                lines.append(f"      fix   {result.fix}")
            if result.status in (Status.FAIL, Status.WARNING):
                lines.append(f"      page  {result.page}")
        lines.append("")
    lines.append(summary(results))
    return "\n".join(lines)


def summary(results: Iterable[Result]) -> str:
    """How many of each, and what the answers rest on."""
    every = list(results)
    counts = {status: sum(result.status is status for result in every) for status in Status}
    names = {Status.PASS: "passed", Status.FAIL: "failed", Status.WARNING: "warnings", Status.SKIP: "skipped"}
    text = ", ".join(f"{count} {names.get(status, status.value)}" for status, count in counts.items())
    evidence = ", ".join(sorted({str(result.evidence.value) for result in every}))
    return f"{text} (evidence: {evidence})"


def _groups(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(f"{result.environment} · {result.integration} ({result.cloud})", []).append(result)
    return list(groups.items())


def _paint(text: str, status: Status, colour: bool) -> str:
    return f"\x1b[{COLOURS[status]}m{text}\x1b[0m" if colour else text
