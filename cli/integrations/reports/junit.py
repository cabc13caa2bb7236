"""JUnit XML, the form that every CI system reads."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct


class Case(Struct, frozen=True):
    """One test case. failure: why it failed, None if it did not; skipped: why it was not run.

    output: what else there is to say of it. seconds: how long it took.
    """

    suite: str
    name: str
    failure: str | None = None
    skipped: str | None = None
    output: str | None = None
    seconds: float | None = None


def junit(name: str, cases: Iterable[Case]) -> str:
    """The document: one suite for each `suite` of the cases, in the order of their first."""
    suites: dict[str, list[Case]] = {}
    for case in cases:
        suites.setdefault(case.suite, []).append(case)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites name={_quoted(name)}>"]
    for suite, members in suites.items():
        failures = sum(case.failure is not None for case in members)
        skipped = sum(case.skipped is not None for case in members)
        counts = f'tests="{len(members)}" failures="{failures}" errors="0" skipped="{skipped}"'
        lines.append(f"  <testsuite name={_quoted(suite)} {counts}>")
        lines += [_case(case) for case in members]
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _case(case: Case) -> str:
    time = "" if case.seconds is None else f' time="{case.seconds:.3f}"'
    opening = f"    <testcase classname={_quoted(case.suite)} name={_quoted(case.name)}{time}"
    inside = ""
    if case.failure is not None:
        first = case.failure.partition("\n")[0]
        inside = f"<failure message={_quoted(first)}>{escape(_printable(case.failure))}</failure>"
    elif case.skipped is not None:
        inside = f"<skipped message={_quoted(case.skipped)}/>"
    if case.output is not None:
        inside += f"<system-out>{escape(_printable(case.output))}</system-out>"
    return f"{opening}>{inside}</testcase>" if inside else f"{opening}/>"


def _quoted(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    """XML 1.0 has no control characters and no half surrogates, not even as references."""
    return "".join(one if one in "\t\n" or (one >= " " and not "\ud800" <= one <= "\udfff") else "�" for one in text)
