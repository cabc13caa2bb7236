"""`integrations registration submit` and what belongs to it: registration files sent to Encord."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
import typer

from integrations.commands.options import Env, Format, FormatOption, environment, one_integration
from integrations.commands.output import emit, say
from integrations.errors import ExitCode

FolderOption = Annotated[str, typer.Option("--folder", help="Path or id of the folder at Encord.")]


def submit(
    file: Annotated[str, typer.Argument(help="A registration file, JSON or CSV; - for standard input.")],
    folder: FolderOption,
    integration: Annotated[str | None, typer.Option("--integration", "-i", help="The integration, by name.")] = None,
    env: Env = "dev",
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until Encord has registered everything.")] = True,
    timeout: Annotated[float, typer.Option(help="How long to wait, in seconds.")] = 1800,
    format: FormatOption = Format.TEXT,
) -> int:
    """Send a registration file to Encord."""
    from integrations.encord_client.connection import connect, domain_of
    from integrations.encord_client.integrations import find_integration, list_integrations
    from integrations.registration.load import load_items
    from integrations.submission import submit as work

    settings = environment(env)
    chosen = one_integration(settings, integration)
    registration = load_items(file)
    domain = domain_of(settings.settings.encord.domain)
    say(f"Encord: {domain}")
    client = connect(domain)
    known = find_integration(list_integrations(client, domain), chosen)
    job = work.send(client, domain, folder, known.id, registration)
    say(f"job {job}: {registration.item_count} items under way")
    if not wait:
        emit(job)
        return ExitCode.CLEAN
    return _report(work.wait(client, domain, folder, job, timeout), format)


def status(
    job: Annotated[str, typer.Argument(help="The job's id.")],
    folder: FolderOption,
    env: Env = "dev",
    format: FormatOption = Format.TEXT,
) -> int:
    """Say how far a registration is."""
    from integrations.encord_client.connection import connect, domain_of
    from integrations.submission import submit as work

    domain = domain_of(environment(env).settings.encord.domain)
    return _report(work.wait(connect(domain), domain, folder, job, 0), format)


def _report(state: Any, format: Format) -> int:
    if format is Format.JSON:
        emit(json.dumps({"schema_version": 1, **msgspec.to_builtins(state)}, indent=2))
    else:
        lines = [f"job {state.id}  {state.status}  {state.done} done, {state.failed} failed, {state.pending} pending"]
        lines += [f"  {' '.join(one.urls)}: {one.error}" for one in state.unit_errors]
        emit("\n".join(lines))
    if not state.finished:
        return ExitCode.TIMED_OUT
    return ExitCode.FINDINGS if state.failed or state.errors or state.cancelled else ExitCode.CLEAN


def add_to(app: typer.Typer) -> None:
    """Register the commands on the group `integrations registration`."""
    app.command()(submit)
    app.command()(status)
