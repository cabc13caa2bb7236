"""Opens registration files, standard input included, and tells what kind of text they hold."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from integrations.errors import IntegrationsError
from integrations.registration.findings import Defect, FindingId

STDIN = "-"
Format = Literal["json", "csv"]

_MAGIC = (
    (b"\x1f\x8b", "it is compressed with gzip", "unpack it: gunzip FILE"),
    (b"PK\x03\x04", "it is a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd", "unpack it: zstd -d FILE"),
    (b"BZh", "it is compressed with bzip2", "unpack it: bunzip2 FILE"),
    (b"PAR1", "it is a Parquet file", "make a registration of it with `integrations registration build`"),
    (b"\xff\xfe", "it is in UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE"),
    (b"\xfe\xff", "it is in UTF-16", "save it as UTF-8: iconv -f UTF-16 -t UTF-8 FILE"),
)


class UnreadableFileError(IntegrationsError, OSError):
    """A file cannot be opened or read."""


@contextmanager
def open_source(name: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading; `-` is standard input.

    That and a pipe are kept in a temporary file, because a file is read more than once. Raises UnreadableFileError.
    """
    with ExitStack() as stack:
        try:
            raw = sys.stdin.buffer if str(name) == STDIN else stack.enter_context(Path(name).open("rb", buffering=0))
        except OSError as error:
            raise UnreadableFileError(f"{name} cannot be read: {error.strerror}") from error
        if str(name) != STDIN and raw.seekable():
            yield raw
            return
        file = stack.enter_context(tempfile.TemporaryFile())
        shutil.copyfileobj(raw, file)
        file.seek(0)
        yield file


def sniff(name: str | Path, start: bytes) -> Format:
    """JSON or CSV, by the name's ending or else by the first bytes."""
    suffix = Path(name).suffix.lower()
    if suffix == ".csv":
        return "csv"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return "json" if suffix == ".json" or text[:1] in (b"{", b"[") or not text else "csv"


def not_text(start: bytes) -> Defect | None:
    """The defect of a file that is no UTF-8 text at all."""
    for magic, what, fix in _MAGIC:
        if start.startswith(magic):
            return Defect(FindingId.NOT_TEXT, 0, "$", "", f"this is no UTF-8 text: {what}", fix)
    if start[:2].count(0) == 1 or start[:4].count(0) > 1:
        return Defect(
            FindingId.NOT_TEXT, 0, "$", "", "this is no UTF-8 text: it looks like UTF-16 or UTF-32", "save it as UTF-8"
        )
    return None
