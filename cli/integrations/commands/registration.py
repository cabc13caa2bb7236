"""`integrations registration`: validate, mend, convert, split and build registration files."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integrations.commands import submission
from integrations.commands.options import Output, environment, one_integration
from integrations.commands.output import coloured, emit, say, written
from integrations.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from integrations.environment.model import Integration
    from integrations.registration.build.probe import Probing
    from integrations.registration.build.source import Source
    from integrations.registration.objects import OpenStore
    from integrations.registration.url_rules import UrlOptions

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
    objects: Annotated[
        bool, typer.Option("--objects", help="Also ask the cloud whether each object is there and readable.")
    ] = False,
    mrap_spelling: SpellingOption = Spelling.ARN_HOST,
    s3_endpoint: EndpointOption = None,
    max_findings: Annotated[int, typer.Option(min=1, help="List at most this many a file; all are counted.")] = 10_000,
) -> int:
    """Say what is wrong with registration files: line, column, fix."""
    from integrations.registration.findings import FindingId, Severity
    from integrations.registration.validate import Options
    from integrations.registration.validate import validate as validate_files
    from integrations.reports import registration_findings as reports

    chosen = _integrations(env, integration)
    urls = _url_options(mrap_spelling, s3_endpoint, chosen)
    found = validate_files(
        files, Options(urls, strict_client_only, max_findings, open_store=_store(chosen) if objects else None)
    )
    if format is FindingFormat.TEXT:
        emit(reports.as_text(found, colour=output is None and coloured(sys.stdout)), output)
    else:
        emit(reports.RENDERERS[format](found), output)
    worst = found.worst()
    failed = worst is not None and worst.rank >= Severity(fail_on.value).rank
    if failed:
        return ExitCode.FINDINGS
    return ExitCode.INCOMPLETE if FindingId.OBJECT_UNKNOWN in found.counts else ExitCode.CLEAN


class Plus(StrEnum):
    """What a raw + in a URL stands for."""

    SPACE = "space"
    PLUS = "plus"


class Engine(StrEnum):
    """What reads inventories."""

    DUCKDB = "duckdb"
    SPARK = "spark"


class FileFormat(StrEnum):
    """The two forms of a registration file."""

    JSON = "json"
    CSV = "csv"


File = Annotated[str, typer.Argument(help="A registration file, JSON or CSV; - for standard input.")]


@app.command()
def repair(
    file: File,
    output: Output = None,
    plus: Annotated[
        Plus | None, typer.Option(help="What a raw + in a URL stands for; without this it is left alone.")
    ] = None,
    mrap_spelling: SpellingOption = Spelling.ARN_HOST,
    s3_endpoint: EndpointOption = None,
) -> int:
    """Write a mended copy, and list every change and everything that would need a guess."""
    from msgspec import structs

    from integrations.registration.findings import Severity
    from integrations.registration.repair import repair as mend
    from integrations.registration.validate import Options
    from integrations.reports import registration_findings as reports

    urls = _url_options(mrap_spelling, s3_endpoint, ())
    urls = structs.replace(urls, plus=plus.value if plus else None)
    with written(output) as stream:
        done = mend(file, stream, Options(urls))
    for change in done.changes:
        say(f"mended  {reports.line(change)}")
    for left in done.left:
        say(f"left    {reports.line(left)}: {left.fix}")
    say(f"{len(done.changes):,} mended, {len(done.left):,} left")
    return ExitCode.FINDINGS if any(one.severity is Severity.ERROR for one in done.left) else ExitCode.CLEAN


@app.command()
def convert(
    file: File,
    to: Annotated[FileFormat, typer.Option("--to", help="The form to write.")],
    output: Output = None,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Write CSV even if it cannot carry everything.")
    ] = False,
) -> int:
    """Turn JSON into CSV or CSV into JSON, losing nothing silently."""
    from integrations.registration import convert as conversion

    with written(output) as stream:
        if to is FileFormat.JSON:
            conversion.to_json(file, stream)
            return ExitCode.CLEAN
        lost = conversion.to_csv(file, stream)
        for what, count in sorted(lost.items()):
            say(f"CSV cannot carry {what}: {count:,} times")
        if lost and not allow_loss:
            raise ConfigurationError(f"{file} would lose something as CSV: nothing was written; --allow-loss writes it")
    return ExitCode.CLEAN


@app.command()
def split(
    file: File,
    folder: Annotated[Path, typer.Argument(help="Where the parts go.")],
    items: Annotated[
        int | None, typer.Option(min=1, help="At most this many items a part; Encord's limit if not given.")
    ] = None,
    urls: Annotated[
        int | None, typer.Option(min=1, help="At most this many URLs a part; Encord's limit if not given.")
    ] = None,
) -> int:
    """Split a file into parts within Encord's limits, or smaller; groups and series stay whole."""
    from integrations.registration.split import Limits
    from integrations.registration.split import split as split_file

    _must_hold_files(folder)
    default = Limits()
    limits = Limits(min(items or default.items, default.items), min(urls or default.urls, default.urls))
    parts = split_file(file, folder, limits)
    for part in parts:
        emit(str(part.path))
        say(f"{part.path}: {part.items:,} items, {part.urls:,} object URLs")
    return ExitCode.CLEAN


