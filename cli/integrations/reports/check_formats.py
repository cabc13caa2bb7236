"""Check results in the forms that machines read: JSON, JSON lines, JUnit, SARIF, GitHub annotations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from integrations import __version__
from integrations.checks.catalogue import CATALOGUE, CheckId
from integrations.checks.records import SCHEMA_VERSION, Result, Run, Severity, Status
from integrations.reports.github import Annotation, github
from integrations.reports.junit import Case, junit
from integrations.reports.pages import address
from integrations.reports.sarif import Hit, Rule, sarif

TOOL = "integrations check"
SCHEMA_ID = address(f"docs/schema/check-results-{SCHEMA_VERSION}.json")


class Place(Struct, frozen=True):
    """Where an environment file declares an integration. file: relative to the project."""

    file: str
    line: int = 1
    column: int = 1


# By environment and integration.
Places = Mapping[tuple[str, str], Place]


def as_json(results: Sequence[Result], places: Places | None = None) -> str:  # noqa: ARG001 - as its like
    """The published form: docs/schema/check-results-1.json."""
    run = Run(SCHEMA_VERSION, tuple(results))
    return msgspec.json.format(msgspec.json.encode(run), indent=2).decode()


def as_jsonl(results: Sequence[Result], places: Places | None = None) -> str:  # noqa: ARG001 - as its like
    """A result a line."""
    return "".join(msgspec.json.encode(result).decode() + "\n" for result in results)


def json_schema() -> dict[str, Any]:
    """The schema of the JSON form, made from the records."""
    schema = msgspec.json.schema(Run)
    schema["$defs"]["Run"]["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, "title": f"{TOOL}: results"}
    return {**head, **schema}


def as_junit(results: Sequence[Result], places: Places | None = None) -> str:  # noqa: ARG001 - as its like
    """A suite for each integration. A finding that is only a warning, or does not count, is told and does not fail."""
    return junit(TOOL, [_case(result) for result in results])


def _case(result: Result) -> Case:
    suite = ".".join(part for part in (result.environment, result.integration) if part)
    name = f"{result.id} {result.title} ({result.subject})"
    told = Case(suite, name, seconds=result.duration)
    found = result.status in (Status.FAIL, Status.WARNING)
    if result.is_finding and result.severity is Severity.ERROR:
        return msgspec.structs.replace(told, failure=_sentence(result))
    if found:
        return msgspec.structs.replace(told, output=_sentence(result))
    if result.status is Status.PASS:
        return told
    return msgspec.structs.replace(told, skipped=f"{result.status.value}: {result.reason}")


def as_sarif(results: Sequence[Result], places: Places) -> str:
    """SARIF: findings at the line that declares the integration; what stayed unknown makes the run incomplete."""
    rules = [
        Rule(check.value, CATALOGUE[check].title, CATALOGUE[check].severity.value, CATALOGUE[check].page, _web(check))
        for check in CheckId
    ]
    hits = [_hit(result, places) for result in results if result.status in (Status.FAIL, Status.WARNING)]
    unanswered = [f"{_name(result)}: {result.reason}" for result in results if result.status is Status.UNKNOWN]
    return sarif(TOOL, __version__, rules, hits, unanswered)


def _web(check: CheckId) -> str:
    return address(CATALOGUE[check].page)


def _hit(result: Result, places: Places) -> Hit:
    place = _place(result, places)
    same = f"{result.environment} {result.integration} {result.subject}"
    message = f"{_name(result)}: {_sentence(result)}"
    return Hit(result.id, result.severity.value, message, place.file, place.line, place.column, same, result.excused)


def as_github(results: Sequence[Result], places: Places) -> str:
    """Annotations of what counts, at the line that declares the integration; what stayed unknown is a notice."""
    found = [_annotation(result, places) for result in results if result.is_finding]
    return github([*found, *(_notice(r, places) for r in results if r.status is Status.UNKNOWN)])


def _annotation(result: Result, places: Places) -> Annotation:
    place, title = _place(result, places), f"{result.id} {result.title}"
    message = f"{_name(result)}: {_sentence(result)}"
    return Annotation(result.severity.value, place.file, place.line, place.column, title, message)


def _notice(result: Result, places: Places) -> Annotation:
    place, title = _place(result, places), f"{result.id} unknown"
    return Annotation("notice", place.file, place.line, place.column, title, f"{_name(result)}: {result.reason}")


def as_markdown(results: Sequence[Result]) -> str:
    """The summary of a CI step: what does not pass as a table, and counts."""
    counts = ", ".join(f"{sum(r.status is status for r in results)} {status.value}" for status in Status)
    lines = [f"### {TOOL}", "", counts, ""]
    told = [r for r in results if r.is_finding or r.status is Status.UNKNOWN]
    if told:
        lines += ["| | check | integration | subject | seen | fix |", "|---|---|---|---|---|---|"]
        lines += [_row(result) for result in told]
    return "\n".join(lines) + "\n"


def _row(result: Result) -> str:
    check = f"[{result.id}]({address(result.page)}) {result.title}"
    where = f"{result.environment} · {result.integration}"
    cells = (result.status.value, check, where, result.subject, result.seen or result.reason, result.fix)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _place(result: Result, places: Places) -> Place:
    return places[result.environment, result.integration]


def _name(result: Result) -> str:
    return f"{result.integration or result.environment}, {result.subject}"


def _sentence(result: Result) -> str:
    """What was seen and how to mend it, with whatever else whoever reads a CI log needs."""
    excuse = f" (does not count: {result.excused})" if result.excused else ""
    runbook = f"\nrunbook: {result.runbook}" if result.runbook and result.status is Status.FAIL else ""
    return f"{result.seen}{excuse}\nfix: {result.fix}\npage: {result.page}{runbook}"


RENDERERS: dict[str, Callable[[Sequence[Result], Places], str]] = {
    "json": as_json,
    "jsonl": as_jsonl,
    "junit": as_junit,
    "sarif": as_sarif,
    "github": as_github,
}
