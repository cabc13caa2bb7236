"""Options that several commands have, and what they stand for."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integrations.errors import ConfigurationError, NothingMatchedError

if TYPE_CHECKING:
    from integrations.environment.model import Environment, Integration

Env = Annotated[str, typer.Option("--env", "-e", envvar="INTEGRATIONS_ENV", help="The environment: Pulumi.<env>.yaml.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the result to this file, not to stdout.")]


class Format(StrEnum):
    """How a plain result is written."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", "-f", help="How the result is written.")]


def duration(text: str) -> float:
    """Seconds from `90s`, `2m` or a plain number. Raises ConfigurationError for anything else."""
    number, factor = (text[:-1], {"s": 1, "m": 60}[text[-1]]) if text[-1:] in ("s", "m") else (text, 1)
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", number):
        raise ConfigurationError(f"{text!r} is no length of time: it looks like 90s or 2m")
    return float(number) * factor


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
