"""Validating registration files beside what only loads them."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import tempfile
from pathlib import Path

from benchmarks.compare import Contestant, Row, at_most, faster, race
from benchmarks.registration import data
from benchmarks.registration.listing import bucket

ROUNDS = 5
PLACE = "benchmarks.registration.contestants"
OURS, ORJSON, CSV = (f"{PLACE}:{name}" for name in ("validate", "orjson_loads", "csv_reader"))
MEMORY = 64  # MiB
SPARK = """
spark.ui.enabled false
spark.ui.showConsoleProgress false
spark.driver.host 127.0.0.1
spark.driver.bindAddress 127.0.0.1
"""


def run(large: bool) -> list[Row]:
    """All rows; `large` adds the ten million items."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        rows = _beside(data.images(root / "images.json", 1_000_000), "1 M images, title and 6 fields", ORJSON, 4.0)
        rows += _beside(
            data.images(root / "media.json", 1_000_000, media=True), "the same with imageMetadata", ORJSON, 4.0
        )
        mixed = data.images(root / "mixed.json", 1_000_000, shuffled=True)
        rows += _beside(mixed, "the same with keys in any order", ORJSON, 3.0)
        rows += _beside(data.groups(root / "groups.json", 200_000), "200 k groups of 5 images", ORJSON, 2.5)
        rows += _beside(data.rows(root / "rows.csv", 2_000_000), "2 M rows of CSV", CSV, 1.5)
        rows += _errors(root / "images.json", root / "errors.json")
        rows += _listing()
        rows += _inventory(root, 10_000_000 if large else 2_000_000)
        rows += _spark(root, 10_000_000 if large else 1_000_000)
        if large:
            path = data.images(root / "large.json", 10_000_000)
            ours = race([Contestant("ours", OURS, (str(path),))], 1)["ours"]
            rows.append(at_most(f"10 M images: memory ({ours.seconds:.1f} s)", ours.megabytes, MEMORY, "MiB"))
    return rows


def _beside(path: Path, what: str, baseline: str, floor: float) -> list[Row]:
    contestants = [Contestant("ours", OURS, (str(path),)), Contestant("baseline", baseline, (str(path),))]
    samples = race(contestants, ROUNDS)
    name = baseline.rpartition(":")[2]
    return [
        faster(
            f"validate {what}, {path.stat().st_size / 1e6:.0f} MB", samples["ours"], samples["baseline"], name, floor
        ),
        at_most(f"validate {what}: memory", samples["ours"].megabytes, MEMORY, "MiB"),
    ]


def _errors(clean: Path, path: Path) -> list[Row]:
    """A thousand accidents of ten kinds in the million images: all found, at most twice the time."""
    accidents = data.accidents(clean, path, 1000, random.Random(2))
    contestants = [Contestant("clean", OURS, (str(clean),)), Contestant("errors", OURS, (str(path),))]
    samples = race(contestants, ROUNDS)
    found = data.found_at(path)
    rows = [
        Row(
            "1000 scattered errors: time beside the clean file",
            f"{samples['errors'].seconds:.2f} s, {samples['errors'].megabytes} MiB",
            f"clean {samples['clean'].seconds:.2f} s",
            samples["clean"].seconds / samples["errors"].seconds,
            0.5,
        )
    ]
    hits = sum(accident in found for accident in accidents)
    return [
        *rows,
        Row(
            "1000 scattered errors: found at line and column",
            f"{hits}",
            f"{len(accidents)} made",
            hits / len(accidents),
            1.0,
        ),
    ]


def _listing() -> list[Row]:
    """A hundred thousand keys under ten prefixes, 100 ms a page; on the wall, because it waits."""
    with bucket() as endpoint:
        contestants = [
            Contestant("ours", f"{PLACE}:list_ours", (endpoint,)),
            Contestant("boto3", f"{PLACE}:list_boto3", (endpoint,)),
        ]
        samples = race(contestants, 3, "seconds")
    return [faster("list 100 k keys, 10 prefixes, 100 ms a page", samples["ours"], samples["boto3"], "boto3", 5.0)]


def _inventory(root: Path, rows: int) -> list[Row]:
    """A Parquet inventory as S3 writes it, to registration files on disk; on the wall, two threads."""
    path = data.inventory(root / "inventory.parquet", rows)
    contestants = [
        Contestant(engine, f"{PLACE}:build_inventory", (str(path), str(root / engine), engine))
        for engine in ("text", "python")
    ]
    samples = race(contestants, 3, "seconds")
    speed = rows / samples["text"].seconds / 1e6
    what = f"build from an inventory of {rows / 1e6:.0f} M rows"
    return [
        Row(f"{what}: M rows a second", f"{speed:.2f}", "at least 1.5", speed / 1.5, 1.0),
        at_most(f"{what}: memory", samples["text"].megabytes, 500, "MiB"),
        faster(f"{what}: the engine's text", samples["text"], samples["python"], "Python items", 1.5),
    ]


def _spark(root: Path, rows: int) -> list[Row]:
    """The same inventory on Spark on this machine, beside DuckDB: what one pays where one machine would do.

    The memory is that of Python and Java; Spark's Python workers have ended by then.
    """
    if shutil.which("java") is None or importlib.util.find_spec("pyspark") is None:
        print("not measured: Spark, which needs Java 17 and make install-spark")
        return []
    path = data.inventory(root / "spark.parquet", rows)
    (root / "spark-defaults.conf").write_text(SPARK)
    os.environ.update({"SPARK_CONF_DIR": str(root), "SPARK_LOCAL_IP": "127.0.0.1"})
    contestants = [
        Contestant(engine, f"{PLACE}:build_inventory", (str(path), str(root / engine), engine))
        for engine in ("spark", "text")
    ]
    samples = race([*contestants, Contestant("start", f"{PLACE}:start_spark")], 1 if rows > 1_000_000 else 3, "seconds")
    what = f"build from an inventory of {rows / 1e6:.0f} M rows on Spark"
    return [
        faster(f"{what}, local[2]", samples["spark"], samples["text"], "DuckDB", 0.01),
        at_most(f"{what}: of it the start", round(samples["start"].seconds, 1), 60, "s"),
    ]
