"""An inventory becomes the same files on Spark as with DuckDB, byte for byte."""

from __future__ import annotations

import csv
import gzip
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from integrations.errors import ConfigurationError, IntegrationsError, NothingMatchedError
from integrations.registration.build import inventory as inventories
from integrations.registration.build import spark as on_spark
from integrations.registration.build.parts import Target
from integrations.registration.build.rules import load_rules
from integrations.registration.build.run import Built, build_from_inventory
from integrations.registration.build.source import Source, parse_source
from integrations.registration.split import Limits
from integrations.registration.validate import validate

SOURCE = Source("s3", "my-bucket", "", "eu-west-2")
LIMITS = Limits(items=40, urls=60)
TEXT = """
exclude: ["**/thumbs/**"]
pattern: '^raw/(?P<scene>[^/]+)/'
title: "{scene}:{stem}{extension}"
metadata: {scene: "{scene}", bytes: "{size}", when: "{modified}"}
settings: {skip_duplicate_urls: true}
"""
GROUPS = """
groups:
  - {section: image_groups, match: "scans/**", by: '^scans/(?P<patient>[^/]+)/(?P<side>left|right)?', title: "{patient} {side}",
     metadata: {patient: "{patient}", side: "{side}"}}
  - {section: dicom_series, match: "series/**", by: '^series/0*(?P<number>[0-9]+)-', title: "series"}
"""
TABLE = "table: {file: labels.csv, key: path, columns: {label: quality, score: score, day: day}}\n"


def keys() -> list[str]:
    """In no order: groups lie scattered over the files, some titles are equal, one group is larger than a file."""
    chosen = random.Random(1)
    names = ["a b+c", "é'1\"", "x.y", "tab\there", "100%", "smile-\U0001f600", "back\\slash", 'comma,quote"']
    extensions = [".jpg", ".PNG", ".mp4", ".pdf", ".nii.gz", ".xyz", "", "/"]
    singles = [
        f"raw/{chosen.choice(['day', 'night', 'thumbs', 'd?y'])}/{chosen.choice(names)}-{number}{chosen.choice(extensions)}"
        for number in range(400)
    ]
    scans = [
        f"scans/p{patient}/{side}slice-{number}.png"
        for patient in range(1, 13)
        for side in ("left-", "right-", "")
        for number in range(patient)
    ]
    long = [f"scans/long/slice-{number:03d}.png" for number in range(70)]
    series = [
        f"series/{number:0{width}d}-{n}.dcm" for number in range(9) for width in (1, 3) for n in ("9", "09", "10")
    ]
    every = [*singles, *scans, *long, *series, "series/none.dcm"]
    chosen.shuffle(every)
    return every


ROWS = [
    (key, 100 + number, f"2024-01-{number % 28 + 1:02d} 10:{number % 60:02d}:00") for number, key in enumerate(keys())
]


def parquet(folder: Path, times: str = "TIMESTAMP") -> list[Path]:
    """Two files, with several groups of rows each, the later named first."""
    connection = inventories.connect()
    connection.execute(f"CREATE TABLE t (n INT, key VARCHAR, size BIGINT, last_modified_date {times})")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", [(n, *row) for n, row in enumerate(ROWS)])
    paths = [folder / "b 2%.parquet", folder / "a.parquet"]
    for path, where in zip(paths, ("n >= 300", "n < 300"), strict=True):
        connection.execute(
            f"COPY (SELECT * EXCLUDE n FROM t WHERE {where} ORDER BY n) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 100)"
        )
    return paths


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def both(spark: Any, tmp_path: Path, inventory: list[Path], text: str, source: Source = SOURCE, **more: Any) -> Built:
    """Build with both engines; the files must be the same."""
    (tmp_path / "rules.yaml").write_text(text)
    rules = load_rules(tmp_path / "rules.yaml")
    settings = {str(name): value for name, value in rules.settings.items()}
    one, other = (Target(tmp_path / name, "part", "json", LIMITS, settings) for name in ("spark", "duckdb"))
    names = [str(path) for path in inventory]
    done = on_spark.build_on_spark(spark, names, source, rules, one, root=tmp_path, **more)
    expected = build_from_inventory(inventory, source, rules, other, root=tmp_path, **more)
    assert files(one.folder) == files(other.folder)
    assert [(part.path.name, part.items, part.urls) for part in done.parts] == [
        (part.path.name, part.items, part.urls) for part in expected.parts
    ]
    return done


