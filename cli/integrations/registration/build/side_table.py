"""The side table of the rules: more metadata, CSV or Parquet, joined by the key of an object or the title of a group."""

from __future__ import annotations

import math
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from integrations.errors import ConfigurationError
from integrations.registration.build.inventory import connect, literal
from integrations.registration.build.rules import BuildRules


def side_table(rules: BuildRules, root: Path) -> dict[str, dict[str, Any]]:
    """The metadata of the side table by key; it is held in memory. Raises ConfigurationError."""
    table = rules.table
    if table is None:
        return {}
    path = root / table.file
    connection = connect()
    import duckdb

    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    whole = f"FROM {reader}({literal(str(path))})"
    try:
        there = [str(row[0]) for row in connection.execute(f"DESCRIBE {whole}").fetchall()]
        missing = next((one for one in (table.key, *table.columns) if one not in there), None)
        if missing is not None:
            raise ConfigurationError(f"{path} has no column {missing!r}; there are {', '.join(there)}")
        wanted = ", ".join(f'"{one}"' for one in (table.key, *table.columns))
        rows = connection.execute(f"SELECT {wanted} {whole}").fetchall()
    except duckdb.Error as error:
        raise ConfigurationError(f"{path} cannot be joined: {str(error).partition(chr(10))[0]}") from error
    return _by_key(rows, path, list(table.columns.items()))


def _by_key(rows: list[tuple[Any, ...]], path: Path, columns: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key, *values in rows:
        if str(key) in found:
            raise ConfigurationError(f"{path} has two rows for {str(key)!r}: leave one")
        found[str(key)] = {}
        for (column, name), value in zip(columns, values, strict=True):
            try:
                plain = _plain(value)
            except ValueError as error:
                raise ConfigurationError(f"{path}: {column!r} of {str(key)!r} holds {error}") from None
            if plain is not None:
                found[str(key)][name] = plain
    return found


def _plain(value: Any) -> Any:
    """The value as JSON has it; times are texts. Raises ValueError, naming what it is, for what Encord cannot take."""
    match value:
        case None | str() | bool() | int():
            return value
        case float() | Decimal():
            if not math.isfinite(value):
                raise ValueError(f"{value}, which is no number")
            return float(value)
        case list() | tuple():
            if not all(isinstance(one, int | float | Decimal) for one in value):
                raise ValueError("a list of something else than numbers, which no metadata can be")
            return [_plain(one) for one in value]
        case date() | time() | timedelta() | UUID():
            return str(value)
        case _:
            raise ValueError(f"a {type(value).__name__}, which no metadata can be")
