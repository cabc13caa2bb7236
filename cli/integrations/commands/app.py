"""The command's root: which groups there are, each imported only when it is used, and what an error ends in."""

from __future__ import annotations

import errno
import importlib
import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from integrations import __version__
from integrations.commands.output import give_up_stdout, say
from integrations.errors import ExitCode, IntegrationsError

# name: (module, summary). A test holds this to the modules.
COMMANDS = {
    "check": ("check", "Prove that each integration works."),
    "checks": ("checks", "The list of all checks."),
    "explain": ("explain", "What a check means and how to mend it."),
    "handshake": ("handshake", "What to open, paste and set in Encord's dialog."),
    "access": ("access", "The documents that an integration needs."),
    "env": ("env", "The environments and their effective values."),
    "doctor": ("doctor", "This machine: versions, credentials, reachability."),
    "folder": ("folder", "Folders at Encord."),
    "registration": ("registration", "Registration files: validate, mend, submit."),
    "sandbox": ("sandbox", "Local clouds and an Encord-compatible platform."),
    "quickstart": ("quickstart", "The whole path, in the sandbox, on sample media."),
}


# Typer turns a KeyboardInterrupt into this exit code, and no command of ours has it.
INTERRUPTED = 130


class LazyGroup(TyperGroup):
    """Commands by name, imported when they are called: `--help` needs only the table above."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Click's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, name: str) -> Any:  # noqa: ARG002 - Click's signature
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"integrations.commands.{COMMANDS[name][0]}")
        command = typer.main.get_command(module.app)
        command.name = name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - Click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


app = typer.Typer(cls=LazyGroup, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"integrations {__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Connect cloud storage to Encord: provision it, prove that it works, register what is in it."""


def run(arguments: list[str]) -> int:
    """Run one command. Returns its exit code; no exception gets out, and no traceback is for the operator to see."""
    try:
        outcome = app(arguments, prog_name="integrations", standalone_mode=False)
        sys.stdout.flush()  # that it cannot be written shall be known here, not when Python ends
    except IntegrationsError as error:
        say(f"error: {error}")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say("cancelled")
        return ExitCode.CANCELLED
    except BrokenPipeError:
        give_up_stdout()
        return ExitCode.CLEAN  # whoever read us has read enough
    except Exception as error:  # noqa: BLE001 - the last resort: everything expected is caught above
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            give_up_stdout()
            say(f"error: the result cannot be written: {error.strerror}")
            return ExitCode.INCOMPLETE
        if hasattr(error, "format_message"):  # Click's own usage errors
            say(f"error: {error.format_message()}")
            return ExitCode.USAGE
        say(f"This is a bug in integrations {__version__}; please report it with these lines:")
        for line in traceback.format_exception_only(error):
            say(f"  {line.strip()}")
        frame = traceback.extract_tb(error.__traceback__)[-1]
        say(f"  in {frame.name}, {frame.filename}:{frame.lineno}")
        return ExitCode.BUG
    if outcome == INTERRUPTED:
        say("cancelled")
        return ExitCode.CANCELLED
    return int(outcome) if isinstance(outcome, int) else ExitCode.CLEAN
