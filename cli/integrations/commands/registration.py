"""`integrations registration`: validate, mend, convert, split and build registration files."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from integrations.commands import submission
from integrations.commands.options import Output, environment, one_integration
from integrations.commands.output import coloured, emit
from integrations.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from integrations.registration.url_rules import Location, UrlOptions

app = typer.Typer(rich_markup_mode=None, add_completion=False, no_args_is_help=True)

Files = Annotated[list[str], typer.Argument(help="Registration files, JSON or CSV; - for standard input.")]


class FindingFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


class FailOn(StrEnum):
    """From which severity on a finding counts."""

    ERROR = "error"
    WARNING = "warning"


class Spelling(StrEnum):
    """How an object behind a Multi-Region Access Point is written."""

    ARN_HOST = "arn-host"
    ARN = "arn"
    ENDPOINT = "endpoint"


SpellingOption = Annotated[
    Spelling, typer.Option("--mrap-spelling", help="How objects behind a Multi-Region Access Point are written.")
]
EndpointOption = Annotated[
    list[str] | None, typer.Option("--s3-endpoint", help="Host of an S3-compatible store; may be repeated.")
]


@app.callback()
def registration() -> None:
    """Registration files, which name every object that Encord shall register."""


@app.command()
def validate(
    files: Files,
    format: Annotated[
        FindingFormat, typer.Option("--format", "-f", help="How the findings are written.")
    ] = FindingFormat.TEXT,
    output: Output = None,
    fail_on: Annotated[FailOn, typer.Option(help="From which severity on a finding counts.")] = FailOn.ERROR,
    env: Annotated[
        str | None, typer.Option("--env", "-e", help="Every object must be in an integration of this environment.")
    ] = None,
    integration: Annotated[
        str | None, typer.Option("--integration", "-i", help="With --env: in this integration.")
    ] = None,
    strict_client_only: Annotated[
        bool, typer.Option("--strict-client-only", help="Require media metadata, as strict client-only access does.")
    ] = False,
    mrap_spelling: SpellingOption = Spelling.ARN_HOST,
    s3_endpoint: EndpointOption = None,
    max_findings: Annotated[int, typer.Option(min=1, help="List at most this many a file; all are counted.")] = 10_000,
) -> int:
    """Say what is wrong with registration files: line, column, fix."""
    from integrations.registration.findings import Severity
    from integrations.registration.validate import Options
    from integrations.registration.validate import validate as validate_files
    from integrations.reports import registration_findings as reports

    urls = _url_options(mrap_spelling, s3_endpoint, env, integration)
    found = validate_files(files, Options(urls, strict_client_only, max_findings))
    if format is FindingFormat.TEXT:
        emit(reports.as_text(found, colour=output is None and coloured(sys.stdout)), output)
    else:
        emit(reports.RENDERERS[format](found), output)
    worst = found.worst()
    failed = worst is not None and worst.rank >= Severity(fail_on.value).rank
    return ExitCode.FINDINGS if failed else ExitCode.CLEAN


def _url_options(
    spelling: Spelling, endpoints: list[str] | None, env: str | None, integration: str | None
) -> UrlOptions:
    from integrations.registration.locations import locations
    from integrations.registration.object_url import MrapSpelling
    from integrations.registration.url_rules import UrlOptions

    if integration is not None and env is None:
        raise ConfigurationError("--integration needs --env, the environment that the integration is in")
    places: tuple[Location, ...] = ()
    if env is not None:
        settings = environment(env)
        chosen = settings.integrations if integration is None else (one_integration(settings, integration),)
        places = locations(chosen)
    return UrlOptions(MrapSpelling(spelling.value), tuple(endpoints or ()), places)


submission.add_to(app)
