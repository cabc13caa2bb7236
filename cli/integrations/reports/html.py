"""Check results as one HTML page that needs nothing else: no script, no picture, no font from anywhere."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Sequence
from html import escape

from integrations import __version__
from integrations.checks.records import Result, Status
from integrations.reports.checks import SIGNS, groups, summary
from integrations.reports.html_drawing import drawing
from integrations.reports.html_pieces import WORDS, Piece, path, state, told
from integrations.reports.pages import address


def as_html(results: Sequence[Result]) -> str:
    """The page: for each integration a drawing of its path, what is wrong with its fix beside it, and all the rest."""
    style = importlib.resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    every = groups(results)
    sections = "\n".join(_section(heading, group) for heading, group in every)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(_verdict(results))} · integrations check</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{escape(_verdict(results))}</h1>
<p>{escape(summary(results))}</p>
{_contents(every)}
</header>
<main>
{sections}
</main>
<footer>Written by integrations {escape(__version__)}.</footer>
</body>
</html>
"""


def _verdict(results: Sequence[Result]) -> str:
    broken = {(r.environment, r.integration) for r in results if r.is_finding and r.status is Status.FAIL}
    unsure = [r for r in results if r.status is Status.UNKNOWN]
    every = {(r.environment, r.integration) for r in results}
    if broken:
        return f"{len(broken)} of {len(every)} integrations {'need' if len(broken) > 1 else 'needs'} mending"
    if unsure:
        return f"No verdict: {len(unsure)} answers could not be had"
    return "Every integration works"


def _contents(every: Sequence[tuple[str, list[Result]]]) -> str:
    if len(every) < 2:
        return ""
    items = "".join(
        f'<li><a class="{state(group)}" href="#{_anchor(heading)}">{escape(heading)}</a> {escape(told(group))}</li>'
        for heading, group in every
    )
    return f'<nav aria-label="Integrations"><ul>{items}</ul></nav>'


def _section(heading: str, results: Sequence[Result]) -> str:
    top = _anchor(heading)

    def anchor(piece: Piece) -> str:
        return _anchor(f"{heading} {piece.kind} {piece.name}")

    along = path(results)
    drawn = drawing(along, heading, anchor) if results[0].integration else ""
    pieces = "\n".join(_piece(piece, anchor(piece)) for piece in along.pieces)
    return f'<section id="{top}">\n<h2>{escape(heading)}</h2>\n{drawn}\n{pieces}\n</section>'


def _piece(piece: Piece, anchor: str) -> str:
    """What is wrong stands open; what was not asked and what is right can be unfolded."""
    told_first = [result for result in piece.results if result.status in (Status.FAIL, Status.UNKNOWN, Status.WARNING)]
    folded = [
        _folded(status, [result for result in piece.results if result.status is status])
        for status in (Status.SKIP, Status.PASS)
    ]
    name = f" <span>{escape(piece.name)}</span>" if piece.name else ""
    return (
        f'<article id="{anchor}" class="{piece.state}">\n<h3>{escape(piece.kind)}{name}</h3>\n'
        + "\n".join(_result(result) for result in told_first)
        + "\n".join(folded)
        + "\n</article>"
    )


def _folded(status: Status, results: Sequence[Result]) -> str:
    if not results:
        return ""
    rows = "".join(
        f"<li><b>{_link(result.page, result.id)}</b> {escape(result.title)} <small>{escape(_said(result))}</small></li>"
        for result in results
    )
    return f"<details><summary>{SIGNS[status]} {len(results)} {WORDS[status]}</summary><ul>{rows}</ul></details>"


def _said(result: Result) -> str:
    return " — ".join(part for part in (result.subject, result.seen or result.reason, result.excused) if part)


def _result(result: Result) -> str:
    """One that does not pass: what was asked, what was seen, how to mend it."""
    shown = "excused" if result.excuse else result.status.value
    label = f"does not count: {result.excused}" if result.excuse else WORDS[result.status]
    rows = [("seen", escape(result.seen or result.reason)), ("where", escape(result.subject))]
    rows += [("fix", f"<code>{escape(result.fix)}</code>")] if result.fix else []
    pages = [_link(result.page, "what this means")] + ([_link(result.runbook, "runbook")] if result.runbook else [])
    rows.append(("read on", " · ".join(pages)))
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    return (
        f'<div class="result {shown}"><h4>{SIGNS[result.status]} {result.id} {escape(result.title)} '
        f"<small>{escape(label)}</small></h4><dl>{listed}</dl></div>"
    )


def _link(page: str, text: str) -> str:
    return f'<a href="{escape(address(page), quote=True)}">{escape(text)}</a>'


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
