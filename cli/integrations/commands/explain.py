"""`integrations explain`: what a check means, offline."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from integrations.commands.output import emit
from integrations.errors import NothingMatchedError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def explain(id: Annotated[str | None, typer.Argument(help="A check's id; all are listed without one.")] = None) -> None:
    """What a check claims, how it is found out, and what a failure looks like."""
    from integrations.checks.catalogue import CATALOGUE, CheckId
    from integrations.reports.pages import check_page, checks_table

    if id is None:
        emit(checks_table(CATALOGUE.values()))
        return
    try:
        emit(check_page(CATALOGUE[CheckId(id.upper())]))
    except ValueError:
        near = difflib.get_close_matches(id.upper(), list(CheckId), 1)
        hint = f"did you mean {near[0]}?" if near else "integrations checks list"
        raise NothingMatchedError(f"there is no check {id!r}: {hint}") from None