@app.command()
def build(
    source: Annotated[
        str,
        typer.Argument(
            help="s3://BUCKET/PREFIX, gs://…, az://ACCOUNT/CONTAINER/…, obs://…, https://HOST/BUCKET/… or an access point's ARN."
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="Where the files go.")],
    rules: Annotated[
        Path | None, typer.Option("--rules", "-r", help="YAML: what becomes what (docs/registration.md).")
    ] = None,
    inventory: Annotated[
        list[str] | None, typer.Option("--inventory", help="Read this inventory in place of listing; may be repeated.")
    ] = None,
    columns: Annotated[str | None, typer.Option(help="Column names of a CSV inventory without headings.")] = None,
    region: Annotated[str | None, typer.Option(help="The bucket's region, which stands in its URLs.")] = None,
    integration: Annotated[
        str | None,
        typer.Option(
            "--integration", "-i", help="Read as this integration's checks do: endpoint, credentials, region."
        ),
    ] = None,
    env: Annotated[
        str | None,
        typer.Option("--env", "-e", envvar="INTEGRATIONS_ENV", help="With --integration: the environment it is in."),
    ] = None,
    since: Annotated[
        str, typer.Option(help="Only objects modified at or after this time: 2024-05-01 or with T12:00:00Z.")
    ] = "",
    name: Annotated[str, typer.Option(help="What the files are called, before the number.")] = "registration",
    to: Annotated[FileFormat, typer.Option("--to", help="The form to write.")] = FileFormat.JSON,
    items: Annotated[int | None, typer.Option(min=1, help="At most this many items a file.")] = None,
    engine: Annotated[
        Engine, typer.Option(help="What reads inventories; spark needs the extra and Java.")
    ] = Engine.DUCKDB,
    spark_master: Annotated[
        str | None, typer.Option(help="With --engine spark: the cluster, before what Spark's own configuration says.")
    ] = None,
) -> int:
    """Make registration files of a bucket, or of its inventory, by rules."""
    from integrations.registration.build import run as building
    from integrations.registration.build.parts import Target
    from integrations.registration.build.rules import load_rules
    from integrations.registration.split import Limits

    _must_hold_files(folder)
    if Path(name).name != name:
        raise ConfigurationError(f"--name is the start of the files' names, without a folder: {name!r} is none")
    what = load_rules(rules)
    default = Limits()
    limits = Limits(min(items or default.items, default.items), default.urls)
    settings = {str(key): value for key, value in what.settings.items()}
    target = Target(folder, name, to.value, limits, settings)
    chosen = _integrations(env, integration) if integration else ()
    bucket = _source(source, region, chosen)
    root = rules.parent if rules else Path()
    if spark_master is not None and engine is not Engine.SPARK:
        raise ConfigurationError("--spark-master is for --engine spark")
    if engine is Engine.SPARK:
        if not inventory:
            raise ConfigurationError("--engine spark reads inventories: name them with --inventory")
        from integrations.registration.build.spark import build_on_spark, session

        with session(spark_master) as spark:
            built = build_on_spark(spark, inventory, bucket, what, target, root=root, columns=columns, after=since)
    elif inventory:
        files = [Path(one) for one in inventory]
        built = building.build_from_inventory(
            files, bucket, what, target, root=root, columns=columns, after=since, opened=_store(chosen)
        )
    else:
        built = building.build_from_bucket(
            bucket, what, target, root=root, after=since, progress=_listed, opened=_store(chosen)
        )
    for part in built.parts:
        emit(str(part.path))
        say(f"{part.path}: {part.items:,} items, {part.urls:,} object URLs")
    for reason, count in sorted(built.skipped.items()):
        say(f"left out: {count:,} ({reason})")
    return _say_probing(built.probing)


