"""What Spark's workers run: Python's own rules, over streams of Arrow batches.

Pure but for `written`, which writes files. Imported on the workers, so this package must be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from integrations.registration.build.assemble import ROW_OF_MEMBER, Member, decider, group_item
from integrations.registration.build.columns import belongs
from integrations.registration.build.parts import Target, write_part
from integrations.registration.build.rules import BuildRules
from integrations.registration.build.source import Object, Source

# A row is one of four things:
#   item     label: the section, chunk and n: its place, text: the item as JSON
#   member   of a group; label: which, chunk and n: its place, text: the object's key
#   chunk    text: file and offset of a chunk, as JSON. A chunk is what one task reads of one file
#   counted  label and chunk as in items, n: how many there are
#   skipped  label: why, n: how many objects
DECIDED = "what string, label string, chunk long, n long, text string"
GROUPS = "section string, label string, position long, n long, urls long, text string"
WRITTEN = "part long, items long, urls long"
_BATCH = 10_000
_CHUNKS_A_TASK = 1 << 24


class Job(msgspec.Struct, frozen=True):
    """What tells items from objects. apart: whether places are counted by section, or over all items."""

    rules: BuildRules
    source: Source
    table: dict[str, dict[str, Any]]
    encoded: bool
    apart: bool


def decided(batches: Iterable[Any], job: Job) -> Iterator[Any]:
    """Objects (key, size, modified, unfit, file, block) in the order of the inventory become rows DECIDED."""
    from pyspark import TaskContext

    first = TaskContext.get().partitionId() * _CHUNKS_A_TASK
    return _in_batches(_decisions(_rows(batches), job, first), DECIDED)


def _decisions(objects: Iterable[tuple[Any, ...]], job: Job, chunk: int) -> Iterator[tuple[Any, ...]]:
    decide = decider(job.rules, job.source.url, job.table)
    encode = msgspec.json.Encoder().encode
    skipped: dict[str, int] = {}
    for (file, block), rows in groupby(objects, key=itemgetter(4, 5)):
        yield "chunk", "", chunk, 0, encode([file, block]).decode()
        counts: dict[str, int] = {}
        members = 0
        for key, size, modified, unfit, _, _ in rows:
            if key is None:  # as where a file has other columns than the first
                raise ValueError(f"{file} has a row without a key")
            name = unquote_plus(key) if job.encoded else key
            if not belongs(name, unfit, job.source):
                continue
            found = decide(Object(name, size, modified, unfit))
            if isinstance(found, str):
                skipped[found] = skipped.get(found, 0) + 1
            elif isinstance(found, Member):
                if name in job.table:
                    skipped[ROW_OF_MEMBER] = skipped.get(ROW_OF_MEMBER, 0) + 1
                yield "member", encode([found.rule, found.groups]).decode(), chunk, members, name
                members += 1
            else:
                section, item = found[:2]
                counted = section if job.apart else ""
                n = counts.get(counted, 0)
                counts[counted] = n + 1
                yield "item", section, chunk, n, encode(item).decode()
        for label, count in counts.items():
            yield "counted", label, chunk, count, ""
        chunk += 1
    for reason, count in skipped.items():
        yield "skipped", reason, 0, count, ""


def group_of(label: str) -> tuple[int, tuple[str | None, ...]]:
    """Which rule a group is of, and what tells it from the others."""
    rule, texts = msgspec.json.decode(label, type=tuple[int, tuple[str | None, ...]])
    return rule, texts


def grouped(batches: Iterable[Any], job: Job) -> Iterator[Any]:
    """Members (label, position of the chunk, n, key), sorted, become rows GROUPS: one a group, at its first member."""

    def groups() -> Iterator[tuple[Any, ...]]:
        for label, rows in groupby(_rows(batches), key=itemgetter(0)):
            members = list(rows)
            rule, texts = group_of(label)
            section, item = group_item(
                job.rules.groups[rule], texts, [row[3] for row in members], job.source.url, job.table
            )
            text = msgspec.json.encode(item).decode()
            yield section, label, members[0][1], members[0][2], len(members), text

    return _in_batches(groups(), GROUPS)


def written(batches: Iterable[Any], target: Target) -> Iterator[Any]:
    """Items (part, section, urls, text), sorted by part and place, become files; gives rows WRITTEN."""

    def parts() -> Iterator[tuple[int, int, int]]:
        for part, rows in groupby(_rows(batches), key=itemgetter(0)):
            sections: dict[str, list[msgspec.Raw]] = {}
            items = urls = 0
            for _, section, more, text in rows:
                sections.setdefault(section, []).append(msgspec.Raw(text))
                items, urls = items + 1, urls + more
            write_part(sections, items, urls, target, part)
            yield part, items, urls

    return _in_batches(parts(), WRITTEN)


def _rows(batches: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _in_batches(rows: Iterator[tuple[Any, ...]], schema: str) -> Iterator[Any]:
    import pyarrow as pa  # type: ignore[import-untyped]

    types = {"string": pa.string(), "long": pa.int64()}
    fields = pa.schema([(name, types[kind]) for name, kind in (one.split() for one in schema.split(", "))])
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield pa.record_batch([list(column) for column in zip(*batch, strict=True)], schema=fields)
            batch = []
    if batch:
        yield pa.record_batch([list(column) for column in zip(*batch, strict=True)], schema=fields)
