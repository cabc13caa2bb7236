"""`integrations checks`: which checks there are."""

from __future__ import annotations

import typer

from integrations.commands.options import Format, FormatOption, Output
from integrations.commands.output import emit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback()
def group() -> None:
    """The checks that there are."""


@app.command("list")
def list_(format: FormatOption = Format.TEXT, output: Output = None) -> None:
    """List every check: id, severity, evidence of a pass, and what it claims."""
    import json

    import msgspec

    from integrations.checks.catalogue import CATALOGUE
    from integrations.reports.pages import checks_table

    if format is Format.JSON:
        listed = [
            {**msgspec.to_builtins(check), "page": check.page, "runbook": check.runbook_page}
            for check in CATALOGUE.values()
        ]
        emit(json.dumps({"schema_version": 1, "checks": listed}, indent=2), output)
        return
    emit(checks_table(CATALOGUE.values()), output)
