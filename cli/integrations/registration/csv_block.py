"""Takes a block of whole lines of CSV apart, all columns at once."""

from __future__ import annotations

import csv
import io


def columns_of(block: bytes, width: int) -> list[list[str]] | None:
    """The columns of whole lines; None if not every line has exactly `width` cells, or the text is odd."""
    if b"\0" in block:
        return None
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return None
    if '"' in text:
        return _quoted_columns(text, width)
    # A NUL goes before each line, so that a cell which starts a line can be told from the others: it has
    # one, at its start. There are no others, so no line has another width if only the first column has any.
    end = "\r\n" if text.endswith("\r\n") else "\n"
    marked = "\0" + text.removesuffix(end).replace(end, ",\0")
    cells = marked.split(",")
    if "\r" in marked or "\n" in marked or len(cells) % width:
        return None
    first = "".join(cells[::width])[1:].split("\0")
    others = [cells[number::width] for number in range(1, width)]
    if len(first) != len(cells) // width or any("\0" in "".join(column) for column in others):
        return None
    return [first, *others]


def _quoted_columns(text: str, width: int) -> list[list[str]] | None:
    if text.count('"') % 2:  # the last line ends within quotes
        return None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None
    if any(len(row) != width or '"' in row[0] or "\n" in row[0] for row in rows):
        return None
    return [list(column) for column in zip(*rows, strict=True)]
