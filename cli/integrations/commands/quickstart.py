"""`integrations quickstart`: the whole path on this machine, with no account anywhere."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from integrations.commands.options import Format, FormatOption, project_root
from integrations.commands.output import emit, say
from integrations.commands.sandbox import stage
from integrations.errors import ExitCode

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def quickstart(
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox running.")] = False,
    format: FormatOption = Format.TEXT,
) -> int:
    """Provision, prove, make a folder, register and see, in the sandbox, on sample media. May be repeated."""
    module = stage()
    from integrations_sandbox.quickstart import tour

    begin = time.monotonic()
    here = module.open_sandbox(project_root())
    ran_before = all(module.running(here).values())
    try:
        module.start(here, say)
        seen = tour(here, say)
    finally:
        if not ran_before and not keep:
            module.stop(here)
    units, seconds = sum(one.state.done for one in seen.registered), time.monotonic() - begin
    if format is Format.JSON:
        emit(json.dumps({"ok": seen.ok, "folder": seen.folder, "units": units, "seconds": round(seconds, 1)}))
    else:
        emit(
            f"{'done' if seen.ok else 'FAILED'}: {units} units registered in folder {seen.folder!r}, in {seconds:.0f} s"
        )
    say(
        "next: integrations sandbox up, then `source .sandbox/env` and `integrations check`; on a real account: README.md"
    )
    return ExitCode.CLEAN if seen.ok else ExitCode.FINDINGS
