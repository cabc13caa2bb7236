"""Building registration files: rules, listings, inventories; what the engine writes is what Python writes."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from msgspec import structs

from integrations.errors import (
    ConfigurationError,
    ExitCode,
    IntegrationsError,
    NotAuthorisedError,
    NothingMatchedError,
    UnreachableError,
)
from integrations.registration import part_files
from integrations.registration.build import inventory as inventories
from integrations.registration.build.assemble import Skipped, assemble, natural
from integrations.registration.build.listing import Trouble, first_line, heads, list_objects, open_store
from integrations.registration.build.parts import Target
from integrations.registration.build.rules import BuildRules, glob_regex, load_rules
from integrations.registration.build.run import build_from_bucket, build_from_inventory
from integrations.registration.build.side_table import side_table
from integrations.registration.build.source import Object, Source, parse_source
from integrations.registration.findings import FindingId
from integrations.registration.load import load_items
from integrations.registration.split import Limits
from integrations.registration.validate import Options, validate

SOURCE = Source("s3", "my-bucket", "", "eu-west-2")
KEYS = [
    "raw/day/a b+c.jpg",
    "raw/night/é'1\".PNG",
    "raw/clip.mp4",
    "raw/notes.xyz",
    "raw/",
    "scans/p1/slice-10.png",
    "scans/p1/slice-9.png",
    "scans/p2/slice-1.png",
    "scan.nii.gz",
    "noextension",
]
OBJECTS = [Object(key, 100 + n, f"2024-01-{n + 1:02d}T00:00:00Z") for n, key in enumerate(KEYS)]
WHEN = "2024-01-01T00:00:00Z"
RULES = """
exclude: ["**/thumbs/**"]
pattern: '^raw/(?P<scene>[^/]+)/'
title: "{scene}:{stem}{extension}"
metadata: {scene: "{scene}", bytes: "{size}", when: "{modified}"}
settings: {skip_duplicate_urls: true}
"""
GROUPS = """
groups:
  - {section: image_groups, match: "scans/**", by: '^scans/(?P<p>[^/]+)/', title: "patient {p}", sequence: true}
