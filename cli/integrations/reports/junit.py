"""JUnit XML, the form that every CI system reads."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct


class Case(Struct, frozen=True):
    """One test case. failure: why it failed, None if it did not; skipped: why it was not run."""

    suite: str
    name: str
    failure: str | None = None
    skipped: str | None = None


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
    opening = f"    <testcase classname={_quoted(case.suite)} name={_quoted(case.name)}"
    if case.failure is not None:
        first = case.failure.partition("\n")[0]
        return f"{opening}><failure message={_quoted(first)}>{escape(_printable(case.failure))}</failure></testcase>"
    if case.skipped is not None:
        return f"{opening}><skipped message={_quoted(case.skipped)}/></testcase>"
    return f"{opening}/>"


def _quoted(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    """XML 1.0 has no control characters and no half surrogates, not even as references."""
    return "".join(one if one in "\t\n" or (one >= " " and not "\ud800" <= one <= "\udfff") else "�" for one in text)
