"""`integrations registration upload`: files of this machine, sent to Encord's own storage."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from integrations.commands.options import Env, environment, project_root
from integrations.commands.output import emit, say
from integrations.commands.watching import WatchFormat, Watching, exit_code
from integrations.errors import ConfigurationError, ExitCode, NothingMatchedError
from integrations.submission.batching import Batching

if TYPE_CHECKING:
    from integrations.submission.journal import Words
    from integrations.submission.local import Found

SHOWN = 20  # unknown files and failures that are listed


def upload(
    paths: Annotated[list[str], typer.Argument(help="Files, and folders with everything below them.")],
    folder: Annotated[str, typer.Option("--folder", help="Path of the folder at Encord, or its id.")],
    env: Env = "dev",
    images: Annotated[
        Batching, typer.Option("--images", help="What the images of one folder become: items, a group or a sequence.")
    ] = Batching.ITEMS,
    create_folder: Annotated[bool, typer.Option("--create-folder", help="Make the folder if it is missing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be uploaded.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where there is no terminal.")] = False,
    at_once: Annotated[int, typer.Option(min=1, max=32, help="How many items are uploaded at a time.")] = 4,
    format: Annotated[
        WatchFormat, typer.Option("--format", "-f", help="How the result is written.")
    ] = WatchFormat.TEXT,
) -> int:
    """Upload local files: images, videos, audio, PDF, text, DICOM and NIfTI. Run again, it sends what is missing.

    A file is known by its content. The DICOM files of one folder are one series.
    """
    from integrations.submission.journal import Words
    from integrations.submission.records import Settings

    if not (yes or dry_run or sys.stdin.isatty()):
        raise ConfigurationError("there is no terminal to ask on: give --yes, or --dry-run to see what would be sent")
    names = tuple(str(Path(name).resolve()) for name in paths)
    words = Words(names, (), env, "", folder, Settings(), images=images.value)
    return upload_words(words, at_once, format, create_folder=create_folder, dry_run=dry_run, yes=yes)


def upload_words(
    words: Words, at_once: int, format: WatchFormat, *, create_folder: bool, dry_run: bool, yes: bool
) -> int:
    """Upload what was said."""
    from integrations.submission.local import find_items
    from integrations.submission.places import look_up
    from integrations.submission.uploading import upload_items

    found = find_items(words.files, Batching(words.images or Batching.ITEMS))
    if not found.items:
        raise NothingMatchedError("there is nothing that Encord takes in these files")
    target = look_up(environment(words.env), None, words.folder, may_be_missing=create_folder)
    say(f"Encord: {target.domain}")
    say(_plan(found, target.path))
    if dry_run:
        emit("\n".join(f"{one.kind:16} {one.title}  ({len(one.paths)} files)" for one in found.items))
        return ExitCode.CLEAN
    if not yes:
        typer.confirm("upload this?", abort=True, err=True)
    with Watching(format) as watching:
        report = upload_items(
            project_root(), words, found, target, at_once,
            watch=watching.event, on_wait=watching.others, on_run=watching.follow, listed=SHOWN,
        )  # fmt: skip
        watching.end(report)
    return exit_code(report)


def _plan(found: Found, folder: str) -> str:
    kinds = Counter(one.kind for one in found.items)
    lines = [
        f"{len(found.items):,} items into {folder}: {', '.join(f'{n:,} {kind}' for kind, n in sorted(kinds.items()))}"
    ]
    lines += [f"left out, of no kind that Encord takes: {name}" for name in found.unknown[:SHOWN]]
    if len(found.unknown) > SHOWN:
        lines.append(f"… and {len(found.unknown) - SHOWN:,} more")
    return "\n".join(lines)
