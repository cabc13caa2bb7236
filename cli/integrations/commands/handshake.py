"""`integrations handshake`: what to open, paste and set, in order, while Encord's dialog is open."""

from __future__ import annotations

from typing import Annotated

import typer

from integrations.commands.options import Output, environment
from integrations.commands.output import emit

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def handshake(
    env: Annotated[str, typer.Argument(help="The environment: Pulumi.<env>.yaml.")],
    output: Output = None,
) -> None:
    """Say what to open, paste and set, in order, to connect each integration with Encord."""
    from integrations.access.handshake import steps

    wanted = environment(env)
    parts = [steps(integration, wanted.name) for integration in wanted.integrations]
    emit("\n\n".join(parts), output)
