"""Validates files before they leave the machine, and tells which of their items may."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from integrations.registration.findings import Finding, FindingId, Severity
from integrations.registration.url_rules import UrlOptions
from integrations.registration.validate import Options, validate
from integrations.submission.read import LeaveOut

# What sending mends: files of any size are split, and a section that stands there twice is merged.
_MENDED = (FindingId.TOO_MANY_URLS, FindingId.TOO_MANY_ITEMS)
# Where nobody can tell how many items are concerned, or what they were.
_WHOLE = (
    FindingId.BYTE_ORDER_MARK, FindingId.NOT_TEXT, FindingId.NOT_AN_OBJECT, FindingId.SYNTAX, FindingId.TRUNCATED,
    FindingId.TEXT_AFTER_END, FindingId.TOO_DEEP, FindingId.TOO_LARGE, FindingId.CSV_HEADING, FindingId.CSV_NO_HEADINGS,
    FindingId.CSV_COLUMNS, FindingId.CSV_QUOTING,
)  # fmt: skip
_ITEM = re.compile(r"\$\.(\w+)\[(\d+)\]")
_ALL = 1_000_000_000  # findings that are listed where every bad item has to be known
_SOME = 1000  # and where one is enough


class Checked(Struct, frozen=True):
    """The files after validation.

    findings: errors only, and only some of them unless all were asked for. bad: by file, the items that have one
    (see read.LeaveOut). whole: errors that are not those of one item, so that nothing can be left out.
    """

    items: int
    findings: list[Finding]
    bad: dict[str, frozenset[tuple[str, int]]]
    whole: list[Finding]

    @property
    def left_out(self) -> int:
        """How many bad items there are."""
        return sum(map(len, self.bad.values()))

    def leave_out(self, name: str) -> LeaveOut | None:
        """Says of each item of a file whether it is bad; None if none is."""
        bad = self.bad.get(name)
        return None if not bad else lambda section, index: (section, index) in bad


def check_files(names: Sequence[str], urls: UrlOptions, *, every: bool) -> Checked:
    """Validate; list every finding, or just enough to know that there are some. Raises UnreadableFileError."""
    found = validate(names, Options(urls, max_findings=_ALL if every else _SOME))
    errors = [one for one in found.findings if one.severity is Severity.ERROR and not _mended(one)]
    formats = {file.file: file.format for file in found.files}
    bad: dict[str, set[tuple[str, int]]] = defaultdict(set)
    whole = []
    for one in errors:
        match = _ITEM.match(one.path)
        if one.id in _WHOLE:
            whole.append(one)
        elif formats[one.file] == "csv":
            bad[one.file].add(("", one.line))
        elif match:
            bad[one.file].add((match[1], int(match[2])))
        else:
            whole.append(one)
    items = sum(sum(file.items.values()) for file in found.files)
    return Checked(items, errors, {name: frozenset(some) for name, some in bad.items()}, whole)


def _mended(finding: Finding) -> bool:
    merged = finding.id is FindingId.REPEATED_KEY and finding.repairable and not _ITEM.match(finding.path)
    return merged or finding.id in _MENDED
