"""`integrations doctor`: this machine, not the integration: versions, credentials, configuration, reachability."""

from __future__ import annotations

import json

import msgspec
import typer

from integrations.commands.options import Format, FormatOption, project_root
from integrations.commands.output import emit, say
from integrations.errors import ExitCode

app = typer.Typer(rich_markup_mode=None, add_completion=False)
SIGNS = {True: "✓", False: "✗", None: "-"}


@app.command()
def doctor(format: FormatOption = Format.TEXT) -> int:
    """Look at this machine: versions, credentials, configuration, reachability. Exit code 1 if something is wrong."""
    from integrations.environment.doctor import diagnose, proxy_settings

    for name, value in proxy_settings().items():
        say(f"{name} is set: {value}")
    found = list(diagnose(project_root()))
    if format is Format.JSON:
        emit(json.dumps({"schema_version": 1, "diagnoses": msgspec.to_builtins(found)}, indent=2))
    else:
        width = max(len(one.subject) for one in found)
        lines = [
            f"{SIGNS[one.ok]} {one.subject:<{width}}  {one.seen}" + (f"  ({one.fix})" if one.fix and not one.ok else "")
            for one in found
        ]
        emit("\n".join(lines))
    return ExitCode.FINDINGS if any(one.ok is False for one in found) else ExitCode.CLEAN
