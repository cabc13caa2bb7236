"""`integrations registration submit` and `resume`: registration files sent to Encord, and nothing twice."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from integrations.commands import submission_state
from integrations.commands.options import Env, environment, one_integration, project_root
from integrations.commands.output import emit, say
from integrations.commands.upload import upload, upload_words
from integrations.commands.watching import WatchFormat, Watching, exit_code
from integrations.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from integrations.environment.model import Integration
    from integrations.registration.url_rules import UrlOptions
    from integrations.submission.checked import Checked
    from integrations.submission.journal import Words
    from integrations.submission.records import Target
    from integrations.submission.submit import Options

SHOWN = 20  # findings and failures that are listed; files have all of them

Files = Annotated[list[str], typer.Argument(help="Registration files, JSON or CSV; - for standard input.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until Encord has registered everything.")]
Timeout = Annotated[float, typer.Option(min=0, help="Stop waiting when nothing came further for this many seconds.")]
Silence = Annotated[float, typer.Option(min=2, help="Give up when nothing was answered for this many seconds.")]
InFlight = Annotated[int, typer.Option(min=1, max=32, help="How many batches Encord has at a time.")]
BatchSize = Annotated[int | None, typer.Option(min=1, max=500_000, help="Items of a batch; by itself it adapts.")]
Format = Annotated[WatchFormat, typer.Option("--format", "-f", help="How the result is written; jsonl: as it happens.")]


def submit(
    files: Files,
    folder: Annotated[
        str, typer.Option("--folder", help="Path of the folder at Encord, Vehicles/2026/Night, or its id.")
    ],
    integration: Annotated[str | None, typer.Option("--integration", "-i", help="The integration, by name.")] = None,
    env: Env = "dev",
    create_folder: Annotated[bool, typer.Option("--create-folder", help="Make the folder if it is missing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be sent.")] = False,
    yes: Yes = False,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Send the good items, write the bad ones to a file.")
    ] = False,
    skip_duplicates: Annotated[
        bool,
        typer.Option("--skip-duplicates/--allow-duplicates", help="Skip objects that are in the folder already."),
    ] = True,
    upsert_metadata: Annotated[
        bool, typer.Option("--upsert-metadata", help="Replace the metadata of objects that are there already.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Also send what the journal knows to be registered of these files.")
    ] = False,
    wait: Wait = True,
    timeout: Timeout = 1800,
    silence: Silence = 300,
    in_flight: InFlight = 6,
    batch_size: BatchSize = None,
    format: Format = WatchFormat.TEXT,
) -> int:
    """Send registration files to Encord: may be stopped at any moment, and said again with the same words.

    Every item ends up registered once, or is named with the reason why not.
    """
    from integrations.submission.records import Settings
    from integrations.submission.submit import words_of

    if upsert_metadata and not skip_duplicates:
        raise ConfigurationError("--upsert-metadata has no effect with --allow-duplicates: leave one of them out")
    if not (yes or dry_run or sys.stdin.isatty()):
        raise ConfigurationError("there is no terminal to ask on: give --yes, or --dry-run to see what would be sent")
    chosen = one_integration(environment(env), integration)
    settings = Settings(skip_duplicates, upsert_metadata)
    words = words_of(project_root(), files, env, chosen.name, folder, settings, skip_invalid=skip_invalid)
    options = _options(wait, timeout, silence, in_flight, batch_size, anew)
    return _submit(words, options, format, create_folder=create_folder, dry_run=dry_run, yes=yes)


def resume(
    submission: Annotated[
        int | None, typer.Argument(help="Its number, as registration list says; else the last.")
    ] = None,
    wait: Wait = True,
    timeout: Timeout = 1800,
    silence: Silence = 300,
    in_flight: InFlight = 6,
    batch_size: BatchSize = None,
    format: Format = WatchFormat.TEXT,
) -> int:
    """Go on with a submission: the same files, folder and options. What failed is tried again."""
    from integrations.submission.submit import unchanged

    words = submission_state.one_submission(submission).words
    if words.images is not None:
        return upload_words(words, in_flight, format, create_folder=False, dry_run=False, yes=True)
    unchanged(words)
    options = _options(wait, timeout, silence, in_flight, batch_size, False)
    return _submit(words, options, format, create_folder=False, dry_run=False, yes=True)


def _options(wait: bool, timeout: float, silence: float, in_flight: int, batch_size: int | None, anew: bool) -> Options:
    from integrations.submission.dispatch import Limits
    from integrations.submission.submit import Options

    return Options(Limits(in_flight, timeout, silence, wait), batch_size, anew, wait_for_others=wait)


def _submit(
    words: Words, options: Options, format: WatchFormat, *, create_folder: bool, dry_run: bool, yes: bool
) -> int:
    from integrations.reports import submission as reports
    from integrations.submission import submit as work
    from integrations.submission.checked import check_files
    from integrations.submission.places import look_up

    settings = environment(words.env)
    chosen = one_integration(settings, words.integration)
    checked = work.checked_before(project_root(), words) or check_files(
        words.files, _urls(chosen), every=words.skip_invalid
    )
    if not _may_leave(words, checked):
        return ExitCode.FINDINGS
    words = msgspec.structs.replace(words, left_out=checked.left_out)
    target = look_up(settings, chosen, words.folder, may_be_missing=create_folder)
    say(f"Encord: {target.domain}")
    if dry_run or not yes:
        plan = work.plan(project_root(), words, checked, target, options)
        text = reports.plan_text(plan, words.files)
        if dry_run:
            emit(text if format is WatchFormat.TEXT else reports.plan_json(plan, words.files))
            return ExitCode.CLEAN
        say(text)
        typer.confirm("send this?", abort=True, err=True)
    return _run(words, checked, target, options, format)


def _run(words: Words, checked: Checked, target: Target, options: Options, format: WatchFormat) -> int:
    from integrations.submission.submit import submit as work

    with Watching(format) as watching:
        report = work(
            project_root(), words, checked, target, options, watch=watching.event, on_wait=watching.others,
            on_run=watching.follow, listed=SHOWN,
        )  # fmt: skip
        watching.end(report)
    return exit_code(report)


def _urls(integration: Integration) -> UrlOptions:
    """What is known of where the integration's objects are; nothing where its cloud's URLs do not say."""
    from integrations.registration.locations import locations, s3_endpoints
    from integrations.registration.url_rules import UrlOptions

    try:
        return UrlOptions(s3_endpoints=s3_endpoints([integration]), locations=locations([integration]))
    except ConfigurationError:
        return UrlOptions()


def _may_leave(words: Words, checked: Checked) -> bool:
    """Whether the files, or what is good of them, may be sent. What is wrong is said."""
    if not checked.findings:
        return True
    for one in checked.findings[:SHOWN]:
        say(f"{one.file}:{one.line}:{one.column}: {one.id} {one.message}; {one.fix}")
    if len(checked.findings) > SHOWN:
        say("… and more: integrations registration validate")
    if not words.skip_invalid:
        say("nothing was sent: mend the files (integrations registration repair), or give --skip-invalid")
        return False
    if checked.whole:
        say(f"nothing was sent: {checked.whole[0].message} concerns the file as a whole, so no item can be left out")
        return False
    say(f"{checked.left_out:,} bad items are left out")
    return True


def add_to(app: typer.Typer) -> None:
    """Register the commands on the group `integrations registration`."""
    app.command()(submit)
    app.command()(resume)
    app.command()(upload)
    submission_state.add_to(app)
