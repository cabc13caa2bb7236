"""Reads a bucket's inventory, Parquet or CSV, with DuckDB (the extra `inventory`).

Understood are the columns of S3 Inventory, of Azure's blob inventory and of Cloud Storage's
Storage Insights. Where no groups, side table or probing are asked for, the engine writes the
text of the items itself (`texts`), which is several times faster than making each in Python.
"""

# ruff: noqa: S608 - SQL is put together from literals, all of which go through _text
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from msgspec import Struct

from integrations.errors import ConfigurationError, IntegrationsError
from integrations.registration.build.assemble import EMPTY_TITLE, LONG_TITLE
from integrations.registration.build.columns import ELSEWHERE, belongs, meanings, own_key, unfit_sql
from integrations.registration.build.rules import BuildRules, glob_regex, places
from integrations.registration.build.source import Object, Source
from integrations.registration.model import MAX_TITLE

MEMORY = "300MB"
_NO_KEY = "the inventory has a row without a key: it is damaged, or --columns names the columns in another order"
_REASON = "/"  # before what stands in the place of an extension, which has no slash
_BATCH = 100_000
_AHEAD = "32MB"  # what the engine may have ready while a batch is written


class Inventory(Struct, frozen=True):
    """Inventory files and what their columns are called, as SQL. unfit: why a row is no object for an item, or NULL."""

    table: str
    key: str
    unfit: str
    size: str
    modified: str
    encoded: bool


def connect() -> Any:
    """An engine that keeps to its memory. Raises ConfigurationError if the extra is not installed."""
    try:
        import duckdb
        import pyarrow  # type: ignore[import-untyped]  # noqa: F401 - DuckDB streams its results through it
    except ImportError:
        raise ConfigurationError("inventories need the extra: pip install 'encord-integrations[inventory]'") from None
    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{MEMORY}'")
    connection.execute(f"SET streaming_buffer_size = '{_AHEAD}'")
    connection.execute("SET preserve_insertion_order = true")
    connection.execute("SET TimeZone = 'UTC'")  # that of the machine otherwise
    return connection


@contextmanager
def reading(files: Sequence[str | Path]) -> Iterator[None]:
    """Around everything that reads an inventory. Raises IntegrationsError, in one line, for what DuckDB cannot read."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise IntegrationsError(f"{files[0]} cannot be read: {str(error).partition(chr(10))[0]}") from error


def describe(
    connection: Any, files: list[Path], source: Source, columns: str | None, *, timed: bool = False
) -> Inventory:
    """Find out what the columns mean. columns: their names, with commas between, for CSV without headings.

    Raises ConfigurationError if no column holds keys, or none times although they are needed (timed).
    """
    names = ", ".join(literal(one) for one in in_order(files))
    parquet = is_parquet(files)
    if parquet:
        table = f"read_parquet([{names}])"
    elif columns:
        listed = ", ".join(literal(one) for one in column_names(columns))
        table = f"read_csv([{names}], header = false, names = [{listed}], all_varchar = true)"
    else:
        table = f"read_csv([{names}], header = true, all_varchar = true)"
    described = connection.execute(f"DESCRIBE FROM {table}").fetchall()
    found = meanings([str(row[0]) for row in described], files, timed=timed)
    size = f'TRY_CAST("{found.size}" AS BIGINT)' if found.size else "0"
    # A text may say its offset from UTC.
    time = f'"{found.modified}"' if parquet else f'TRY_CAST("{found.modified}" AS TIMESTAMPTZ)'
    modified = f"strftime(TRY_CAST({time} AS TIMESTAMP), '%Y-%m-%dT%H:%M:%SZ')" if found.modified else "''"
    key, unfit = own_key(source, f'"{found.key}"'), unfit_sql(found, source, '"')
    return Inventory(table, key, unfit, size, modified, are_encoded(source, files))


def in_order(files: Sequence[str | Path]) -> list[str]:
    """The order of objects is that of the files' names, and that in the files."""
    return sorted(one if isinstance(one, str) and "://" in one else str(Path(one).absolute()) for one in files)


