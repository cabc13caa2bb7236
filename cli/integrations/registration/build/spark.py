"""Builds registration files from an inventory on Spark (the extra `spark`): the same files as DuckDB's.

Spark reads, spreads, sorts and joins; what becomes of an object is said by `assemble`, as everywhere.
The driver holds a few rows for each chunk of the inventory, and title and size of each group.
docs/adr/0010 says why it is done so.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct, structs

from integrations.errors import ConfigurationError, IntegrationsError
from integrations.registration.build import inventory as inventories
from integrations.registration.build.assemble import group_title, natural
from integrations.registration.build.columns import meanings, own_key, unfit_sql
from integrations.registration.build.parts import Target, is_full
from integrations.registration.build.rules import BuildRules
from integrations.registration.build.run import Built, built
from integrations.registration.build.side_table import side_table
from integrations.registration.build.source import Source, utc
from integrations.registration.build.spark_tasks import (
    DECIDED,
    GROUPS,
    WRITTEN,
    Job,
    decided,
    group_of,
    grouped,
    written,
)
from integrations.registration.part_files import Part, unfinished, whole_set


class Start(Struct, frozen=True):
    """Where the items of a chunk begin. label: their section. part: the section's first. place: of the first item."""

    chunk: int
    label: str
    part: int
    place: int


class Plan(Struct, frozen=True):
    """Where items and groups go."""

    starts: list[Start]
    items: int
    parts: int


@contextmanager
def session(master: str | None = None) -> Iterator[Any]:
    """A Spark session by the user's own configuration: SPARK_CONF_DIR, spark-defaults.conf, the environment.

    Raises ConfigurationError if the extra or Java is missing, or Spark does not start.
    """
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise ConfigurationError("Spark needs the extra: pip install 'encord-integrations[spark]'") from None
    if not _java():
        raise ConfigurationError("Spark needs Java 17 or newer: install it, or set JAVA_HOME to where it is")
    builder = SparkSession.builder.appName("integrations registration build")
    try:
        opened = (builder.master(master) if master else builder).getOrCreate()
    except (PySparkException, _java_error()) as error:
        raise ConfigurationError(f"Spark does not start, its own words are above: {_first_line(error)}") from error
    try:
        _configure(opened)
        yield opened
    finally:
        opened.stop()


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return shutil.which(str(Path(home) / "bin" / "java") if home else "java") is not None


def _java_error() -> type[Exception]:
    from py4j.protocol import Py4JError

    return Py4JError  # type: ignore[no-any-return]


def _configure(opened: Any) -> None:
    """Only what concerns this session: times are in UTC, and workers on this machine run this Python."""
    opened.conf.set("spark.sql.session.timeZone", "UTC")
    context = opened.sparkContext
    chosen = os.environ.get("PYSPARK_PYTHON") or context.getConf().get("spark.pyspark.python")
    if context.master.startswith("local") and not chosen:
        context.pythonExec = sys.executable


def build_on_spark(
    spark: Any,
    files: list[str],
    source: Source,
    rules: BuildRules,
    target: Target,
    *,
    root: Path,
    columns: str | None = None,
    after: str = "",
) -> Built:
    """Write the registration files of a bucket from its inventory.

    files: paths that Spark's workers can read, or URIs that Spark can. The target's folder must be
    on a file system that all workers and this machine share.
    Raises ConfigurationError for what Spark does not do, NothingMatchedError if nothing was written,
    IntegrationsError for an inventory that cannot be read or if Spark does not complete.
    """
    after = utc(after)
    if target.format != "json":
        raise ConfigurationError("Spark writes JSON: leave --to out, and make CSV of it with registration convert")
    if rules.probed:
        raise ConfigurationError("media are not probed on Spark: take `probe` out of the rules, or leave --engine out")
    encoded = inventories.are_encoded(source, files)
    # As without Spark: a file for each section where no groups and no table are asked for.
    apart = inventories.can_be_text(rules, encoded=encoded)
    job = Job(rules, source, side_table(rules, root), encoded, apart)
    with _answered(files):
        from pyspark import StorageLevel

        objects = _objects(spark, files, source, columns, after)
        rows = objects.mapInArrow(partial(decided, job=job), DECIDED).persist(StorageLevel.DISK_ONLY)
        try:
            with whole_set(target.folder, target.stem, target.format) as parts:
                written_, skipped = _written(spark, rows, job, target)
                parts += written_
        finally:
            rows.unpersist()
    return built(parts, skipped, source)


