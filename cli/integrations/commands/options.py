"""Options that several commands have, and what they stand for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integrations.errors import NothingMatchedError

if TYPE_CHECKING:
    from integrations.environment.model import Environment, Integration

Env = Annotated[str, typer.Option("--env", "-e", envvar="INTEGRATIONS_ENV", help="The environment: Pulumi.<env>.yaml.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the result to this file, not to stdout.")]


class Format(StrEnum):
    """How a plain result is written."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How the result is written.")]


def project_root() -> Path:
    """The folder with the environment files: the nearest one upwards that has a Pulumi.yaml, as for `pulumi`."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "Pulumi.yaml").exists()), here)


def environment(name: str) -> Environment:
    """The named environment of this project."""
    from integrations.environment.load import load_environment

    return load_environment(name, project_root())


def one_integration(environment: Environment, name: str | None) -> Integration:
    """The integration called `name`, or the only one. Raises NothingMatchedError if that is nobody."""
    known = environment.settings.integrations
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name in known:
        return known[name]
    names = ", ".join(known) or "none"
    if name is None:
        raise NothingMatchedError(f"{environment.path} has several integrations: name one ({names})")
    raise NothingMatchedError(f"there is no integration {name!r} in {environment.path} (there is: {names})")