def is_parquet(files: Sequence[str | Path]) -> bool:
    """Whether these files are Parquet; otherwise they are CSV."""
    return all(str(one).endswith(".parquet") for one in files)


def are_encoded(source: Source, files: Sequence[str | Path]) -> bool:
    """Whether keys are URL-encoded: S3's are, in CSV.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html
    """
    return source.scheme == "s3" and not is_parquet(files)


def column_names(columns: str) -> list[str]:
    """The names of `--columns`."""
    return [one.strip() for one in columns.split(",")]


def objects(connection: Any, inventory: Inventory, source: Source, after: str = "") -> Iterator[Object]:
    """All objects of the inventory under the source's prefix, in the order of the inventory.

    Raises IntegrationsError for a row without a key.
    """
    query = (
        f"SELECT {inventory.key} AS k, coalesce({inventory.size}, 0), coalesce({inventory.modified}, ''),"
        f" coalesce({inventory.unfit}, '') FROM {inventory.table} WHERE coalesce({inventory.modified}, '') >= {literal(after)}"
    )
    for batch in _batches(connection, query):
        for key, size, modified, unfit in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if key is None:
                raise IntegrationsError(_NO_KEY)
            name = unquote_plus(key) if inventory.encoded else key
            if belongs(name, unfit, source):
                yield Object(name, size, modified, unfit)


def _batches(connection: Any, query: str) -> Iterator[Any]:
    """The rows of a query. Raises duckdb.Error; what happens to a batch is its reader's affair."""
    import duckdb
    import pyarrow

    try:
        yield from connection.sql(query).to_arrow_reader(_BATCH)
    except (pyarrow.ArrowException, OSError) as error:  # Arrow's words for what the engine met while it went on reading
        raise duckdb.Error(str(error)) from error


def can_be_text(rules: BuildRules, *, encoded: bool) -> bool:
    """Whether the engine can write the items of these rules by itself. encoded: whether the inventory's keys are."""
    return not rules.groups and rules.table is None and not encoded


def texts(
    connection: Any, inventory: Inventory, source: Source, rules: BuildRules, left_out: Counter[str], after: str = ""
) -> Iterator[tuple[str, int, memoryview, memoryview]]:
    """The items as JSON, each followed by a comma and a line feed, each section in the inventory's order.

    Gives batches: their section, how many items, the text of all of them, and where each ends (32-bit
    offsets, the first is 0). left_out counts the objects that become nothing, by reason.
    Raises IntegrationsError for a row without a key.
    """
    import pyarrow.compute as arrow  # type: ignore[import-untyped]

    for batch in _batches(connection, _texts_sql(inventory, source, rules, after)):
        sections, items, others = batch.columns
        for one in arrow.value_counts(others.drop_null()).to_pylist():
            if one["values"] == _REASON:
                raise IntegrationsError(_NO_KEY)
            left_out[_reason(one["values"])] += one["counts"]
        present = [one for one in arrow.unique(sections).to_pylist() if one is not None]
        for number in present:
            # Nearly every batch is of one section, whose text is written as it is.
            whole = len(present) == 1 and not sections.null_count
            mine = items if whole else items.filter(arrow.equal(sections, number))
            _, offsets, data = mine.buffers()
            yield rules.sections[number], len(mine), memoryview(data), memoryview(offsets).cast("i")


def _reason(text: str) -> str:
    return text.removeprefix(_REASON) if text.startswith(_REASON) else f"extension {text or '(none)'}"


