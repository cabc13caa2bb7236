"""Data on stdout or into a file, everything else on stderr."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TextIO

from integrations.errors import ConfigurationError


def say(line: str) -> None:
    """A line for the operator: progress, hints, errors."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def emit(text: str, output: Path | None = None) -> None:
    """The command's result, on stdout or in `output`, which is opened only now, so that a failure leaves none empty.

    Raises ConfigurationError if the file cannot be written.
    """
    text = text if text.endswith("\n") else f"{text}\n"
    if output is None or str(output) == "-":
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{output} cannot be written: {error.strerror}") from error


def coloured(stream: TextIO) -> bool:
    """Whether to use colour there: https://no-color.org, and what CI systems set to force it."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
