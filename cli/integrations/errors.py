"""What can go wrong, as one family of exceptions, and the exit code each of them ends in.

An error's text is one sentence for the operator: what is wrong, where, what to do.
It never contains a secret: who raises it names the setting, not its value.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The command's exit codes; README.md, "Exit codes", is held to this list by a test."""

    CLEAN = 0  # ran to the end, nothing to report
    FINDINGS = 1  # ran to the end, at least one finding
    USAGE = 2  # wrong words or a wrong configuration
    NOT_AUTHORISED = 3  # no question could be asked: not authenticated or not authorised
    INCOMPLETE = 4  # could not complete, the verdict is unknown
    NOTHING_MATCHED = 6  # what was named does not exist, or nothing was selected
    CHANGES = 7  # there are changes, and --expect-no-changes was given
    CANCELLED = 8  # stopped by the operator
    TIMED_OUT = 9  # time ran out while the work goes on elsewhere
    BUG = 255  # an exception nobody expected


class IntegrationsError(Exception):
    """Base of every error whose text is meant for the operator."""

    exit_code = ExitCode.INCOMPLETE


class ConfigurationError(IntegrationsError, ValueError):
    """The environment file, an option or a variable is wrong."""

    exit_code = ExitCode.USAGE


class NotAuthorisedError(IntegrationsError, PermissionError):
    """Credentials are missing, refused, or do not allow the question."""

    exit_code = ExitCode.NOT_AUTHORISED


class UnreachableError(IntegrationsError, ConnectionError):
    """A server did not answer, or answered with something that is no answer."""

    exit_code = ExitCode.INCOMPLETE


class NothingMatchedError(IntegrationsError, LookupError):
    """What was named does not exist."""

    exit_code = ExitCode.NOTHING_MATCHED


class StillRunningError(IntegrationsError, TimeoutError):
    """Time ran out here while the work goes on elsewhere; the text says how to come back to it."""

    exit_code = ExitCode.TIMED_OUT
