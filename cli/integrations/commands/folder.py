"""`integrations folder`: folders at Encord, by their exact path."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
import typer

from integrations.commands.options import Env, Format, FormatOption, environment
from integrations.commands.output import emit, say

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Path = Annotated[str, typer.Argument(help="The folder's path, such as Vehicles/2026/Night, or its id.")]


@app.callback()
def group() -> None:
    """Folders at Encord."""


def _client(env: str) -> tuple[Any, str]:
    """A client for the environment's Encord, and its domain, which the operator is told."""
    from integrations.encord_client.connection import connect, domain_of

    domain = domain_of(environment(env).settings.encord.domain)
    say(f"Encord: {domain}")
    return connect(domain), domain


@app.command()
def create(
    path: Path,
    env: Env = "dev",
    description: Annotated[str, typer.Option(help="What the folder is for.")] = "",
    format: FormatOption = Format.TEXT,
) -> None:
    """Make the folder, and those above it, where they are missing; never a second one of the same path."""
    from integrations.encord_client.folders import create_folder

    found = create_folder(*_client(env), path, description)
    if format is Format.JSON:
        emit(json.dumps({**msgspec.to_builtins(found.folder), "created": found.created}))
    else:
        emit(f"{found.folder.id}  {found.folder.path}  {'made' if found.created else 'was there'}")


@app.command("list")
def list_(
    search: Annotated[str | None, typer.Argument(help="Only folders with this in their name.")] = None,
    env: Env = "dev",
    format: FormatOption = Format.TEXT,
) -> None:
    """List folders with their whole paths."""
    from integrations.encord_client.folders import list_folders

    folders = list_folders(*_client(env), search)
    if format is Format.JSON:
        emit(json.dumps({"schema_version": 1, "folders": msgspec.to_builtins(folders)}, indent=2))
    else:
        emit("\n".join(f"{folder.id}  {folder.path}" for folder in folders))


@app.command()
def show(path: Path, env: Env = "dev", format: FormatOption = Format.TEXT) -> None:
    """Show one folder: its id, its path, how many files of which kind it holds."""
    from integrations.encord_client.folders import find_folder, folder_counts

    client, domain = _client(env)
    folder = find_folder(client, domain, path)
    counts = folder_counts(client, domain, folder.id)
    if format is Format.JSON:
        emit(json.dumps({**msgspec.to_builtins(folder), "counts": counts}, indent=2))
        return
    emit("\n".join([f"id           {folder.id}", f"path         {folder.path}", f"description  {folder.description}",
                    *(f"{kind:<12} {count}" for kind, count in counts.items() if count)]))  # fmt: skip