@pytest.mark.parametrize("times", ["TIMESTAMP", "TIMESTAMPTZ"])
def test_objects_that_stand_alone_become_the_same_files(spark: Any, tmp_path: Path, times: str):
    done = both(spark, tmp_path, parquet(tmp_path, times), TEXT, after="2024-01-03T10:09:00Z")
    assert len(done.parts) > 8
    assert done.skipped["folder"] > 0
    assert validate([part.path for part in done.parts]).counts == {}


def test_groups_and_side_tables_become_the_same_files_and_groups_stay_whole(spark: Any, tmp_path: Path):
    labels = [(row[0], number % 3, number / 7, f"2024-01-{number % 28 + 1:02d}") for number, row in enumerate(ROWS)]
    with (tmp_path / "labels.csv").open("w", newline="") as file:
        titles = [("series", 1, 0.5, ""), ("long ", 2, 0.5, "")]
        csv.writer(file).writerows([("path", "label", "score", "day"), *labels[::2], *titles])
    done = both(spark, tmp_path, parquet(tmp_path), TEXT + GROUPS + TABLE)
    assert done.skipped["no group"] == 1
    assert done.skipped["rows of the side table: their objects are in groups"] > 0
    assert b'"clientMetadata":{"patient":"long","side":"","quality":2,' in b"".join(files(tmp_path / "spark").values())
    assert b'"objectUrl_69"' in b"".join(files(tmp_path / "spark").values())
    assert validate([part.path for part in done.parts]).counts == {}


def test_only_groups_become_the_same_files(spark: Any, tmp_path: Path):
    both(spark, tmp_path, parquet(tmp_path), "include: ['scans/**']\n" + GROUPS)


def test_a_csv_inventory_of_s3_becomes_the_same_files(spark: Any, tmp_path: Path):
    path = tmp_path / "inventory.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows(
            [bucket, quote_plus(key, safe="/"), size, f"{when[:10]}T{when[11:]}.000Z", latest, "false"]
            for key, size, when in ROWS
            for bucket, latest in (("my-bucket", "true"), ("my-bucket", "false"), ("other", "true"))
        )
    source = Source("s3", "my-bucket", "raw/", "eu-west-2")
    columns = "Bucket, Key, Size, LastModifiedDate, IsLatest, IsDeleteMarker"
    done = both(spark, tmp_path, [path], TEXT, source, columns=columns)
    assert done.skipped["in another bucket or container"] == len(ROWS)
    assert 0 < done.skipped["not the current version"] < len(ROWS)


def test_a_csv_inventory_of_azure_becomes_the_same_files(spark: Any, tmp_path: Path):
    path = tmp_path / "inventory.csv"
    with path.open("w", newline="") as file:
        rows = [
            (f"{container}/{key}", f"{when[:10]}T{when[11:]}+02:00", size, snapshot)
            for key, size, when in ROWS
            for container, snapshot in (("cont", ""), ("cont", "2024-01-01T00:00:00Z"), ("other", ""))
        ]
        csv.writer(file).writerows([("Name", "Last-Modified", "Content-Length", "Snapshot"), *rows])
    done = both(spark, tmp_path, [path], TEXT, parse_source("az://acc/cont/"))
    assert done.skipped["not the current version"] == done.skipped["in another bucket or container"] == len(ROWS)


def test_what_spark_cannot_do_or_find_is_said_in_one_sentence(spark: Any, tmp_path: Path):
    path = [str(parquet(tmp_path)[1])]

    def build(text: str, names: list[str], form: Any = "json", folder: Path = tmp_path / "out") -> None:
        (tmp_path / "rules.yaml").write_text(text)
        rules = load_rules(tmp_path / "rules.yaml")
        on_spark.build_on_spark(spark, names, SOURCE, rules, Target(folder, "part", form), root=tmp_path)

    for text, names, form, error, said in (
        ("{}", path, "csv", ConfigurationError, "Spark writes JSON"),
        ("probe: true", path, "json", ConfigurationError, "not probed on Spark"),
        ("{}", [f"{tmp_path}/none.parquet"], "json", IntegrationsError, "none.parquet cannot be read"),
        ("include: [none/**]", path, "json", NothingMatchedError, "not included"),
    ):
        with pytest.raises(error, match=said) as caught:
            build(text, names, form)
        assert "\n" not in str(caught.value)
    (tmp_path / "file").touch()
    with pytest.raises(IntegrationsError, match=r"Spark did not complete: FileExistsError: .*/file'$"):
        build("{}", path, folder=tmp_path / "file")


def test_without_java_no_session_is_opened_and_the_cure_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ConfigurationError, match="Java 17 or newer"), on_spark.session():
        pass
