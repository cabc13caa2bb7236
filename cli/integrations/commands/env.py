"""`integrations env`: which environments there are, and what one of them says in the end."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from integrations.commands.options import Format, FormatOption, Output, environment, project_root
from integrations.commands.output import emit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback()
def group() -> None:
    """The environments and their effective values."""


@app.command("list")
def list_() -> None:
    """List the environments of this project."""
    from integrations.environment.load import environment_names

    emit("\n".join(environment_names(project_root())) or "")


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The environment: Pulumi.<name>.yaml.")],
    format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Print the effective values of an environment, and where each came from. External IDs are masked."""
    import json

    from integrations.environment.effective import effective_values

    values = effective_values(environment(name))
    if format is Format.JSON:
        document: dict[str, Any] = {value.key: {"value": value.value, "source": value.source} for value in values}
        emit(json.dumps(document, indent=2), output)
        return
    width = max(len(value.key) for value in values)
    emit("\n".join(f"{value.key:<{width}}  {value.shown}  ({value.source})" for value in values), output)
