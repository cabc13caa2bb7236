"""Findings in registration files as text for people, and in the forms that machines read."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from integrations import __version__
from integrations.registration.catalogue import CATALOGUE
from integrations.registration.findings import Finding, FindingId, Severity
from integrations.registration.validate import Validation
from integrations.reports.github import Annotation, github
from integrations.reports.junit import Case, junit
from integrations.reports.sarif import Hit, Rule, sarif

COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33"}


def as_text(validation: Validation, *, colour: bool = False) -> str:
    """`file:line:column: id message`, the offending text, the fix; then what was read, and counts."""
    lines: list[str] = []
    for one in validation.findings:
        mark = f"\x1b[{COLOURS[one.severity]}m{one.severity}\x1b[0m" if colour else one.severity
        lines.append(f"{one.file}:{one.line}:{one.column}: {mark} {one.id} {one.message}")
        where = " ".join(part for part in (one.path, _shown(one.text)) if part)
        lines.append(f"    at   {where}")
        lines.append(f"    fix  {one.fix}{' (repair does it)' if one.repairable else ''}")
    return "\n".join([*lines, *summary(validation)])


def line(one: Finding) -> str:
    """One finding in one line."""
    return f"{one.file}:{one.line}:{one.column}: {one.id} {one.message}"


def _shown(text: str) -> str:
    return repr(text) if text else ""


def summary(validation: Validation) -> list[str]:
    """What was read and what was found, a line each."""
    lines = []
    for file in validation.files:
        items = ", ".join(f"{count:,} {section}" for section, count in file.items.items() if count) or "no items"
        lines.append(f"{file.file}: {items}; {file.urls:,} object URLs")
    total = sum(validation.counts.values())
    if not total:
        return [*lines, "nothing is wrong"]
    counts = dict.fromkeys(reversed(Severity), 0)
    for finding, count in validation.counts.items():
        counts[CATALOGUE[finding].severity] += count
    repairable = sum(one.repairable for one in validation.findings)
    lines.append(", ".join(f"{count:,} {severity}s" for severity, count in counts.items() if count))
    if len(validation.findings) < total:
        lines.append(f"{len(validation.findings):,} of them are listed")
    if repairable:
        lines.append(f"{repairable:,} of those listed can be mended: integrations registration repair")
    return lines


def as_json(validation: Validation) -> str:
    """The published form: an object with `schema_version`, `files`, `findings` and `counts`."""
    return msgspec.json.format(msgspec.json.encode(validation), indent=2).decode()


def as_jsonl(validation: Validation) -> str:
    """A finding a line."""
    return "".join(msgspec.json.encode(one).decode() + "\n" for one in validation.findings)


def as_sarif(validation: Validation) -> str:
    """SARIF; the rules are all there are, so that a clean run says what was looked for."""
    rules = [
        Rule(one, CATALOGUE[one].title, CATALOGUE[one].severity.value, f"docs/findings/{one}.md") for one in FindingId
    ]
    hits = [
        Hit(
            one.id,
            one.severity.value,
            _sentence(one),
            one.file,
            one.line,
            one.column,
            f"{one.file} {one.path} {one.text}",
        )
        for one in validation.findings
    ]
    return sarif("integrations registration validate", __version__, rules, hits)


def as_junit(validation: Validation) -> str:
    """A suite for each file; a file without findings is one passed case."""
    cases = []
    for file in validation.files:
        ours = [one for one in validation.findings if one.file == file.file]
        cases += [Case(file.file, f"{one.id} {one.path}", f"{_sentence(one)}\n{_place(one)}") for one in ours]
        if not ours:
            cases.append(Case(file.file, "valid"))
    return junit("integrations registration validate", cases)


def as_github(validation: Validation) -> str:
    """Annotations."""
    return github(
        [
            Annotation(
                one.severity.value,
                one.file,
                one.line,
                one.column,
                f"{one.id} {CATALOGUE[one.id].title}",
                _sentence(one),
            )
            for one in validation.findings
        ]
    )


def _sentence(one: Finding) -> str:
    return f"{one.message}: {one.fix}"


def _place(one: Finding) -> str:
    return f"{one.file}:{one.line}:{one.column} {one.path} {_shown(one.text)}".rstrip()


RENDERERS: dict[str, Callable[[Validation], str]] = {
    "text": as_text,
    "json": as_json,
    "jsonl": as_jsonl,
    "junit": as_junit,
    "sarif": as_sarif,
    "github": as_github,
}
