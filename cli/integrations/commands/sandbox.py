"""`integrations sandbox`: the whole rehearsal stage on this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from integrations.commands.options import Format, FormatOption, project_root
from integrations.commands.output import emit, say
from integrations.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from types import ModuleType

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback()
def group() -> None:
    """Local clouds and an Encord-compatible platform, on this machine only."""


def stage() -> ModuleType:
    """The sandbox's package. Raises ConfigurationError if its extra is not installed."""
    try:
        from integrations_sandbox import sandbox
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the sandbox needs {error.name}: pip install 'encord-integrations[sandbox]'"
        ) from None
    return sandbox


@app.command()
def up(
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would be deployed.")] = False,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit with 7 if there are changes.")
    ] = False,
) -> int:
    """Start what is not running, deploy the stacks, introduce the integrations. May be repeated at any time."""
    module = stage()
    from integrations_sandbox.deploy.render import outcome_lines

    here = module.open_sandbox(project_root())
    module.start(here, say)
    outcome = module.provision(here, "preview" if preview else "up")
    emit("\n".join(outcome_lines(outcome)))
    if not outcome.ok:
        return ExitCode.FINDINGS
    if not preview:
        say(f"platform  {here.domain}")
        for cloud, base in here.browsers.items():
            say(f"browser   {base}/<bucket>/<key>  ({cloud})")
        say("console   integrations sandbox console")
        say(f"next      source {here.layout.settings} && integrations check")
    return ExitCode.CHANGES if expect_no_changes and outcome.changed else ExitCode.CLEAN


@app.command()
def status() -> int:
    """Say what runs. Exit code 4 if something that was started does not."""
    module = stage()
    here = module.open_sandbox(project_root())
    running = module.running(here)
    emit("\n".join(f"{name:<10} {'runs' if alive else 'does not run'}" for name, alive in running.items()))
    return ExitCode.CLEAN if all(running.values()) else ExitCode.INCOMPLETE


@app.command()
def console(
    print_only: Annotated[
        bool, typer.Option("--print", help="Print how to start the browser, and start none.")
    ] = False,
) -> int:
    """Open the console: folders, items with their pictures, registrations, in a browser at Encord's own origin."""
    import shlex
    import subprocess

    module = stage()
    from integrations_sandbox.console import find_browser, has_display, visit

    here = module.open_sandbox(project_root())
    if not all(module.running(here).values()):
        raise ConfigurationError("the sandbox does not run: integrations sandbox up")
    seen = visit(here)
    browser = find_browser()
    if print_only or browser is None or not has_display():
        say("In a Chromium the page stands at Encord's own origin, and pictures appear exactly when CORS is right:")
        emit(shlex.join([browser or "chromium", *seen.options, seen.address]))
        say(f"Any other browser opens {seen.plain} and says why pictures do not appear there.")
        return ExitCode.CLEAN
    quiet = subprocess.DEVNULL
    subprocess.Popen(
        [browser, *seen.options, seen.address], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
    say(f"{browser} shows {seen.address.partition('#')[0]}")
    return ExitCode.CLEAN


@app.command()
def faults(
    file: Annotated[
        Path | None, typer.Argument(help="A list of rules in YAML or JSON, `-` for standard input.")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="No more faults.")] = False,
    format: FormatOption = Format.TEXT,
) -> int:
    """Stage faults of the platform and of the clouds; without a file, say which are in force and how often they struck."""
    module = stage()
    from integrations_sandbox import rehearsal

    if end and file:
        raise ConfigurationError("either a file of rules or --end, not both")
    rules = rehearsal.read_rules(_text(file), str(file)) if file else []
    here = module.open_sandbox(project_root())
    if file or end:
        rehearsal.stage_faults(here, rules)
    in_force = rehearsal.faults(here)
    emit(
        json.dumps(in_force, indent=2)
        if format is Format.JSON
        else "\n".join(map(_fault_line, in_force)) or "no faults"
    )
    return ExitCode.CLEAN


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error


def _fault_line(rule: dict[str, Any]) -> str:
    """A rule as it reads: what happens where, and how often it has."""
    said = {name: value for name, value in rule.items() if name not in ("kind", "struck")}
    return f"{rule['kind']:<20} struck {rule['struck']:<5} " + " ".join(
        f"{name}={value}" for name, value in said.items()
    )


@app.command()
def down(
    destroy: Annotated[
        bool, typer.Option("--destroy", help="Destroy the stacks first, and forget everything.")
    ] = False,
) -> int:
    """Stop every server. What it holds is kept for the next `up`."""
    module = stage()
    here = module.open_sandbox(project_root())
    if destroy:
        from integrations_sandbox.deploy.render import outcome_lines

        module.start(here, say)
        outcome = module.provision(here, "destroy")
        emit("\n".join(outcome_lines(outcome)))
        if not outcome.ok:
            return ExitCode.FINDINGS
    stopped = module.stop(here)
    say(f"stopped {', '.join(stopped) or 'nothing'}")
    if destroy:
        module.forget(here)
    return ExitCode.CLEAN
