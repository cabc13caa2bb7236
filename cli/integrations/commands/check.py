"""`integrations check`: prove, in CI or by hand, that each integration works."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from integrations.commands.options import Output, environment, project_root
from integrations.commands.output import coloured, emit, say
from integrations.errors import ConfigurationError, NothingMatchedError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class CheckFormat(StrEnum):
    """How the results are written."""

    TEXT = "text"
    JSON = "json"


class FailOn(StrEnum):
    """From which severity on a finding counts."""

    ERROR = "error"
    WARNING = "warning"


class Require(StrEnum):
    """What evidence is required of live claims."""

    LIVE = "live"
    STATIC = "static"


@app.command()
def check(
    env: Annotated[
        list[str] | None, typer.Option("--env", "-e", envvar="INTEGRATIONS_ENV", help="Environments; all if not given.")
    ] = None,
    integration: Annotated[
        list[str] | None, typer.Option("--integration", "-i", help="Only these integrations.")
    ] = None,
    select: Annotated[str, typer.Option(help="Only these ids or prefixes, with commas between.")] = "",
    ignore: Annotated[str, typer.Option(help="Not these ids or prefixes.")] = "",
    format: Annotated[
        CheckFormat, typer.Option("--format", "-f", help="How the results are written.")
    ] = CheckFormat.TEXT,
    output: Output = None,
    fail_on: Annotated[FailOn, typer.Option(help="From which severity on a finding counts.")] = FailOn.ERROR,
    require: Annotated[
        Require, typer.Option(help="`live`: a live claim that could not be proved is unknown.")
    ] = Require.STATIC,
    write_probe: Annotated[
        bool, typer.Option("--write-probe", help="Write one tiny object as the role, and remove it.")
    ] = False,
    register_probe: Annotated[
        bool, typer.Option("--register-probe", help="Have Encord register the probe object, and remove it.")
    ] = False,
) -> int:
    """Prove that each integration works, the way a browser and Encord will use it.

    Nothing is changed, unless --write-probe or --register-probe is given.
    """
    from integrations.checks.records import Severity, require_live
    from integrations.checks.runner import exit_code
    from integrations.checks.suite import check_environment
    from integrations.environment.load import environment_names
    from integrations.reports import checks as reports

    names = env or environment_names(project_root())
    if not names:
        raise NothingMatchedError(f"there is no Pulumi.<environment>.yaml in {project_root()}")
    results = []
    for name in names:
        results += check_environment(
            environment(name),
            integrations=integration,
            select=_selection(select, ignore),
            write_probe=write_probe,
            register_probe=register_probe,
            report=lambda result: say(reports.progress_line(result)) if sys.stderr.isatty() else None,
        )
    if require is Require.LIVE:
        results = require_live(results)
    if not results:
        raise NothingMatchedError("no check was selected: see --integration, --select and --ignore")
    if format is CheckFormat.JSON:
        emit(reports.as_json(results), output)
    else:
        emit(reports.as_text(results, colour=output is None and coloured(sys.stdout)), output)
    return exit_code(results, Severity(fail_on.value))


def _selection(select: str, ignore: str) -> Callable[[str], bool]:
    """A predicate on ids. Raises ConfigurationError for a prefix that no id has."""
    from integrations.checks.catalogue import CheckId

    wanted, unwanted = ([part.strip() for part in text.split(",") if part.strip()] for text in (select, ignore))
    for part in (*wanted, *unwanted):
        if not any(check.startswith(part) for check in CheckId):
            raise ConfigurationError(f"no check has an id that begins with {part!r}: integrations explain lists them")
    return lambda check: (
        (not wanted or check.startswith(tuple(wanted))) and not check.startswith(tuple(unwanted or ["-"]))
    )