def _objects(spark: Any, files: list[str], source: Source, columns: str | None, after: str) -> Any:
    """The inventory: key, size, modified, why it can be no item, and which chunk of which file a row is from."""
    from pyspark.sql import functions as f

    reader, paths = spark.read, [one if "://" in one else f"file://{one}" for one in inventories.in_order(files)]
    if inventories.is_parquet(files):
        table = reader.parquet(*paths)
    else:
        reader = reader.options(header=not columns, multiLine=True, escape='"')
        if columns:
            reader = reader.schema(", ".join(f"`{one}` STRING" for one in inventories.column_names(columns)))
        table = reader.csv(paths)
    found = meanings(table.columns, files, timed=bool(after))
    size = f.expr(f"coalesce(try_cast(`{found.size}` AS BIGINT), 0)") if found.size else f.lit(0).cast("bigint")
    time = f"date_format(try_cast(`{found.modified}` AS TIMESTAMP), \"yyyy-MM-dd'T'HH:mm:ss'Z'\")"
    modified = f.expr(f"coalesce({time}, '')") if found.modified else f.lit("")
    return table.select(
        f.expr(own_key(source, f"`{found.key}`")).alias("key"),
        size.alias("size"),
        modified.alias("modified"),
        f.expr(f"coalesce({unfit_sql(found, source, '`')}, '')").alias("unfit"),
        f.col("_metadata.file_path").alias("file"),
        f.col("_metadata.file_block_start").alias("block"),
    ).where(f.col("modified") >= after)


def _written(spark: Any, rows: Any, job: Job, target: Target) -> tuple[list[Part], dict[str, int]]:
    told = rows.where("what IN ('chunk', 'counted', 'skipped')").collect()
    skipped: dict[str, int] = {}
    for row in told:
        if row.what == "skipped":
            skipped[row.label] = skipped.get(row.label, 0) + row.n
    chunks = in_reading_order([(row.chunk, row.text) for row in told if row.what == "chunk"])
    counts = {(row.label, row.chunk): row.n for row in told if row.what == "counted"}
    plan = plan_items(chunks, counts, job, target)
    items = _placed(spark, rows, plan, target)
    parts = plan.parts
    if job.rules.groups:
        groups, parts = _groups(spark, rows, chunks, job, target, plan)
        items = items.unionByName(groups)
    if not parts:
        return [], skipped
    # Workers may run in a folder of their own.
    shared = structs.replace(target, folder=target.folder.absolute())
    sorted_ = items.repartition(parts, "part").sortWithinPartitions("part", "place")
    sorted_ = sorted_.select("part", "section", "urls", "text")
    done = sorted_.mapInArrow(partial(written, target=shared), WRITTEN).collect()
    return [_part(target, row) for row in sorted(done, key=lambda row: row.part)], skipped


def _part(target: Target, row: Any) -> Part:
    path = target.path(row.part)
    if not unfinished(path).is_file():
        raise IntegrationsError(
            f"{path} was written by a Spark worker and is not here: name a folder that all workers and this machine share"
        )
    return Part(path, row.items, row.urls)


def in_reading_order(chunks: list[tuple[int, str]]) -> list[int]:
    """The chunks by the names of their files, then by their offsets."""

    def place(chunk: tuple[int, str]) -> tuple[str, int]:
        file, block = msgspec.json.decode(chunk[1])
        return unquote(file), block

    return [number for number, _ in sorted(chunks, key=place)]


