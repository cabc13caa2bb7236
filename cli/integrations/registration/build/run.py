"""A whole build: objects from a bucket or an inventory, items by rules, files within the limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct, structs

from integrations.errors import ConfigurationError, NothingMatchedError
from integrations.registration.build import inventory as inventories
from integrations.registration.build.assemble import Item, Skipped, assemble
from integrations.registration.build.listing import list_objects, open_store
from integrations.registration.build.media import require_libraries
from integrations.registration.build.parts import Target, write_items
from integrations.registration.build.probe import Probing, with_media
from integrations.registration.build.rules import BuildRules
from integrations.registration.build.side_table import side_table
from integrations.registration.build.source import Source, utc
from integrations.registration.convert import HEADINGS
from integrations.registration.part_files import Part, unfinished, whole_set


class Built(Struct, frozen=True):
    """What was written, how many objects became nothing, by reason, and what came of probing."""

    parts: list[Part]
    skipped: dict[str, int]
    probing: Probing


def build_from_bucket(
    source: Source,
    rules: BuildRules,
    target: Target,
    *,
    root: Path,
    after: str = "",
    progress: Callable[[int], None] = lambda _: None,
    opened: Callable[[Source], Any] = open_store,
) -> Built:
    """List a bucket and write its registration files.

    root: where the rules' side table is looked for. after: see `source.utc`. opened: how to reach the bucket.
    """
    after = utc(after)
    if source.scheme == "arn":
        raise ConfigurationError("an access point is not listed: list one of its buckets, or give an inventory")
    _check_probing(rules, target)
    store = opened(source)
    listed = list_objects(source, store, progress, after)
    table = side_table(rules, root)
    return _build(listed, source, rules, target, table, partial(with_media, store=store, listed=True))


def build_from_inventory(
    files: list[Path],
    source: Source,
    rules: BuildRules,
    target: Target,
    *,
    root: Path,
    columns: str | None = None,
    after: str = "",
    opened: Callable[[Source], Any] = open_store,
) -> Built:
    """Write the registration files of a bucket from its inventory.

    after: see `source.utc`. opened: how to reach the bucket, if the rules ask for media metadata.
    """
    after = utc(after)
    _check_probing(rules, target)
    connection = inventories.connect()
    with inventories.reading(files):
        found = inventories.describe(connection, files, source, columns, timed=bool(after))
        if target.format == "json" and not rules.probed and inventories.can_be_text(rules, encoded=found.encoded):
            return _texts(connection, found, source, rules, target, after)
        listed = inventories.objects(connection, found, source, after)
        table = side_table(rules, root)
        store = opened(source) if rules.probed else None
        return _build(listed, source, rules, target, table, partial(with_media, store=store, listed=False))


def _check_probing(rules: BuildRules, target: Target) -> None:
    """Raises ConfigurationError if media metadata is asked for and cannot be had, before anything is listed."""
    if rules.probed and target.format == "csv":
        raise ConfigurationError("CSV cannot carry media metadata: build JSON, or take `probe` out of the rules")
    require_libraries(rules.probed)


def _build(
    listed: Any,
    source: Source,
    rules: BuildRules,
    target: Target,
    table: dict[str, dict[str, Any]],
    probe: Callable[..., Iterator[Item]],
) -> Built:
    skipped, probing = Skipped(), Probing()
    made = assemble(listed, rules, source.url, table, skipped)
    items = probe(made, sections=rules.probed, probing=probing) if rules.probed else (one[:2] for one in made)
    if target.format == "csv":
        items = _only_csv(items, skipped)
    with whole_set(target.folder, target.stem, target.format) as parts:
        parts += write_items(items, target)
    return built(parts, skipped.counts, source, probing)


def _only_csv(items: Any, skipped: Skipped) -> Any:
    for section, item in items:
        if section not in HEADINGS:
            skipped(f"CSV has no {section}")
        elif "clientMetadata" in item:
            raise ConfigurationError("CSV cannot carry metadata: build JSON, or take `metadata` out of the rules")
        else:
            yield section, item


def built(parts: list[Part], skipped: dict[str, int], source: Source, probing: Probing | None = None) -> Built:
    """What came of a build. Raises NothingMatchedError if nothing was written."""
    if not parts:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in skipped.items()) or "there are no objects"
        raise NothingMatchedError(f"nothing in {source.bucket}/{source.prefix} becomes an item: {reasons}")
    return Built(parts, skipped, probing or Probing())


def _texts(connection: Any, found: Any, source: Source, rules: BuildRules, target: Target, after: str) -> Built:
    """Files of one section each, their text written by the engine."""
    left_out: Counter[str] = Counter()
    writers = {section: _TextWriter(target, section) for section in rules.sections}
    with whole_set(target.folder, target.stem, target.format) as parts:
        try:
            for section, count, data, ends in inventories.texts(connection, found, source, rules, left_out, after):
                writers[section].add(count, data, ends)
            written = [part for section in rules.sections for part in writers[section].finish()]
        finally:
            for writer in writers.values():
                writer.abandon()
        for number, part in enumerate(written, 1):
            path = target.path(number)
            part.path.replace(unfinished(path))
            parts.append(structs.replace(part, path=path))
    return built(parts, dict(sorted(left_out.items())), source)


class _TextWriter:
    """Writes the texts of one section's items, and begins a new file at the limit; names are given when all is there."""

    def __init__(self, target: Target, section: str) -> None:
        self._target, self._section = target, section
        self._limit = min(target.limits.items, target.limits.urls)  # one URL an item
        self._file: BinaryIO | None = None
        self._count = 0
        self._parts: list[Part] = []

    def add(self, count: int, data: memoryview, ends: memoryview) -> None:
        done = 0
        while done < count:
            take = min(count - done, self._limit - self._count)
            if self._file is None:
                self._file = self._open()
            self._file.write(data[ends[done] : ends[done + take]])
            self._count += take
            done += take
            if self._count == self._limit:
                self._close()

    def finish(self) -> list[Part]:
        """The files, each whole."""
        if self._file is not None:
            self._close()
        return self._parts

    def abandon(self) -> None:
        """Close a file that was not finished."""
        if self._file is not None:
            self._file.close()

    @property
    def _path(self) -> Path:
        return self._target.folder / f"{self._target.stem}-{self._section}-{len(self._parts) + 1:05d}.part"

    def _open(self) -> BinaryIO:
        self._target.folder.mkdir(parents=True, exist_ok=True)
        file = self._path.open("wb")
        file.write(b'{"%b": [\n' % self._section.encode())
        return file

    def _close(self) -> None:
        """End the file: the last item's comma gives way to the end of the list, and to the settings."""
        assert self._file is not None  # noqa: S101 - its callers have looked
        self._file.seek(-2, 2)
        settings = "".join(f',\n"{name}": {str(value).lower()}' for name, value in self._target.settings.items())
        self._file.write(f"]{settings}}}\n".encode())
        self._file.close()
        self._parts.append(Part(self._path, self._count, self._count))
        self._file, self._count = None, 0
