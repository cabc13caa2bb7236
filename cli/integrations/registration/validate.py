"""Validates registration files: reads each once, applies every rule, and says where what is wrong."""

from __future__ import annotations

import gc
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from integrations.registration.blocks import Block
from integrations.registration.catalogue import CATALOGUE
from integrations.registration.collect import Collector, positions
from integrations.registration.csv_scan import CsvScanner, Layout
from integrations.registration.duplicates import Mention, UrlIndex, repetitions
from integrations.registration.findings import SCHEMA_VERSION, Defect, Finding, FindingId, Severity
from integrations.registration.handlers import CsvHandler, JsonHandler
from integrations.registration.mentions import csv_mentions, csv_urls, json_mentions, json_urls
from integrations.registration.model import MAX_ITEMS, MAX_URLS
from integrations.registration.objects import ObjectCheck, OpenStore
from integrations.registration.rules import Rules
from integrations.registration.scan import WINDOW, Scanner
from integrations.registration.source import Format, not_text, open_source, sniff
from integrations.registration.url_rules import UrlOptions, is_placeholder_url

_START = 4096


class Options(Struct, frozen=True):
    """How to validate. max_findings: how many of one file are listed; all are counted. mendable: see Collector.

    open_store: how to reach a bucket, if the cloud is to be asked for every object.
    window and fast are for tests: the size of the window in bytes, and whether chunks are
    proven as a whole; neither changes a finding.
    """

    urls: UrlOptions = UrlOptions()
    strict_client_only: bool = False
    max_findings: int = 10_000
    mendable: int | None = None
    window: int = WINDOW
    fast: bool = True
    open_store: OpenStore | None = None


class FileSummary(Struct, frozen=True):
    """One file: how many items by section, object URLs, bytes; whether it could be read to its end."""

    file: str
    format: Format
    items: dict[str, int]
    urls: int
    bytes: int


class Validation(Struct, frozen=True):
    """What is known after reading all files. counts: all findings by id, also those beyond the limit."""

    files: list[FileSummary]
    findings: list[Finding]
    counts: dict[FindingId, int]
    schema_version: int = SCHEMA_VERSION

    def worst(self) -> Severity | None:
        """The highest severity found; None if the files are clean."""
        return max((CATALOGUE[one].severity for one in self.counts), key=lambda severity: severity.rank, default=None)


def validate(names: Sequence[str | Path], options: Options | None = None) -> Validation:
    """Validate files, in the order given; `-` is standard input. Raises UnreadableFileError."""
    options = options or Options()
    run = Run(options)
    with ExitStack() as stack, _calm_memory():
        files = [stack.enter_context(open_source(name)) for name in names]
        stack.callback(run.index.close)
        for number, (name, file) in enumerate(zip(names, files, strict=True)):
            run.read(number, str(name), file)
        run.compare(files)
        findings = [one for file, source in zip(run.files, files, strict=True) for one in file.findings(source)]
    counts: Counter[FindingId] = sum((file.collector.counts for file in run.files), Counter())
    return Validation([file.summary for file in run.files], findings, dict(sorted(counts.items())))


def examine(name: str, file: BinaryIO, options: Options) -> Collector:
    """Everything wrong with one open file, before lines are counted: for repair, which needs the edits."""
    run = Run(options)
    try:
        with _calm_memory():
            run.read(0, name, file)
            run.compare([file])
    finally:
        run.index.close()
    return run.files[0].collector


class _File(Struct):
    """One file while it is validated."""

    summary: FileSummary
    collector: Collector
    layouts: list[tuple[int, Layout]]

    def findings(self, source: BinaryIO) -> list[Finding]:
        return self.collector.findings(self.summary.file, source)


