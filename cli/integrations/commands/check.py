"""`integrations check`: prove, in CI or by hand, that each integration works."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integrations.commands.options import Output, duration, environment, project_root
from integrations.commands.output import coloured, emit, say
from integrations.errors import ConfigurationError, NothingMatchedError

if TYPE_CHECKING:
    from integrations.checks.baseline import Known
    from integrations.checks.records import Result
    from integrations.environment.model import Environment
    from integrations.reports.check_formats import Place

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class CheckFormat(StrEnum):
    """How the results are written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"
    HTML = "html"


class Level(StrEnum):
    """How grave a finding is."""

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
    fail_on: Annotated[Level, typer.Option(help="From which severity on a finding counts.")] = Level.ERROR,
    min_severity: Annotated[Level, typer.Option(help="Leave out results below this severity.")] = Level.WARNING,
    require: Annotated[
        Require, typer.Option(help="`live`: a live claim that could not be proved is unknown.")
    ] = Require.STATIC,
    baseline: Annotated[
        Path | None, typer.Option(help="Findings in this file were there before and do not count.")
    ] = None,
    write_baseline: Annotated[
        Path | None, typer.Option(help="Write the findings that count to this file; from now on they do not.")
    ] = None,
    wait: Annotated[str, typer.Option(metavar="TIME", help="Ask again for so long what is not right, as 90s.")] = "0s",
    write_probe: Annotated[
        bool, typer.Option("--write-probe", help="Write one tiny object as the role, and remove it.")
    ] = False,
    register_probe: Annotated[
        bool, typer.Option("--register-probe", help="Have Encord register the probe object, and remove it.")
    ] = False,
) -> int:
    """Prove that each integration works, the way a browser and Encord will use it.

    Nothing is changed, unless --write-probe or --register-probe is given. How long one question waits for an answer
    is INTEGRATIONS_TIMEOUT, in seconds; the registration of --register-probe may take four times as long.
    """
    from concurrent.futures import ThreadPoolExecutor

    from integrations.checks.records import Severity, require_live
    from integrations.checks.runner import exit_code
    from integrations.checks.suite import check_environment
    from integrations.checks.waiting import FINDINGS, NOT_RIGHT

    wait_for = FINDINGS if fail_on is Level.WARNING else NOT_RIGHT
    if write_probe or register_probe:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C, so that a probe removes what it made
    seconds, known = duration(wait), _baseline(baseline)
    environments = _environments(env)
    selected = _selection(select, ignore)

    def ask(one: Environment) -> list[Result]:
        return check_environment(
            one,
            integrations=integration,
            select=selected,
            write_probe=write_probe,
            register_probe=register_probe,
            wait=seconds,
            wait_for=wait_for,
            report=_report,
            say=say,
        )

    with ThreadPoolExecutor(len(environments)) as pool:
        results = [result for found in pool.map(ask, environments) for result in found]
    results = [result for result in results if result.severity in Severity(min_severity.value).at_least]
    if require is Require.LIVE:
        results = require_live(results)
    if not results:
        raise NothingMatchedError("no check was selected: see --integration, --select, --ignore and --min-severity")
    results = _excused(results, baseline, known, write_baseline)
    _write(results, environments, format, output)
    return exit_code(results, Severity(fail_on.value))


def _report(result: Result) -> None:
    from integrations.reports.checks import progress_line

    if sys.stderr.isatty():
        say(progress_line(result))


def _environments(names: Sequence[str] | None) -> list[Environment]:
    from integrations.environment.load import environment_names

    found = names or environment_names(project_root())
    if not found:
        raise NothingMatchedError(f"there is no Pulumi.<environment>.yaml in {project_root()}")
    return [environment(name) for name in found]


def _selection(select: str, ignore: str) -> Callable[[str], bool]:
    """A predicate on ids. Raises ConfigurationError for a prefix that no id has."""
    from integrations.checks.catalogue import CheckId

    wanted, unwanted = ([part.strip() for part in text.split(",") if part.strip()] for text in (select, ignore))
    for part in (*wanted, *unwanted):
        if not any(check.startswith(part) for check in CheckId):
            raise ConfigurationError(f"no check has an id that begins with {part!r}: integrations checks list")
    return lambda check: (
        (not wanted or check.startswith(tuple(wanted))) and not check.startswith(tuple(unwanted or ["-"]))
    )


def _baseline(path: Path | None) -> frozenset[Known]:
    from integrations.checks.baseline import read_baseline

    return read_baseline(path) if path else frozenset()


def _excused(results: list[Result], path: Path | None, known: frozenset[Known], write_to: Path | None) -> list[Result]:
    """The results with the findings of the baseline excused, and those of the one that is written now."""
    from integrations.checks import baseline

    if path:
        results = baseline.excuse_known(results, known, str(path))
        if gone := baseline.mended(results, known):
            say(f"{len(gone)} findings of {path} are mended: --write-baseline takes them out of it")
    if write_to:
        every = baseline.known_now(results)
        emit(baseline.baseline_text(every), write_to)
        say(f"{write_to}: {len(every)} findings that do not count from now on")
        results = baseline.excuse_known(results, every, str(write_to))
    return results


def _write(
    results: list[Result], environments: Sequence[Environment], format: CheckFormat, output: Path | None
) -> None:
    from integrations.reports import check_formats, checks, html

    if format is CheckFormat.TEXT:
        emit(checks.as_text(results, colour=output is None and coloured(sys.stdout)), output)
    elif format is CheckFormat.HTML:
        emit(html.as_html(results), output)
    else:
        emit(check_formats.RENDERERS[format](results, _places(environments)), output)
    if format is not CheckFormat.TEXT:
        say(checks.summary(results))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if format is CheckFormat.GITHUB and summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(check_formats.as_markdown(results))


def _places(environments: Sequence[Environment]) -> dict[tuple[str, str], Place]:
    """Where each integration is declared, and where each file begins, for what concerns the whole file."""
    from integrations.environment.load import declared_at
    from integrations.reports.check_formats import Place

    places = {}
    for one in environments:
        file = Path(one.path).relative_to(project_root()).as_posix()
        places[one.name, ""] = Place(file)
        for name in one.settings.integrations:
            places[one.name, name] = Place(file, *declared_at(one, name))
    return places
