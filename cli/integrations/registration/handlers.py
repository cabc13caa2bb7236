"""What validation does with what the scanners find: clean chunks and blocks at once, the others by the exact rules."""

from __future__ import annotations

from collections import Counter

from integrations.registration.blocks import Block
from integrations.registration.bulk import Bulk
from integrations.registration.csv_rules import Groups, check_row
from integrations.registration.csv_scan import Cell, Layout
from integrations.registration.duplicates import UrlIndex
from integrations.registration.findings import Defect, FindingId
from integrations.registration.item_rules import check_item, check_setting, check_top_key
from integrations.registration.item_scan import Broken, Wrong
from integrations.registration.model import KINDS
from integrations.registration.nodes import Member, Node
from integrations.registration.row_proof import RowProof
from integrations.registration.rules import Rules


class JsonHandler:
    """Takes what the scanner finds in a JSON file through the rules."""

    def __init__(self, rules: Rules, index: UrlIndex, number: int) -> None:
        self._rules, self._index, self._number = rules, index, number
        self._bulk = Bulk(rules)
        self._settings: dict[str, Member] = {}
        self._told = 0

    def key(self, key: Node) -> None:
        check_top_key(self._rules, key)

    def setting(self, member: Member) -> None:
        self._settings[member.key] = member
        check_setting(self._rules, member)

    def chunk(self, section: str, first: int, offset: int, text: bytes) -> int | Wrong | Broken | None:
        if section not in KINDS:
            return None
        proven = self._bulk.prove(KINDS[section], text)
        if not isinstance(proven, tuple):
            return proven
        count, urls = proven
        self._index.add(urls, Block(self._number, section, first, offset, offset + len(text) - 2))
        return count

    def item(self, section: str, index: int, node: Node, raw: bytes) -> None:  # noqa: ARG002
        if section in KINDS:
            kind = KINDS[section]
            urls = check_item(self._rules, kind, index, node)
            self._index.add(urls, Block(self._number, section, index, node.start, node.end), odd=True)
            if self._rules.told == self._told:
                self._bulk.doubt(kind)
            self._told = self._rules.told

    def finish(self) -> None:
        """Rules about the settings together."""
        upsert, skip = (self._settings.get(key) for key in ("upsert_metadata", "skip_duplicate_urls"))
        if upsert and upsert.value.value is True and not (skip and skip.value.value is True):
            text = "upsert_metadata has no effect unless skip_duplicate_urls is true"
            self._rules.tell(
                FindingId.UPSERT_WITHOUT_SKIP, upsert, "$.upsert_metadata", text, 'add "skip_duplicate_urls": true'
            )


class CsvHandler:
    """Takes what the scanner finds in a CSV file through the rules, and counts items."""

    def __init__(self, rules: Rules, index: UrlIndex, number: int) -> None:
        self._rules, self._index, self._number = rules, index, number
        self._proof = RowProof(rules)
        self._groups: dict[str, Groups] = {}
        self._counts: Counter[str] = Counter()
        self.layouts: list[tuple[int, Layout]] = []

    def headings(self, layout: Layout, offset: int) -> None:
        self.layouts.append((offset, layout))
        if self._rules.strict_client_only and layout.kind.media:
            text = f"CSV has no column for {layout.kind.media!r}, which strict client-only access needs of each of these rows"
            fix = f"convert the file to JSON, and add {layout.kind.media!r}"
            self._rules.take(Defect(FindingId.STRICT_CLIENT_ONLY, offset, "", "", text, fix))

    def block(self, layout: Layout, columns: list[list[str]], start: int, end: int) -> bool:
        groups = self._groups.setdefault(layout.kind.section, Groups())
        urls = self._proof.prove(layout, columns, groups)
        if urls is None:
            return False
        self._take(layout, urls, start, end)
        return True

    def row(self, layout: Layout, cells: list[Cell], start: int, end: int) -> None:
        groups = self._groups.setdefault(layout.kind.section, Groups())
        url = check_row(self._rules, groups, layout, cells)
        self._take(layout, [] if url is None else [url], start, end, odd=True)
        untitled = layout.title is None or not cells[layout.title].text
        if layout.kind.grouped and untitled:
            self._counts[layout.kind.section] += 1

    def _take(self, layout: Layout, urls: list[str], start: int, end: int, *, odd: bool = False) -> None:
        section = layout.kind.section
        self._index.add(urls, Block(self._number, section, 0, start, end), odd=odd)
        if not layout.kind.grouped:
            self._counts[section] += len(urls)

    def items(self) -> dict[str, int]:
        """How many items there are by section; rows of one title make one group or series."""
        grouped = {section: len(groups.seen) for section, groups in self._groups.items() if KINDS[section].grouped}
        counts = {section: self._counts[section] + grouped.get(section, 0) for section in self._groups}
        return {section: count for section, count in counts.items() if count}
