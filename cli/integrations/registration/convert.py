"""Turns registration files from JSON into CSV and back, item by item, and names everything that CSV cannot carry."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import msgspec

from integrations.registration.csv_rules import GUESSES, TRUE_FALSE, Groups, check_row
from integrations.registration.csv_scan import Cell, CsvScanner, Layout, names_url
from integrations.registration.findings import Defect
from integrations.registration.load import refuse_defects, without_repetition
from integrations.registration.model import KINDS, URL_FIELD, group_fields, item_urls
from integrations.registration.nodes import Member, Node
from integrations.registration.rules import Rules
from integrations.registration.scan import Scanner
from integrations.registration.source import open_source

# The headings of each kind that CSV knows. Three columns for groups, because a blank means a sequence.
HEADINGS = {
    "videos": ("ObjectURL", "Video title"),
    "images": ("ObjectURL", "Image title"),
    "image_groups": ("ObjectURL", "Image group title", "Create video"),
    "dicom_series": ("ObjectURL", "Series title"),
}
_ITEMS = msgspec.json.Decoder(list[dict[str, Any]])
_NO_CELL = re.compile("[\0\ud800-\udfff]")
_COPY = 1 << 20


def to_csv(name: str | Path, output: BinaryIO) -> Counter[str]:
    """Write a JSON file as CSV. Returns what CSV could not carry, and how often; empty if nothing.

    Raises RegistrationError if the JSON file has defects that make reading it a guess.
    """
    defects: list[Defect] = []
    writer = _CsvWriter(output)
    with open_source(name) as file:
        Scanner(file, writer, defects.append).run()
        refuse_defects(name, file, defects)
    writer.finish()
    return writer.lost


class _CsvWriter:
    def __init__(self, output: BinaryIO) -> None:
        self._text = io.TextIOWrapper(output, encoding="utf-8", newline="", write_through=True)
        self._csv = csv.writer(self._text)
        self._section = ""
        self._titles: set[tuple[str, int]] = set()
        self.lost: Counter[str] = Counter()

    def key(self, key: Node) -> None:
        pass

    def setting(self, member: Member) -> None:
        self.lost[member.key] += 1

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:  # noqa: ARG002
        try:
            items = _ITEMS.decode(text)
            json.loads(text, object_pairs_hook=without_repetition)  # a repeated key would be lost
        except (ValueError, RecursionError):
            return None
        for item in items:
            self._write(section, item)
        return len(items)

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        self._write(section, node.plain())

    def _write(self, section: str, item: Any) -> None:
        if section not in HEADINGS or not isinstance(item, dict):
            self.lost[f"items of {section}"] += 1
            return
        carried = carried_by_csv(section, item)
        if carried is None:
            needed = ", title or createVideo" if KINDS[section].grouped else ""
            self.lost[f"items of {section} without an object URL{needed}"] += 1
            return
        for key, value in item.items():
            if key not in carried or carried[key] != value:
                self.lost["objectUrl_N" if URL_FIELD.fullmatch(key) else key] += 1
        if section != self._section:
            self._csv.writerow(HEADINGS[section])
            self._section = section
        if KINDS[section].grouped:
            self._note_title(section, carried["title"])
        self._csv.writerows(rows_of(section, carried))

    def _note_title(self, section: str, title: str) -> None:
        """In CSV the title says what belongs together: two groups of one title would become one."""
        key = (section, hash(title))
        if key in self._titles:
            self.lost["the border between two groups of one title"] += 1
        self._titles.add(key)

    def finish(self) -> None:
        self._text.detach()


def carried_by_csv(section: str, item: dict[str, Any]) -> dict[str, Any] | None:
    """What comes back of an item when it is written as rows and read again; None if that would be no item, or another."""
    grouped = KINDS[section].grouped
    numbered = item_urls({key: value for key, value in item.items() if key != "objectUrl"})
    urls = [url for url in (numbered if grouped else [item.get("objectUrl")]) if _can_stand(url)]
    title = item.get("title")
    carried: dict[str, Any] = {"title": title} if _can_stand(title) else {}
    if section == "image_groups":
        carried["createVideo"] = item.get("createVideo")
    if not urls or (grouped and "title" not in carried) or not isinstance(carried.get("createVideo", False), bool):
        return None
    return carried | (group_fields(urls) if grouped else {"objectUrl": urls[0]})


def _can_stand(value: Any) -> TypeGuard[str]:
    """Whether a value is a text that a cell can hold, and does not make headings of its row."""
    return isinstance(value, str) and value != "" and not _NO_CELL.search(value) and not names_url(value)


def rows_of(section: str, item: dict[str, Any]) -> list[list[str]]:
    """The rows of an item of which CSV can carry everything, under the HEADINGS of its section."""
    end = [str(item["createVideo"]).lower()] if section == "image_groups" else []
    return [[url, item.get("title", ""), *end] for url in item_urls(item)]


def to_json(name: str | Path, output: BinaryIO) -> None:
    """Write a CSV file as JSON. Rows of one title make one group or series, in the order of the file.

    Raises RegistrationError if the CSV file has defects that make reading it a guess.
    """
    defects: list[Defect] = []
    with open_source(name) as file, ExitStack() as stack:
        writer = _JsonWriter(stack, defects.append)
        CsvScanner(file, writer, defects.append, fast=False).run()
        refuse_defects(name, file, defects)
        writer.finish(output)


class _JsonWriter:
    """Items go to a temporary file for each section; groups are kept, because a later row may belong to them."""

    def __init__(self, stack: ExitStack, report: Callable[[Defect], None]) -> None:
        self._stack = stack
        self._rules = Rules(lambda defect: report(defect) if defect.id in GUESSES else None)
        self._seen: dict[str, Groups] = {}
        self._files: dict[str, BinaryIO] = {}
        self._groups: dict[str, dict[str, tuple[dict[str, Any], list[str]]]] = {}

    def headings(self, layout: Layout, offset: int) -> None:  # noqa: ARG002
        section = layout.kind.section
        if section not in self._files:
            self._files[section] = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - closed by the stack
            self._groups[section] = {}
            self._seen[section] = Groups()

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:  # noqa: ARG002
        return False

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:  # noqa: ARG002
        section = layout.kind.section
        check_row(self._rules, self._seen[section], layout, cells)
        url = cells[layout.url].text
        title = cells[layout.title].text if layout.title is not None else ""
        if not layout.kind.grouped:
            self._put(section, {"objectUrl": url, **({"title": title} if title else {})})
            return
        groups = self._groups[section]
        if (title or url) not in groups:
            item: dict[str, Any] = {"title": title or url.rpartition("/")[2]}
            if section == "image_groups":
                create = cells[layout.create_video].text if layout.create_video is not None else ""
                item["createVideo"] = TRUE_FALSE.get(create.strip().lower())  # anything else is refused
            groups[title or url] = (item, [])
        groups[title or url][1].append(url)

    def _put(self, section: str, item: dict[str, Any]) -> None:
        file = self._files[section]
        file.write(b",\n" if file.tell() else b"")
        file.write(msgspec.json.encode(item))

    def finish(self, output: BinaryIO) -> None:
        """Put the sections together."""
        output.write(b"{")
        for number, (section, file) in enumerate(self._files.items()):
            for item, urls in self._groups[section].values():
                self._put(section, {**item, **group_fields(urls)})
            output.write(b'%b"%b": [\n' % (b",\n" if number else b"", section.encode()))
            file.seek(0)
            shutil.copyfileobj(file, output, _COPY)
            output.write(b"]")
        output.write(b"}\n")