class Run:
    """What one validation gathers over all its files."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.index = UrlIndex()
        self.files: list[_File] = []

    def read(self, number: int, name: str, file: BinaryIO) -> None:
        """Validate one file by itself."""
        file.seek(0)
        start = file.read(_START)
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        collector = Collector(self._options.max_findings, self._options.mendable)
        rules = Rules(collector, self._options.urls, self._options.strict_client_only)
        form = sniff(name, start)
        before = self.index.count
        items: dict[str, int] = {}
        layouts: list[tuple[int, Layout]] = []
        if defect := not_text(start):
            collector(defect)
        elif form == "json":
            items = self._read_json(number, file, rules)
        else:
            items, layouts = self._read_csv(number, file, rules)
        if self._options.open_store and not not_text(start):
            endpoints = self._options.urls.s3_endpoints
            ObjectCheck(self._options.open_store, collector, endpoints).read(file, form)
        urls = self.index.count - before
        for defect in _limits(items, urls, empty=not collector.counts):
            collector(defect)
        self.files.append(_File(FileSummary(name, form, items, urls, size), collector, layouts))

    def _read_json(self, number: int, file: BinaryIO, rules: Rules) -> dict[str, int]:
        handler = JsonHandler(rules, self.index, number)
        scanner = Scanner(file, handler, rules.take, window=self._options.window, fast=self._options.fast)
        scanner.run()
        handler.finish()
        return scanner.counts

    def _read_csv(self, number: int, file: BinaryIO, rules: Rules) -> tuple[dict[str, int], list[tuple[int, Layout]]]:
        handler = CsvHandler(rules, self.index, number)
        CsvScanner(file, handler, rules.report, window=self._options.window, fast=self._options.fast).run()
        return handler.items(), handler.layouts

    def compare(self, sources: list[BinaryIO]) -> None:
        """Report the URLs that stand in the files more than once."""
        for block in self.index.unhashed():
            self.index.settle(self._urls(block, sources), block)
        hashes, blocks = self.index.candidates(self._options.max_findings)
        if not hashes:
            return
        mentions = self._mentions(blocks, hashes, sources)
        # That placeholders repeat is no second thing to mend.
        pairs = [pair for pair in repetitions(mentions) if not is_placeholder_url(pair[0].url)]
        places = _places({first for _, first in pairs}, sources)
        for again, first in pairs:
            within = again.file == first.file
            line, column = places[first]
            where = f"{self.files[first.file].summary.file}:{line}:{column} {first.path}"
            finding = FindingId.REPEATED_URL if within else FindingId.REPEATED_URL_ACROSS_FILES
            text = f"this object is named already, at {where}"
            defect = Defect(finding, again.offset, again.path, again.url[:120], text, "remove one of the two")
            self.files[again.file].collector(defect)

    def _urls(self, block: Block, sources: list[BinaryIO]) -> list[str]:
        file = self.files[block.file]
        if file.summary.format == "json":
            return json_urls(sources[block.file], block)
        return csv_urls(sources[block.file], block, file.layouts)

    def _mentions(self, blocks: list[Block], hashes: set[int], sources: list[BinaryIO]) -> Iterator[Mention]:
        for block in blocks:
            file = self.files[block.file]
            if file.summary.format == "json":
                yield from json_mentions(sources[block.file], block, hashes)
            else:
                yield from csv_mentions(sources[block.file], block, hashes, file.layouts)


def _places(mentions: set[Mention], sources: list[BinaryIO]) -> dict[Mention, tuple[int, int]]:
    """Line and column of each mention in its file."""
    places: dict[Mention, tuple[int, int]] = {}
    for number, source in enumerate(sources):
        here = sorted((one for one in mentions if one.file == number), key=lambda one: one.offset)
        places.update(zip(here, positions(source, (one.offset for one in here)), strict=True))
    return places


def _limits(items: dict[str, int], urls: int, *, empty: bool) -> Iterator[Defect]:
    """Defects of the file as a whole."""
    total = sum(items.values())
    fix = "split it: integrations registration split"
    if urls > MAX_URLS:
        yield Defect(
            FindingId.TOO_MANY_URLS, 0, "$", "", f"{urls:,} object URLs; Encord takes {MAX_URLS:,} in a file", fix
        )
    if total > MAX_ITEMS:
        yield Defect(
            FindingId.TOO_MANY_ITEMS, 0, "$", "", f"{total:,} items; Encord takes {MAX_ITEMS:,} in a file", fix
        )
    if not total and empty:
        yield Defect(FindingId.NOTHING_TO_REGISTER, 0, "$", "", "the file names nothing to register", "add items")


@contextmanager
def _calm_memory() -> Iterator[None]:
    """Twice the speed by keeping the memory still.

    The garbage collector would look for cycles that decoding never makes. And after one large
    block was freed, glibc keeps what is freed for the next chunk instead of giving it back to
    the system and asking for it again (mallopt(3), M_MMAP_THRESHOLD); the block is never
    touched, so it takes no memory.
    """
    was_on = gc.isenabled()
    gc.disable()
    block = bytes(30 << 20)
    del block
    try:
        yield
    finally:
        if was_on:
            gc.enable()
