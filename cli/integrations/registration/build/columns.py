"""What the columns of an inventory mean, by their names: S3 Inventory's, Azure's and those of Cloud Storage."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from integrations.errors import ConfigurationError
from integrations.registration.build.source import FOLDER, Source

# The same thing by its name in S3 Inventory, Azure's and Google's: in lower case, without `_` and `-`, because
# S3 writes last_modified_date in a file and LastModifiedDate in its manifest.
_KEY = ("key", "name")
_SIZE = ("size", "contentlength")
_MODIFIED = ("lastmodifieddate", "lastmodified", "updated", "timecreated")
ELSEWHERE = "in another bucket or container"
_DELETED = "deleted"
_OLD = "not the current version"
# Of the columns that tell what is no current object: when they do, and why. `{}` is the column, in the SQL of any engine.
_UNFIT = (
    ("isdeletemarker", "coalesce(TRY_CAST({} AS BOOLEAN), false)", _DELETED),
    ("deleted", "coalesce(TRY_CAST({} AS BOOLEAN), false)", _DELETED),
    ("timedeleted", "coalesce(CAST({} AS STRING), '') <> ''", _DELETED),
    ("islatest", "NOT coalesce(TRY_CAST({} AS BOOLEAN), true)", _OLD),
    ("iscurrentversion", "NOT coalesce(TRY_CAST({} AS BOOLEAN), true)", _OLD),
    ("snapshot", "coalesce(CAST({} AS STRING), '') <> ''", _OLD),
    ("hdiisfolder", "coalesce(TRY_CAST({} AS BOOLEAN), false)", FOLDER),
)


class Meanings(Struct, frozen=True):
    """Which column holds what; not every inventory has all. states: columns by their names in `_UNFIT`."""

    key: str
    size: str | None
    modified: str | None
    bucket: str | None
    states: dict[str, str]


def meanings(names: list[str], files: Sequence[str | Path], *, timed: bool) -> Meanings:
    """Find the columns by their names.

    Raises ConfigurationError if none holds keys, or none times although they are needed (timed).
    """
    known = {re.sub("[_-]", "", one.lower()): one for one in names}
    key, size, modified = (
        next((known[one] for one in wanted if one in known), None) for wanted in (_KEY, _SIZE, _MODIFIED)
    )
    if key is None:
        raise ConfigurationError(
            f"{files[0]} has no column of keys (key or name): name the columns with --columns, as the manifest lists them"
        )
    if timed and modified is None:
        raise ConfigurationError(f"{files[0]} has no column of times, which --since needs: leave --since out")
    states = {name: known[name] for name, _, _ in _UNFIT if name in known}
    return Meanings(key, size, modified, known.get("bucket"), states)


def unfit_sql(found: Meanings, source: Source, quote: str) -> str:
    """The SQL, of any engine, of why a row is no object for an item, NULL if it is one. quote: the engine's, of columns."""
    whens = []
    if source.scheme == "az":
        start = f"{source.bucket}/"
        whens.append((f"left({quote}{found.key}{quote}, {len(start)}) <> '{start}'", ELSEWHERE))
    elif found.bucket and source.scheme != "arn":  # behind an access point are buckets of any name
        whens.append((f"{quote}{found.bucket}{quote} <> '{source.bucket}'", ELSEWHERE))
    for name, test, why in _UNFIT:
        if name in found.states:
            whens.append((test.format(f"{quote}{found.states[name]}{quote}"), why))
    cases = " ".join(f"WHEN {test} THEN '{why}'" for test, why in whens)
    return f"CASE {cases} END" if whens else "NULL"


def belongs(key: str, unfit: str, source: Source) -> bool:
    """Whether a row is told of at all: what has the source's prefix, and what cannot, being elsewhere."""
    return unfit == ELSEWHERE or key.startswith(source.prefix)


def own_key(source: Source, column: str) -> str:
    """The SQL, of any engine, of a key in its container: Azure's names start with the container."""
    return f"substr({column}, {len(source.bucket) + 2})" if source.scheme == "az" else column
