"""Proves that a block of rows of a CSV file breaks no rule; never wrong, see `bulk.py`."""

from __future__ import annotations

from integrations.registration.csv_rules import TRUE_FALSE, Groups
from integrations.registration.csv_scan import Layout
from integrations.registration.model import MAX_TITLE
from integrations.registration.rules import Rules
from integrations.registration.url_bulk import UrlBulk


class RowProof:
    """Proves blocks of rows of one file."""

    def __init__(self, rules: Rules) -> None:
        self._urls = UrlBulk(rules.urls)

    def prove(self, layout: Layout, columns: list[list[str]], groups: Groups) -> list[str] | None:
        """The URLs of a block of clean rows; None if that is not proven."""
        urls = columns[layout.url]
        titles = columns[layout.title] if layout.title is not None else []
        if titles and max(map(len, titles)) > MAX_TITLE:
            return None
        if "" in urls or not self._urls.prove(urls, layout.kind, one_line=layout.url == 0):
            return None
        if layout.kind.grouped:
            return urls if self._groups_fit(layout, columns, urls, titles, groups) else None
        if layout.create_video is not None and set(columns[layout.create_video]) - {"false", "FALSE", "False"}:
            return None
        return urls

    def _groups_fit(
        self, layout: Layout, columns: list[list[str]], urls: list[str], titles: list[str], groups: Groups
    ) -> bool:
        """Whether rows of one title agree with each other and with those before; takes note of them if so."""
        if not titles or "" in titles or (layout.create_video is None and layout.kind.section == "image_groups"):
            return False
        places = [self._urls.place(url) for url in urls]
        if layout.create_video is None:
            creates: list[bool | None] = [None] * len(urls)
        else:
            creates = [TRUE_FALSE.get(cell.strip().lower()) for cell in columns[layout.create_video]]
            if None in creates:
                return False
        found: dict[int, tuple[bool | None, tuple[str, str] | None]] = {}
        for row in set(zip(map(hash, titles), creates, places, strict=True)):
            key, value = row[0], row[1:]
            if found.setdefault(key, value) != value or groups.seen.get(key, value) != value:
                return False
        groups.seen.update(found)
        return True
