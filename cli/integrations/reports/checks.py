"""Check results as a table for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from integrations.checks.records import Result, Status

SIGNS = {Status.PASS: "✓", Status.FAIL: "✗", Status.WARNING: "!", Status.SKIP: "-", Status.UNKNOWN: "?"}
COLOURS = {Status.PASS: "32", Status.FAIL: "31", Status.WARNING: "33", Status.SKIP: "2", Status.UNKNOWN: "35"}


def progress_line(result: Result) -> str:
    """One answer, as it comes."""
    return f"{SIGNS[result.status]} {result.integration} {result.id} {result.subject}"


def as_text(results: Sequence[Result], *, colour: bool = False) -> str:
    """A table per integration, each problem followed by its fix and its page, and a line of counts."""
    lines: list[str] = []
    for heading, group in groups(results):
        width = max(len(result.title) for result in group)
        subjects = max(len(result.subject) for result in group)
        lines.append(heading)
        for result in group:
            sign = _paint(SIGNS[result.status], result.status, colour)
            said = f"{result.seen or result.reason}{_tries(result)}"
            lines.append(
                f"  {sign} {result.id}  {result.title:<{width}}  {result.subject:<{subjects}}  {said}".rstrip()
            )
            lines += [f"      {label:<7} {text}" for label, text in _more(result)]
        lines.append("")
    lines.append(summary(results))
    return "\n".join(lines)


def _tries(result: Result) -> str:
    return f" (asked {result.tries} times)" if result.tries > 1 else ""


def _more(result: Result) -> list[tuple[str, str]]:
    """What follows a line: how to mend it, where to read on, and why it does not count."""
    if result.status is Status.PASS:
        return []
    found = result.status in (Status.FAIL, Status.WARNING)
    lines = [
        ("fix", result.fix),
        ("page", result.page if found else ""),
        ("runbook", result.runbook if result.status is Status.FAIL else ""),
        (result.excuse.value if result.excuse else "", result.excused),
    ]
    return [(label, text) for label, text in lines if text]


def summary(results: Iterable[Result]) -> str:
    """How many of each, how many findings do not count, and what the answers rest on."""
    every = list(results)
    counts = {status: sum(result.status is status for result in every) for status in Status}
    names = {Status.PASS: "passed", Status.FAIL: "failed", Status.WARNING: "warnings", Status.SKIP: "skipped"}
    text = ", ".join(f"{count} {names.get(status, status.value)}" for status, count in counts.items())
    evidence = ", ".join(sorted({str(result.evidence.value) for result in every}))
    excused = sum(result.excuse is not None for result in every)
    return f"{text}{f', {excused} of them not counted' if excused else ''} (evidence: {evidence})"


def groups(results: Sequence[Result]) -> list[tuple[str, list[Result]]]:
    """The results of each integration under its heading, in the order of their first."""
    found: dict[str, list[Result]] = {}
    for result in results:
        whose = f"{result.integration} ({result.cloud})" if result.integration else "the environment file"
        found.setdefault(f"{result.environment} · {whose}", []).append(result)
    return list(found.items())


def _paint(text: str, status: Status, colour: bool) -> str:
    return f"\x1b[{COLOURS[status]}m{text}\x1b[0m" if colour else text