def plan_items(chunks: list[int], counts: dict[tuple[str, int], int], job: Job, target: Target) -> Plan:
    """Where the items of each chunk go, from how many there are; each has one URL."""
    limit = min(target.limits.items, target.limits.urls)
    starts: list[Start] = []
    parts = total = 0
    for counted in job.rules.sections if job.apart else [""]:
        place = 0
        for chunk in chunks:
            labels = [counted] if job.apart else job.rules.sections
            starts += [Start(chunk, label, parts + 1, place) for label in labels]
            place += counts.get((counted, chunk), 0)
        parts += -(-place // limit)
        total += place
    return Plan(starts, total, parts)


def _placed(spark: Any, rows: Any, plan: Plan, target: Target) -> Any:
    """The items, with the part of each and its place in it."""
    from pyspark.sql import functions as f

    limit = min(target.limits.items, target.limits.urls)
    starts = _frame(spark, "chunk long, label string, first long, start long", map(structs.astuple, plan.starts))
    return (
        rows.where("what = 'item'")
        .join(f.broadcast(starts), ["chunk", "label"])
        .selectExpr(
            f"first + (start + n) div {limit} AS part",
            "start + n AS place",
            "label AS section",
            "1L AS urls",
            "text",
        )
    )


def _groups(spark: Any, rows: Any, chunks: list[int], job: Job, target: Target, plan: Plan) -> tuple[Any, int]:
    """The groups, placed behind the items, and the number of all parts."""
    from pyspark.sql import functions as f

    order = _frame(spark, "chunk long, position long", ((chunk, place) for place, chunk in enumerate(chunks)))
    members = rows.where("what = 'member'").join(f.broadcast(order), "chunk").select("label", "position", "n", "text")
    members = members.repartition("label").sortWithinPartitions("label", "position", "n")
    groups = members.mapInArrow(partial(grouped, job=job), GROUPS)
    heads = [(row.label, row.position, row.n, row.urls) for row in groups.drop("section", "text").collect()]
    places, parts = plan_groups(heads, job.rules, target, plan)
    placed = _frame(spark, "label string, part long, place long", places)
    return groups.join(placed, "label").select("part", "place", "section", "urls", "text"), parts


def plan_groups(
    heads: list[tuple[str, int, int, int]], rules: BuildRules, target: Target, plan: Plan
) -> tuple[list[tuple[str, int, int]], int]:
    """Part and place of each group, by title, behind the items; and the number of all parts.

    heads: of each group its label, where its first member is (chunk and place), and its URLs.
    """
    limit = min(target.limits.items, target.limits.urls)
    part = plan.parts
    count = urls = plan.items - max(part - 1, 0) * limit
    places: list[tuple[str, int, int]] = []
    ordered = sorted(sorted(heads, key=lambda head: head[1:3]), key=lambda head: natural(_title(rules, head[0])))
    for place, (label, _, _, more) in enumerate(ordered):
        if part == 0 or is_full(target.limits, count, urls, more):
            part, count, urls = part + 1, 0, 0
        count, urls = count + 1, urls + more
        places.append((label, part, plan.items + place))
    return places, part


def _title(rules: BuildRules, label: str) -> str:
    rule, texts = group_of(label)
    return group_title(rules.groups[rule], texts)


def _frame(spark: Any, schema: str, rows: Any) -> Any:
    """A small table of the driver's."""
    import pyarrow as pa  # type: ignore[import-untyped]

    types = {"string": pa.string(), "long": pa.int64()}
    fields = [(name, types[kind]) for name, kind in (one.split() for one in schema.split(", "))]
    columns = list(zip(*rows, strict=True)) or [()] * len(fields)
    return spark.createDataFrame(pa.table([list(column) for column in columns], schema=pa.schema(fields)))


@contextmanager
def _answered(files: list[str]) -> Iterator[None]:
    from pyspark.errors import AnalysisException, PySparkException

    try:
        yield
    except AnalysisException as error:
        raise IntegrationsError(f"{files[0]} cannot be read: {_first_line(error)}") from error
    except (PySparkException, _java_error()) as error:
        raise IntegrationsError(f"Spark did not complete: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    """What is wrong, without the stack: of an error in a worker's Python the last line of its traceback."""
    lines = str(error).strip().splitlines()
    raised = [one for one in lines if re.match(r"[\w.]+(Error|Exception): ", one)]
    return raised[-1] if raised and any(one.startswith("Traceback") for one in lines) else lines[0]