def _texts_sql(inventory: Inventory, source: Source, rules: BuildRules, after: str) -> str:
    """Of each object the number of its section, its item's text, and its extension, or the reason, if it has no section.

    Not IN: of a longer list DuckDB makes a join, and a join does not keep the order of rows.
    """
    whens = []
    for number, section in enumerate(rules.sections):
        ours = "/".join(extension for extension, owner in rules.section_of.items() if owner == section)
        whens.append(f"WHEN contains({literal(f'/{ours}/')}, concat('/', lower(extension), '/')) THEN {number}")
    why = [("key IS NULL", literal(_REASON)), ("unfit IS NOT NULL", f"concat({literal(_REASON)}, unfit)")]
    why += [("section IS NULL", "lower(extension)")]
    columns = f"CASE {' '.join(whens)} END AS section"
    if rules.title:
        columns += f", {_template(rules.title, rules.pattern)} AS title"
        why += [("title = ''", literal(_REASON + EMPTY_TITLE))]
        why += [(f"length(title) > {MAX_TITLE}", literal(_REASON + LONG_TITLE))]
    reasons = " ".join(f"WHEN {test} THEN {reason}" for test, reason in why)
    return (
        f"SELECT CASE WHEN why IS NULL THEN section END, CASE WHEN why IS NULL THEN {item_sql(rules, source)} END, why"
        f" FROM (SELECT *, CASE {reasons} END AS why FROM (SELECT *, {columns} FROM ({_fields_sql(inventory)})"
        f" WHERE key IS NULL OR {_where(rules, source, after)}))"
    )


def _fields_sql(inventory: Inventory) -> str:
    """The fields that a text can name, as columns; the same as `assemble.fields_of`."""
    base = (
        f"SELECT {inventory.key} AS key, {inventory.unfit} AS unfit, coalesce({inventory.size}, 0) AS size,"
        f" coalesce({inventory.modified}, '') AS modified"
    )
    extension = (
        "CASE WHEN lower(right(name, 7)) = '.nii.gz' THEN right(name, 7)"
        " WHEN contains(name, '.') THEN concat('.', split_part(name, '.', -1)) ELSE '' END"
    )
    return (
        f"SELECT *, left(name, length(name) - length(extension)) AS stem FROM (SELECT *, {extension} AS extension,"
        " left(key, greatest(length(key) - length(name) - 1, 0)) AS folder FROM (SELECT *, split_part(key, '/', -1) AS name"
        f" FROM ({base} FROM {inventory.table})))"
    )


def _where(rules: BuildRules, source: Source, after: str) -> str:
    wanted = ["NOT ends_with(key, '/')"]
    if rules.include:
        wanted.append(f"regexp_matches(key, {literal('|'.join(map(glob_regex, rules.include)))})")
    if rules.exclude:
        wanted.append(f"NOT regexp_matches(key, {literal('|'.join(map(glob_regex, rules.exclude)))})")
    parts = [
        f"(unfit = {literal(ELSEWHERE)} OR starts_with(key, {literal(source.prefix)}))",
        f"(unfit IS NOT NULL OR {' AND '.join(wanted)})",
    ]
    if after:  # left out otherwise, because times are slow to write
        parts.append(f"modified >= {literal(after)}")
    return " AND ".join(parts)


def item_sql(rules: BuildRules, source: Source) -> str:
    """The SQL expression of one item's text, of the fields and its title."""
    base = source.url("x").removesuffix("x")
    parts = [literal(f'{{"objectUrl":"{base}'), "replace(url_encode(key), '%2F', '/')", literal('"')]
    if rules.title:
        parts += [literal(',"title":'), "to_json(title)"]
    if rules.metadata:
        for number, (name, text) in enumerate(rules.metadata.items()):
            head = ',"clientMetadata":{' if number == 0 else ","
            parts.append(f"{literal(head)} || to_json({literal(name)}) || ':'")
            parts.append("size" if text == "{size}" else f"to_json({_template(text, rules.pattern)})")
        parts.append("'}'")
    return f"concat({', '.join(parts)}, '}},' || chr(10))"


def _template(text: str, pattern: str | None) -> str:
    groups = re.compile(pattern).groupindex if pattern else {}
    parts = []
    for number, part in enumerate(places(text)):
        if number % 2 == 0:
            parts.append(literal(part))
        elif part in groups:
            parts.append(f"regexp_extract(key, {literal(pattern or '')}, {groups[part]})")
        else:
            parts.append(f"{part}::VARCHAR")
    return f"concat({', '.join(parts)})"


def literal(value: str) -> str:
    """An SQL literal."""
    return "'" + value.replace("'", "''") + "'"
