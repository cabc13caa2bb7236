"""Data on stdout or into a file, everything else on stderr."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

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
    file = _file(output)
    if file is None:
        sys.stdout.write(text)
        return
    with _told(file):
        file.write_text(text, encoding="utf-8")


@contextmanager
def written(output: Path | None) -> Iterator[BinaryIO]:
    """A stream for bytes, which goes to `output` or stdout only when all went well.

    A file is replaced as a whole, and keeps its mode. A device, a pipe or a link is written to as it is: put in
    its place, a file would destroy it. Raises ConfigurationError if it cannot be written.
    """
    import tempfile

    file = _file(output)
    replaced = file if file is not None and _is_replaced(file) else None
    with _told(file), tempfile.NamedTemporaryFile(dir=replaced and replaced.parent, delete=False) as stream:
        temporary = Path(stream.name)
    try:
        with temporary.open("w+b") as stream:
            yield stream
        if file is None:
            _copy(temporary, sys.stdout.buffer)
            return
        with _told(file):
            if replaced is None:
                with file.open("wb") as target:
                    _copy(temporary, target)
                return
            temporary.chmod(stat.S_IMODE(replaced.stat().st_mode) if replaced.exists() else 0o666 & ~_umask())
            temporary.replace(replaced)
    finally:
        temporary.unlink(missing_ok=True)


def _is_replaced(file: Path) -> bool:
    if file.is_dir():
        raise ConfigurationError(f"{file} cannot be written: it is a folder")
    return not file.is_symlink() and (file.is_file() or not file.exists())


def _copy(source: Path, target: BinaryIO) -> None:
    import shutil

    with source.open("rb") as stream:
        shutil.copyfileobj(stream, target)
    target.flush()


def _file(output: Path | None) -> Path | None:
    """The file that is meant; None is stdout."""
    return None if output is None or str(output) == "-" else output


@contextmanager
def _told(file: Path | None) -> Iterator[None]:
    """Whatever is in the way of writing there is said in one sentence."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{file or 'the result'} cannot be written: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def give_up_stdout() -> None:
    """Throw away what stdout still holds: Python would try again at its end (https://docs.python.org/3/library/signal.html#note-on-sigpipe)."""
    with suppress(OSError):  # stdout is no real one
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def coloured(stream: TextIO) -> bool:
    """Whether to use colour there: https://no-color.org, and what CI systems set to force it."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"