"""


def rules(tmp_path: Path, text: str) -> BuildRules:
    path = tmp_path / "rules.yaml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path)


def built(tmp_path: Path, text: str, objects: list[Object] = OBJECTS) -> tuple[list[Any], dict[str, int]]:
    skipped = Skipped()
    items = [one[:2] for one in assemble(objects, rules(tmp_path, text), SOURCE.url, {}, skipped)]
    return items, skipped.counts


def test_objects_become_items_by_their_extension_with_title_and_metadata(tmp_path: Path):
    items, skipped = built(tmp_path, RULES)
    assert items[0] == (
        "images",
        {
            "objectUrl": "https://my-bucket.s3.eu-west-2.amazonaws.com/raw/day/a%20b%2Bc.jpg",
            "title": "day:a b+c.jpg",
            "clientMetadata": {"scene": "day", "bytes": 100, "when": "2024-01-01T00:00:00Z"},
        },
    )
    assert [section for section, _ in items] == ["images", "images", "videos", "images", "images", "images", "nifti"]
    assert skipped == {"extension .xyz": 1, "folder": 1, "extension (none)": 1}


def test_objects_of_one_folder_become_a_sequence_in_natural_order(tmp_path: Path):
    items, _ = built(tmp_path, GROUPS)
    groups = [item for section, item in items if section == "image_groups"]
    assert [group["title"] for group in groups] == ["patient p1", "patient p2"]
    assert groups[0]["createVideo"] is True
    assert groups[0]["objectUrl_0"].endswith("slice-9.png")
    assert groups[0]["objectUrl_1"].endswith("slice-10.png")


def test_an_object_whose_key_tells_no_group_is_left_out_and_counted(tmp_path: Path):
    items, skipped = built(tmp_path, GROUPS.replace("(?P<p>[^/]+)", "(?P<p>p1)"))
    assert skipped["no group"] == 1
    assert sum(section == "image_groups" for section, _ in items) == 1


def test_a_group_takes_its_metadata_from_its_own_groups_and_from_the_side_table_by_its_title(tmp_path: Path):
    skipped = Skipped()
    what = rules(tmp_path, RULES + GROUPS.replace("sequence: true", "sequence: true, metadata: {patient: '{p}'}"))
    table = {"patient p1": {"age": 50}, "scans/p2/slice-1.png": {"lost": 1}, "raw/clip.mp4": {"kept": 1}}
    items = [item for _, item, _ in assemble(OBJECTS, what, SOURCE.url, table, skipped)]
    assert [one["clientMetadata"] for one in items[-2:]] == [{"patient": "p1", "age": 50}, {"patient": "p2"}]
    assert skipped.counts["rows of the side table: their objects are in groups"] == 1


def test_what_is_no_image_joins_no_image_group_and_what_is_something_else_no_series(tmp_path: Path):
    names = ["9.png", "10.JPG", "11.raw", ".DS_Store", "Thumbs.db", "notes.txt", "IM0001", "1.2.840"]
    objects = [Object(f"scans/p1/{name}", 5, "") for name in names]

    def members(text: str) -> list[str]:
        ((_, item),) = built(tmp_path, text, objects)[0]
        return [url.rpartition("/")[2] for key, url in item.items() if key.startswith("objectUrl")]

    assert members(GROUPS) == ["9.png", "10.JPG"]
    assert members(GROUPS + "kinds: {images: [.raw]}") == ["9.png", "10.JPG", "11.raw"]
    assert built(tmp_path, GROUPS, objects)[1]["extension .DS_Store"] == 1
    series = [Object(f"scans/p1/{name}", 5, "") for name in ("9.png", *names[3:], "a.dcm", "b.IMA")]
    objects[:] = series
    assert members(GROUPS.replace("image_groups", "dicom_series")) == ["1.2.840", "IM0001", "a.dcm", "b.IMA"]


def test_natural_order_puts_nine_before_ten():
    assert sorted(["f10", "f9", "f1a", "g1"], key=natural) == ["f1a", "f9", "f10", "g1"]


@pytest.mark.parametrize(
    ("glob", "key", "matches"),
    [
        ("raw/**", "raw/a/b.jpg", True),
        ("raw/*", "raw/a/b.jpg", False),
        ("**/x.jpg", "x.jpg", True),
        ("**/x.jpg", "a/b/x.jpg", True),
        ("a?.jpg", "a1.jpg", True),
        ("a?.jpg", "a/.jpg", False),
        ("a.jpg", "axjpg", False),
    ],
)
def test_globs(glob: str, key: str, matches: bool):
    import re

    assert bool(re.search(glob_regex(glob), key)) is matches


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("titel: x", "titel"),
        ('title: "{scene}"', "{scene}"),
        ("pattern: '('", "regular expression"),
        ("groups: [{match: a, by: a, title: a}]", "named group"),
        ("kinds: {pictures: [.jpg]}", "pictures"),
        ("metadata: {keyframes: a}", "'keyframes'"),
        ("table: {file: f, key: k, columns: {c: $encord}}", "'$encord'"),
        ("groups: [{match: a, by: '(?P<p>a)', title: a, metadata: {a/b: a}}]", "'a/b'"),
        ("groups: [{match: a, by: '(?P<p>a)', title: a, metadata: {a: '{key}'}}]", "{key}"),
        ("- a", "array"),
        ("a: [", "rules.yaml"),
    ],
)
def test_wrong_rules_are_refused_with_file_and_reason(tmp_path: Path, text: str, said: str):
    with pytest.raises(ConfigurationError, match=r"rules\.yaml") as caught:
        rules(tmp_path, text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("s3://b-1/p/", "https://b-1.s3.eu-west-2.amazonaws.com/k%20"),
        ("GS://b-1", "https://storage.cloud.google.com/b-1/k%20"),
        ("az://acc/cont/p", "https://acc.blob.core.windows.net/cont/k%20"),
        ("obs://b-1", "https://b-1.obs.eu-west-2.otc.t-systems.com/k%20"),
        ("https://minio.example.com:9000/b/p", "https://minio.example.com:9000/b/k%20"),
        (
            "arn:aws:s3::123456789012:accesspoint/abc.mrap/p",
            "https://arn:aws:s3::123456789012:accesspoint/abc.mrap.s3-accesspoint.amazonaws.com/k%20",
        ),
    ],
)
def test_a_source_knows_the_urls_of_its_objects(text: str, url: str):
    assert parse_source(text, "eu-west-2").url("k ") == url


@pytest.mark.parametrize("text", ["bucket", "s3://b", "az://account", "ftp://x/y", "https://host"])
def test_what_is_no_source_is_refused(text: str):
    with pytest.raises(ConfigurationError):
        parse_source(text)


# -- inventories ------------------------------------------------------------------------------------


def parquet(path: Path, objects: list[Object]) -> Path:
    connection = inventories.connect()
    connection.execute("CREATE TABLE t (bucket VARCHAR, key VARCHAR, size BIGINT, last_modified_date TIMESTAMP)")
    connection.executemany(
        "INSERT INTO t VALUES ('my-bucket', ?, ?, ?)", [(o.key, o.size, o.modified[:19]) for o in objects]
    )
    connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    return path


def written(parts: list[Any]) -> dict[str, list[Any]]:
    sections: dict[str, list[Any]] = {}
    for part in parts:
        for section, items in load_items(part.path).sections.items():
            sections.setdefault(section, []).extend(items)
    return sections


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        RULES,
        'title: "{key}|{folder}|{name}|{size}"',
        "include: ['raw/**']",
        "{title: '{day}', pattern: '^raw/(?P<day>day|night)'}",
        f"title: '{'x' * 288}{{stem}}'",
    ],
)
def test_what_the_engine_writes_is_what_python_writes(tmp_path: Path, text: str):
    what = rules(tmp_path, text)
    path = parquet(tmp_path / "i.parquet", OBJECTS)
    done = build_from_inventory([path], SOURCE, what, Target(tmp_path / "out", "r"), root=tmp_path)
    expected: dict[str, list[Any]] = {}
    skipped = Skipped()
    for section, item, _ in assemble(OBJECTS, what, SOURCE.url, {}, skipped):
        expected.setdefault(section, []).append(item)
    assert written(done.parts) == expected
    unsaid = ("folder", "not included")  # by the engine, which drops them at once
    assert done.skipped == {reason: count for reason, count in skipped.counts.items() if reason not in unsaid}
    assert validate([part.path for part in done.parts]).counts == {}


def test_an_inventory_with_groups_and_a_side_table(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("path,label\nraw/clip.mp4,good\n")
    what = rules(tmp_path, GROUPS + "table: {file: labels.csv, key: path, columns: {label: quality}}\n")
    path = parquet(tmp_path / "i.parquet", OBJECTS)
    done = build_from_inventory([path], SOURCE, what, Target(tmp_path / "out", "r"), root=tmp_path)
    sections = written(done.parts)
    assert sections["videos"][0]["clientMetadata"] == {"quality": "good"}
    assert len(sections["image_groups"]) == 2
    with pytest.raises(ConfigurationError, match="cannot be joined"):
        what = rules(tmp_path, "table: {file: none.csv, key: path, columns: {label: quality}}")
        build_from_inventory([path], SOURCE, what, Target(tmp_path / "out2", "r"), root=tmp_path)


def test_a_side_table_gives_numbers_and_embeddings_and_nothing_is_guessed_of_the_rest(tmp_path: Path):
    what = rules(tmp_path, "table: {file: t.parquet, key: path, columns: {value: v}}")

    def values(sql: str) -> Any:
        inventories.connect().execute(f"COPY ({sql}) TO '{tmp_path / 't.parquet'}'")
        return side_table(what, tmp_path)

    assert values("SELECT 'a' AS path, [1.5, 2]::FLOAT[] AS value") == {"a": {"v": [1.5, 2.0]}}
    assert values("SELECT 'a' AS path, 1.5::DECIMAL(3, 1) AS value") == {"a": {"v": 1.5}}
    assert values("SELECT 'a' AS path, DATE '2024-01-02' AS value") == {"a": {"v": "2024-01-02"}}
    assert values("SELECT 'a' AS path, NULL::INT AS value") == {"a": {}}
    for sql, said in (
        ("SELECT 'a' AS path, 'nan'::FLOAT AS value", "'value' of 'a' holds nan"),
        ("SELECT 'a' AS path, [1, NULL]::FLOAT[] AS value", "something else than numbers"),
        ("SELECT 'a' AS path, {'x': 1} AS value", "a dict"),
        ("FROM (VALUES ('a', 1), ('a', 2)) t(path, value)", "two rows for 'a'"),
        ("SELECT 'a' AS path, 1 AS other", "no column 'value'; there are path, other"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            values(sql)


def test_a_csv_inventory_of_s3_has_encoded_keys_and_no_headings(tmp_path: Path):
    path = tmp_path / "inventory.csv"
    path.write_text('"my-bucket","raw/a+b%2B1.jpg","5"\n"my-bucket","other.jpg","6"\n')
    source = Source("s3", "my-bucket", "raw/", "eu-west-2")
    target = Target(tmp_path / "out", "r")
    done = build_from_inventory([path], source, BuildRules(), target, root=tmp_path, columns="Bucket,Key,Size")
    assert [item["objectUrl"] for item in written(done.parts)["images"]] == [source.url("raw/a b+1.jpg")]
    with pytest.raises(ConfigurationError, match="--columns"):
        build_from_inventory([path], source, BuildRules(), target, root=tmp_path)


def test_an_inventory_that_cannot_be_read_is_said_in_one_line(tmp_path: Path):
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    inventories.connect().execute(f"COPY (SELECT 'f.jpg' AS key) TO '{paths[0]}'")
    inventories.connect().execute(f"COPY (SELECT 'f.jpg' AS other) TO '{paths[1]}'")
    for files in (paths, [tmp_path / "none.parquet"]):
        with pytest.raises(IntegrationsError, match=r"\.parquet cannot be read") as caught:
            build_from_inventory(files, SOURCE, BuildRules(), Target(tmp_path / "out", "r"), root=tmp_path)
        assert "\n" not in str(caught.value)
        assert caught.value.exit_code == ExitCode.INCOMPLETE


@pytest.mark.parametrize("text", ["{}", GROUPS])
def test_a_row_without_a_key_is_damage_and_not_left_out(tmp_path: Path, text: str):
    path = tmp_path / "i.parquet"
    inventories.connect().execute(f"COPY (FROM (VALUES ('a.jpg'), (NULL)) t(key)) TO '{path}'")
    with pytest.raises(IntegrationsError, match="a row without a key"):
        build_from_inventory([path], SOURCE, rules(tmp_path, text), Target(tmp_path / "out", "r"), root=tmp_path)


def test_what_the_engine_writes_stands_in_the_order_of_the_inventory(tmp_path: Path):
    """Enough rows for several threads, of which each takes a part of the file."""
    path = tmp_path / "i.parquet"
    inventories.connect().execute(f"COPY (SELECT 'f' || i || '.jpg' AS key FROM range(800000) t(i)) TO '{path}'")
    build_from_inventory([path], SOURCE, BuildRules(), Target(tmp_path / "out", "r"), root=tmp_path)
    text = b"".join(one.read_bytes() for one in sorted((tmp_path / "out").iterdir()))
    numbers = [int(line[: line.index(b".jpg")]) for line in text.split(b"amazonaws.com/f")[1:]]
    assert numbers == list(range(800000))


def test_an_inventory_tells_the_same_times_whatever_the_timezone_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    connection = inventories.connect()
    path = tmp_path / "i.parquet"
    connection.execute(f"COPY (SELECT 'a.jpg' AS key, TIMESTAMPTZ '2024-01-01 12:00:00Z' AS updated) TO '{path}'")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        connection = inventories.connect()
        found = inventories.describe(connection, [path], SOURCE, None)
        assert [one.modified for one in inventories.objects(connection, found, SOURCE)] == ["2024-01-01T12:00:00Z"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_azure_inventory_names_the_container_before_the_key(tmp_path: Path):
    path = tmp_path / "inventory.csv"
    path.write_text("Name,Content-Length\ncont/raw/a.jpg,5\n")
    source = parse_source("az://acc/cont/raw/")
    done = build_from_inventory([path], source, BuildRules(), Target(tmp_path / "out", "r"), root=tmp_path)
    assert written(done.parts)["images"][0]["objectUrl"] == "https://acc.blob.core.windows.net/cont/raw/a.jpg"


# What is no object for an item: by the columns of S3's inventory (as in a file, and as in its manifest), Azure's and Google's.
STATES = {
    "s3://my-bucket/": [
        ("bucket,key,size,last_modified_date,is_latest,is_delete_marker", "{},{},5,2024-01-02T00:00:00Z,{}"),
        ("my-bucket", "a.jpg", "true,false", None),
        ("my-bucket", "b.jpg", ",", None),
        ("my-bucket", "c.jpg", "true,true", "deleted"),
        ("my-bucket", "d.jpg", "false,false", "not the current version"),
        ("other", "e.jpg", "true,false", "in another bucket or container"),
    ],
    "az://acc/cont/": [
        ("Name,Last-Modified,Snapshot,IsCurrentVersion,Deleted,hdi_isfolder", "{}/{},2024-01-02T00:00:00Z,{}"),
        ("cont", "a.jpg", ",true,,", None),
        ("cont", "b.jpg", ",,false,false", None),
        ("cont", "c.jpg", "2024-01-01T00:00:00Z,,,", "not the current version"),
        ("cont", "d.jpg", ",false,,", "not the current version"),
        ("cont", "e.jpg", ",,true,", "deleted"),
        ("cont", "f.jpg", ",,,true", "folder"),
        ("other", "g.jpg", ",true,,", "in another bucket or container"),
    ],
    "gs://my-bucket/": [
        ("bucket,name,updated,timeDeleted", "{},{},2024-01-02T00:00:00Z,{}"),
        ("my-bucket", "a.jpg", "", None),
        ("my-bucket", "b.jpg", "", None),
        ("my-bucket", "c.jpg", "2024-01-03T00:00:00Z", "deleted"),
    ],
}


@pytest.mark.parametrize("text", ["{}", GROUPS])
@pytest.mark.parametrize("parquet_too", [False, True])
@pytest.mark.parametrize("place", STATES)
def test_rows_that_are_no_current_object_of_the_bucket_are_left_out_and_counted(
    tmp_path: Path, place: str, parquet_too: bool, text: str
):
    (headings, line), *rows = STATES[place]
    path = tmp_path / "i.csv"
    path.write_text("\n".join([headings, *(line.format(*row[:3]) for row in rows)]))  # type: ignore[str-format]
    if parquet_too:
        path, plain = tmp_path / "i.parquet", path
        inventories.connect().execute(f"COPY (FROM read_csv('{plain}')) TO '{path}'")
    source = parse_source(place, "eu-west-2")
    done = build_from_inventory([path], source, rules(tmp_path, text), Target(tmp_path / "out", "r"), root=tmp_path)
    assert [one["objectUrl"] for one in written(done.parts)["images"]] == [source.url("a.jpg"), source.url("b.jpg")]
    assert done.skipped == Counter(row[3] for row in rows if row[3])
    elsewhere = Source(source.scheme, "elsewhere", "raw/", "eu-west-2", source.account)
    with pytest.raises(NothingMatchedError, match="in another bucket or container"):
        build_from_inventory([path], elsewhere, rules(tmp_path, text), Target(tmp_path / "out2", "r"), root=tmp_path)


def test_the_columns_of_a_manifest_are_known_and_since_is_a_time_wherever_it_was_written(tmp_path: Path):
    path = tmp_path / "i.csv"
    rows = [f'"my-bucket","{n}.jpg","5","2026-11-22T13:{n}:00.000Z","true"' for n in (25, 30, 55)]
    path.write_text("\n".join(rows))

    def build(since: str, columns: str = "Bucket, Key, Size, LastModifiedDate, IsLatest") -> list[str]:
        what, target = rules(tmp_path, "title: '{modified}'"), Target(tmp_path / str(len(since)), "r")
        done = build_from_inventory([path], SOURCE, what, target, root=tmp_path, columns=columns, after=since)
        return [item["title"] for item in written(done.parts)["images"]]

    assert build("2026-11-22T15:30:00+02:00") == ["2026-11-22T13:30:00Z", "2026-11-22T13:55:00Z"]
    assert len(build("2026-11-22")) == 3
    for since in ("11/22/2027", "yesterday", "2026-13-45", "0001-01-01T00:00:00+02:00"):
        with pytest.raises(ConfigurationError, match="is no time"):
            build(since)
    with pytest.raises(ConfigurationError, match="no column of times"):
        build("2026-11-22", "Bucket, Key, Size, Other, IsLatest")


def test_files_stay_within_the_limits(tmp_path: Path):
    many = [Object(f"raw/{n:04d}.jpg", n, "") for n in range(25)]
    path = parquet(tmp_path / "i.parquet", [Object(o.key, o.size, "2024-01-01T00:00:00Z") for o in many])
    limits = Limits(10, 10)
    for text in ("{}", GROUPS):
        target = Target(tmp_path / f"out{len(text)}", "r", limits=limits)
        done = build_from_inventory([path], SOURCE, rules(tmp_path, text), target, root=tmp_path)
        assert [part.items for part in done.parts] == [10, 10, 5]
        assert not validate([part.path for part in done.parts]).counts


@pytest.mark.parametrize("text", ["{}", GROUPS])
def test_a_folder_with_files_of_this_name_is_refused_and_left_as_it_is(tmp_path: Path, text: str):
    path = parquet(tmp_path / "i.parquet", OBJECTS)
    target = Target(tmp_path / "out", "r", limits=Limits(2, 10))
    build_from_inventory([path], SOURCE, rules(tmp_path, text), target, root=tmp_path)
    before = {one: one.read_bytes() for one in target.folder.iterdir()}
    larger = structs.replace(target, limits=Limits())
    with pytest.raises(ConfigurationError, match=r"r-00001\.json is there already: name an empty folder"):
        build_from_inventory([path], SOURCE, rules(tmp_path, text), larger, root=tmp_path)
    assert {one: one.read_bytes() for one in target.folder.iterdir()} == before
    other = structs.replace(target, stem="r-2")
    assert build_from_inventory([path], SOURCE, rules(tmp_path, text), other, root=tmp_path).parts


@pytest.mark.parametrize("text", ["{}", GROUPS])
def test_no_file_has_its_name_before_all_are_whole_and_a_broken_build_leaves_none(tmp_path: Path, text: str):
    target = Target(tmp_path / "out", "r", limits=Limits(2, 10))
    target.folder.mkdir()
    killed = ("r-00007.json.part", f"r-00001.json.{'0a' * 16}.part", "r-images-00003.part", "r-00002.part")
    others = {"r.part", "r-2-00001.json.part", "notes.txt"}
    for name in (*killed, *others):
        (target.folder / name).touch()
    seen: list[set[str]] = []

    def seeing(*_: Any) -> None:
        seen.append({one.name for one in target.folder.iterdir()} - others)

    path = tmp_path / "i.parquet"
    rows = "SELECT i || '.jpg' AS key FROM range(300000) t(i)"
    inventories.connect().execute(f"COPY ({rows} UNION ALL SELECT NULL) TO '{path}' (ROW_GROUP_SIZE 100000)")
    limits = Limits(150_000, 150_000)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(IntegrationsError, match="a row without a key"):
        patch.setattr(part_files, "_sweep", lambda *of, sweep=part_files._sweep: (seeing(), sweep(*of)))
        larger = structs.replace(target, limits=limits)
        build_from_inventory([path], SOURCE, rules(tmp_path, text), larger, root=tmp_path)
    assert seen[0] == set(killed)
    assert seen[1] & set(killed) == set()
    assert seen[1]
    assert all(name.endswith(".part") for name in seen[1])
    assert {one.name for one in target.folder.iterdir()} == others


def test_csv_that_would_lose_metadata_is_not_built(tmp_path: Path):
    path = parquet(tmp_path / "i.parquet", OBJECTS)
    target = Target(tmp_path / "out", "r", "csv")
    with pytest.raises(ConfigurationError, match="CSV cannot carry metadata"):
        build_from_inventory([path], SOURCE, rules(tmp_path, RULES), target, root=tmp_path)
    done = build_from_inventory([path], SOURCE, rules(tmp_path, GROUPS), target, root=tmp_path)
    assert done.skipped["CSV has no nifti"] == 1
    assert validate([part.path for part in done.parts]).counts == {}


@pytest.mark.parametrize(
    ("text", "settings", "told"),
    [
        (GROUPS.replace("patient {p}", "all alike"), {}, "two of image_groups have the title 'all alike'"),
        (GROUPS, {"skip_duplicate_urls": True}, "CSV cannot carry skip_duplicate_urls"),
    ],
)
def test_csv_whose_rows_would_tell_something_else_is_not_built(
    tmp_path: Path, text: str, settings: dict[str, bool], told: str
):
    target = Target(tmp_path / "out", "r", "csv", settings=settings)
    with pytest.raises(ConfigurationError, match=told):
        build_from_inventory(
            [parquet(tmp_path / "i.parquet", OBJECTS)], SOURCE, rules(tmp_path, text), target, root=tmp_path
        )
    assert not list(tmp_path.glob("out/*"))


def test_an_inventory_of_which_nothing_becomes_an_item_is_said_to_be_so(tmp_path: Path):
    path = parquet(tmp_path / "i.parquet", OBJECTS[3:4])
    with pytest.raises(NothingMatchedError):
        build_from_inventory([path], SOURCE, BuildRules(), Target(tmp_path / "out", "r"), root=tmp_path)


# -- listings ---------------------------------------------------------------------------------------


class Bucket(BaseHTTPRequestHandler):
    """Answers ListObjectsV2 and HEAD for KEYS, two keys a page, as S3 documents them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        key = unquote(urlsplit(self.path).path).removeprefix("/my-bucket/")
        self.send_response(403 if key == "secret.jpg" else 200 if key in KEYS else 404)
        for name, value in {
            "Content-Length": "5",
            "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT",
            "ETag": '"x"',
        }.items():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        if self.path.startswith("/secret-bucket"):
            self.send_response(403)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        start = query.get("continuation-token", "")
        names = [o for o in sorted(OBJECTS, key=lambda o: o.key.encode()) if o.key.startswith(prefix) and o.key > start]
        folders: list[str] = []
        if delimiter:
            folders = sorted(
                {prefix + o.key[len(prefix) :].split("/")[0] + "/" for o in names if "/" in o.key[len(prefix) :]}
            )
            names = [o for o in names if "/" not in o.key[len(prefix) :]]
        page, rest = (names, []) if delimiter else (names[:2], names[2:])
        token = f"<NextContinuationToken>{escape(page[-1].key)}</NextContinuationToken>" if rest else ""
        body = "".join(
            f"<Contents><Key>{escape(o.key)}</Key><LastModified>{o.modified}</LastModified>"
            f"<ETag>&quot;x&quot;</ETag><Size>{o.size}</Size></Contents>"
            for o in page
        ) + "".join(f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in folders)
        text = (
            f"<ListBucketResult><IsTruncated>{str(bool(rest)).lower()}</IsTruncated>"
            f"<KeyCount>{len(page)}</KeyCount>{token}{body}</ListBucketResult>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    settings = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_bucket_is_listed_whole_and_in_order(bucket: str):
    listed = list(list_objects(SOURCE, open_store(SOURCE)))
    assert [one.key for one in listed] == [key for key in sorted(KEYS) if not key.endswith("/")]
    assert listed[-1].modified.endswith("Z")


@pytest.mark.parametrize("prefix", ["raw/", "raw/da", "scans/p1/slice-1", "sc", "none/", "noext"])
def test_only_what_starts_with_the_prefix_is_listed(bucket: str, prefix: str):
    source = Source("s3", "my-bucket", prefix, "eu-west-2")
    expected = [key for key in sorted(KEYS) if key.startswith(prefix) and not key.endswith("/")]
    assert [one.key for one in list_objects(source, open_store(source))] == expected


def test_the_marker_of_a_folder_is_no_object_and_an_empty_object_is_one(bucket: str, monkeypatch: pytest.MonkeyPatch):
    more = ["scans/p1/sub/", "scans/p1/sub/a.png", "scans/p1/alone/", "scans/p1/empty.png"]
    monkeypatch.setattr(sys.modules[__name__], "OBJECTS", [*OBJECTS, *(Object(key, 0, WHEN) for key in more)])
    monkeypatch.setattr(sys.modules[__name__], "KEYS", [*KEYS, *more])
    listed = {one.key: one.unfit for one in list_objects(SOURCE, open_store(SOURCE)) if not one.size}
    assert listed == {
        "scans/p1/sub": "folder",
        "scans/p1/sub/a.png": "",
        "scans/p1/alone": "folder",
        "scans/p1/empty.png": "",
    }


@pytest.mark.parametrize("key", ["raw/a//b.jpg", "raw/a\tb.jpg"])
def test_a_key_that_cannot_be_listed_is_said_with_the_way_out(bucket: str, monkeypatch: pytest.MonkeyPatch, key: str):
    monkeypatch.setattr(sys.modules[__name__], "OBJECTS", [*OBJECTS, Object(key, 5, WHEN)])
    with pytest.raises(UnreachableError, match=r"a key that cannot be listed: .*; build from an inventory"):
        list(list_objects(SOURCE, open_store(SOURCE)))


def test_an_answer_of_xml_is_not_told():
    text = "Server returned non-2xx status code: 404 Not Found: <?xml version='1.0'?><Error><HostId>x</HostId></Error>"
    assert first_line(OSError(text)) == "Server returned non-2xx status code: 404 Not Found"


def test_only_what_is_new_is_listed(bucket: str):
    listed = list(list_objects(SOURCE, open_store(SOURCE), after="2024-01-08"))
    assert {one.key for one in listed} == set(KEYS[7:])


def test_a_bucket_becomes_files(bucket: str, tmp_path: Path):
    done = build_from_bucket(SOURCE, rules(tmp_path, RULES), Target(tmp_path / "out", "r"), root=tmp_path)
    assert sum(part.items for part in done.parts) == 7
    assert validate([part.path for part in done.parts]).counts == {}
    assert json.loads(done.parts[0].path.read_text())["images"][0]["title"] == "day:a b+c.jpg"


def test_a_bucket_that_may_not_be_listed_is_not_called_unreachable(bucket: str):
    source = Source("s3", "secret-bucket", region="eu-west-2")
    with pytest.raises(NotAuthorisedError, match="secret-bucket may not be listed"):
        list(list_objects(source, open_store(source)))


def test_a_server_that_does_not_answer_is_said_to_be_unreachable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    store = open_store(SOURCE).__class__(
        "my-bucket", region="eu-west-2", client_options={"allow_http": True}, retry_config={"max_retries": 0}
    )
    with pytest.raises(UnreachableError, match="my-bucket"):
        list(list_objects(SOURCE, store))


def test_asking_for_objects_tells_the_missing_from_the_unreadable(bucket: str):
    answers = heads(open_store(SOURCE), ["raw/clip.mp4", "none.jpg", "secret.jpg"])
    assert answers.keys() == {"none.jpg", "secret.jpg"}
    assert answers["none.jpg"].trouble is Trouble.MISSING
    assert answers["secret.jpg"].trouble is Trouble.REFUSED


def test_validate_asks_for_objects_and_says_which_are_missing_and_which_unreadable(bucket: str, tmp_path: Path):
    path = tmp_path / "f.json"
    urls = [SOURCE.url(key) for key in ("raw/day/a b+c.jpg", "none.jpg", "secret.jpg")]
    path.write_text(json.dumps({"images": [{"objectUrl": url} for url in urls]}))
    table = tmp_path / "f.csv"
    table.write_text("ObjectURL,Image title\n" + "".join(f"{url},\n" for url in urls))
    assert validate([path]).counts == {}
    for file in (path, table):
        found = validate([file], Options(open_store=open_store))
        assert [(one.id, one.text) for one in found.findings] == [
            (FindingId.OBJECT_MISSING, urls[1]),
            (FindingId.OBJECT_UNREADABLE, urls[2]),
        ]
