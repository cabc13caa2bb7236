"""Writes items into files within the limits, JSON or CSV; what is written is whole or not there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import msgspec
from msgspec import Struct

from integrations.errors import ConfigurationError
from integrations.registration.build.assemble import Item
from integrations.registration.convert import HEADINGS, carried_by_csv, rows_of
from integrations.registration.model import KINDS, item_urls
from integrations.registration.part_files import Part, numbered, unfinished
from integrations.registration.source import Format
from integrations.registration.split import Limits

_BATCH = 500  # items encoded at a time


class Target(Struct, frozen=True):
    """Where the files go: `<folder>/<stem>-00001.json` and on."""

    folder: Path
    stem: str
    format: Format = "json"
    limits: Limits = Limits()
    settings: dict[str, bool] = {}

    def path(self, number: int) -> Path:
        return numbered(self.folder, self.stem, self.format, number)


def write_items(items: Iterable[Item], target: Target) -> list[Part]:
    """Write all items, a section in one list as far as a file goes; the parts in their order.

    Raises ConfigurationError for what CSV cannot carry, if the files are to be CSV.
    """
    if target.format == "csv":
        items = _fit_for_csv(items, target.settings)
    parts: list[Part] = []
    by_section: dict[str, list[dict[str, Any]]] = {}
    count = urls = 0
    for section, item in items:
        more = len(item_urls(item))
        if is_full(target.limits, count, urls, more):
            parts.append(write_part(by_section, count, urls, target, len(parts) + 1))
            by_section, count, urls = {}, 0, 0
        by_section.setdefault(section, []).append(item)
        count, urls = count + 1, urls + more
    if count:
        parts.append(write_part(by_section, count, urls, target, len(parts) + 1))
    return parts


def _fit_for_csv(items: Iterable[Item], settings: dict[str, bool]) -> Iterator[Item]:
    """The same items. Raises ConfigurationError where their rows would tell something else, before the first if it can."""
    if settings:
        raise ConfigurationError(
            f"CSV cannot carry {', '.join(settings)}: build JSON, or take `settings` out of the rules"
        )
    titles: set[tuple[str, int]] = set()
    for section, item in items:
        title = item.get("title", "")
        if carried_by_csv(section, item) != {key: value for key, value in item.items() if value != ""}:
            raise ConfigurationError(
                f"CSV cannot carry the title {title!r} in {section}: build JSON, or change the rules"
            )
        if KINDS[section].grouped:
            if (section, hash(title)) in titles:
                text = f"two of {section} have the title {title!r}, and CSV would make one of them"
                raise ConfigurationError(f"{text}: build JSON, or give them titles of their own in the rules")
            titles.add((section, hash(title)))
        yield section, item


def is_full(limits: Limits, count: int, urls: int, more: int) -> bool:
    """Whether a file with so many items and URLs has no room for an item with `more` URLs."""
    return count > 0 and (count == limits.items or urls + more > limits.urls)


def write_part(sections: dict[str, list[Any]], count: int, urls: int, target: Target, number: int) -> Part:
    """Write one file. sections: items, as dictionaries; for JSON also as msgspec.Raw, which is written as it is."""
    target.folder.mkdir(parents=True, exist_ok=True)
    path = target.path(number)
    # A name of its own, because Spark may run the same task twice at a time.
    temporary = unfinished(path, f".{uuid4().hex}")
    with temporary.open("wb") as file:
        if target.format == "json":
            _write_json(sections, target.settings, file)
        else:
            _write_csv(sections, file)
    temporary.replace(unfinished(path))
    return Part(path, count, urls)


def _write_json(sections: dict[str, list[Any]], settings: dict[str, bool], file: BinaryIO) -> None:
    encoder = msgspec.json.Encoder()
    file.write(b"{")
    for number, (section, items) in enumerate(sections.items()):
        file.write(b'%b"%b": [\n' % (b",\n" if number else b"", section.encode()))
        for start in range(0, len(items), _BATCH):
            lines = encoder.encode_lines(items[start : start + _BATCH])[:-1]
            file.write((b",\n" if start else b"") + lines.replace(b"\n", b",\n"))  # JSON has no line feeds of its own
        file.write(b"]")
    file.writelines(b',\n"%b": %b' % (name.encode(), msgspec.json.encode(value)) for name, value in settings.items())
    file.write(b"}\n")


def _write_csv(sections: dict[str, list[dict[str, Any]]], file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    for section, items in sections.items():
        writer.writerow(HEADINGS[section])
        for item in items:
            writer.writerows(rows_of(section, item))
    text.detach()
