"""Reads a whole registration file into memory, losing nothing: for submitting and converting.

What only validation can judge is not judged here; what cannot be read without losing
something is refused.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, BinaryIO

from integrations.errors import IntegrationsError
from integrations.registration.collect import positions
from integrations.registration.csv_rules import TRUE_FALSE
from integrations.registration.csv_scan import Cell, CsvScanner, Layout
from integrations.registration.findings import Defect
from integrations.registration.model import KINDS, UNCHECKED_SECTIONS, Registration, group_fields
from integrations.registration.nodes import Member, Node
from integrations.registration.scan import Scanner
from integrations.registration.source import not_text, open_source, sniff


class RegistrationError(IntegrationsError, ValueError):
    """The file is no registration file, or not one that can be read without loss."""


_MENDED_WHILE_READING = "REG110"  # a section that stands in the file twice


def load_items(name: str | Path) -> Registration:
    """Read a JSON or CSV file; `-` is standard input.

    A section that stands in the file twice gives one list; a CSV file is converted.
    Raises RegistrationError if something in the file cannot be read, UnreadableFileError
    if the file cannot.
    """
    with open_source(name) as file:
        text = file.read()
    defects: list[Defect] = []
    if defect := not_text(text):
        raise _refusal(name, io.BytesIO(text), defect)
    reader: _JsonReader | _CsvReader
    if sniff(name, text) == "json":
        reader = _JsonReader()
        Scanner(io.BytesIO(text), reader, defects.append).run()
    else:
        reader = _CsvReader()
        CsvScanner(io.BytesIO(text), reader, defects.append, fast=False).run()
    refuse_defects(name, io.BytesIO(text), defects)
    return reader.registration


def refuse_defects(name: str | Path, file: BinaryIO, defects: list[Defect]) -> None:
    """Raise RegistrationError for the first defect, if there is one that reading does not mend by itself."""
    serious = [one for one in defects if not _is_merged_section(one)]
    if serious:
        raise _refusal(name, file, min(serious, key=lambda one: one.offset))


def _is_merged_section(defect: Defect) -> bool:
    """A repeated section is merged by reading it, and so is no loss."""
    return defect.id == _MENDED_WHILE_READING and any(edit.move_end for edit in defect.edits)


def _refusal(name: str | Path, file: BinaryIO, defect: Defect) -> RegistrationError:
    line, _ = positions(file, [defect.offset])[0]
    return RegistrationError(
        f"{name}:{line}: {defect.message} ({defect.id}): see integrations registration validate {name}"
    )


class _JsonReader:
    """Takes every item as a plain value."""

    def __init__(self) -> None:
        self.registration = Registration()

    def key(self, key: Node) -> None:
        pass

    def setting(self, member: Member) -> None:
        self.registration.settings[member.key] = member.value.plain()

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | None:  # noqa: ARG002
        try:
            items = json.loads(text, object_pairs_hook=without_repetition)
        except (ValueError, RecursionError):
            return None
        if not _is_items(section, items):
            return None
        self.registration.sections.setdefault(section, []).extend(items)
        return len(items)

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        self.registration.sections.setdefault(section, []).append(node.plain())


def without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, as the hook of a decoder. Raises ValueError if one of its keys would be lost."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands in an object twice")
    return value


def _is_items(section: str, items: list[Any]) -> bool:
    return section not in (*KINDS, *UNCHECKED_SECTIONS) or all(isinstance(item, dict) for item in items)


class _CsvReader:
    """Makes items of rows: rows of one title under one kind make one group or series, in the order of the file."""

    def __init__(self) -> None:
        self.registration = Registration()
        self._groups: dict[tuple[str, str], tuple[dict[str, Any], list[str]]] = {}

    def headings(self, layout: Layout, offset: int) -> None:  # noqa: ARG002
        self.registration.sections.setdefault(layout.kind.section, [])

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:  # noqa: ARG002
        return False

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:  # noqa: ARG002
        url = cells[layout.url].text
        title = cells[layout.title].text if layout.title is not None else ""
        items = self.registration.sections[layout.kind.section]
        if not layout.kind.grouped:
            items.append({"objectUrl": url, **({"title": title} if title else {})})
            return
        key = (layout.kind.section, title or url)
        if key not in self._groups:
            name = title or url.rpartition("/")[2]
            item: dict[str, Any] = {"title": name}
            if layout.kind.section == "image_groups":
                create = cells[layout.create_video].text if layout.create_video is not None else ""
                item["createVideo"] = TRUE_FALSE.get(create.strip().lower(), True)
            items.append(item)
            self._groups[key] = (item, [])
        item, urls = self._groups[key]
        item.update(group_fields([url]) if not urls else {f"objectUrl_{len(urls)}": url})
        urls.append(url)