def _must_hold_files(folder: Path) -> None:
    """Raises ConfigurationError if it is no folder, and none can be made there."""
    known = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    if not known.is_dir():
        raise ConfigurationError(f"{known} is no folder: name one for the files to go to")


def _say_probing(probing: Probing) -> int:
    """What has no media metadata although it was asked for, and the exit code that this makes."""
    if not probing.failed:
        return ExitCode.CLEAN
    for key, reason in probing.reasons.items():
        say(f"no media metadata: {key}: {reason}")
    of = f"{probing.failed:,} of {probing.known + probing.failed:,} objects"
    say(f"{of} went without media metadata; the first {len(probing.reasons)} of them are named above")
    return ExitCode.FINDINGS if probing.unknown else ExitCode.INCOMPLETE


def _store(integrations: tuple[Integration, ...]) -> OpenStore:
    from integrations.object_stores import open_store

    return partial(open_store, integrations=integrations)


def _source(text: str, region: str | None, chosen: tuple[Integration, ...]) -> Source:
    """The bucket that is meant, which must be one of the integration's if one is named."""
    from integrations.object_stores import reads, region_of
    from integrations.registration.build.source import parse_source

    name = text.partition("://")[2].partition("/")[0]
    known = next((found for one in chosen if (found := region_of(one, name))), None)
    for one in chosen:
        if not reads(one, parse_source(text, region or known or "any")):
            raise ConfigurationError(f"{text!r} is no bucket of the integration {one.name}")
    return parse_source(text, region or known)


def _listed(count: int) -> None:
    """Progress, on a terminal only."""
    if sys.stderr.isatty() and count % 100_000 < 1000:
        say(f"{count:,} objects listed")


def _url_options(spelling: Spelling, endpoints: list[str] | None, chosen: tuple[Integration, ...]) -> UrlOptions:
    from integrations.registration.locations import locations, s3_endpoints
    from integrations.registration.object_url import MrapSpelling
    from integrations.registration.url_rules import UrlOptions

    hosts = (*(endpoints or ()), *s3_endpoints(chosen))
    return UrlOptions(MrapSpelling(spelling.value), hosts, locations(chosen))


def _integrations(env: str | None, integration: str | None) -> tuple[Integration, ...]:
    """The one that is named, or all of the environment; none without an environment.

    INTEGRATIONS_ENV says only where an integration is: without one, a file can be validated for no environment at all.
    """
    env = env or (os.environ.get("INTEGRATIONS_ENV") if integration is not None else None)
    if env is None:
        if integration is not None:
            raise ConfigurationError(
                "--integration needs --env (or INTEGRATIONS_ENV), the environment that the integration is in"
            )
        return ()
    settings = environment(env)
    return settings.integrations if integration is None else (one_integration(settings, integration),)


submission.add_to(app)
