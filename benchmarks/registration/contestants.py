"""What is measured: each function does one job once, in a process of its own."""

from __future__ import annotations

# Imports stand inside: a process pays only for its own.


def validate(path: str) -> None:
    """Ours, as the command does it."""
    from integrations.registration.validate import validate

    found = validate([path])
    assert found.files[0].urls > 0


def orjson_loads(path: str) -> None:
    """Only loads: no rule is checked."""
    from pathlib import Path

    import orjson

    assert orjson.loads(Path(path).read_bytes())


def csv_reader(path: str) -> None:
    """Only reads the rows."""
    import csv
    from pathlib import Path

    with Path(path).open(encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.reader(file))


def build_inventory(path: str, folder: str, engine: str) -> None:
    """Ours: registration files of an inventory, written by DuckDB, by Python, or on Spark on this machine."""
    from pathlib import Path

    from integrations.registration.build.parts import Target
    from integrations.registration.build.rules import BuildRules, GroupRule
    from integrations.registration.build.run import build_from_inventory
    from integrations.registration.build.source import Source

    metadata = {"camera": "{folder}", "bytes": "{size}"}
    groups = () if engine != "python" else (GroupRule(match="none/**", by="(?P<x>.)", title="{x}"),)
    rules = BuildRules(title="{name}", metadata=metadata, groups=groups)
    source = Source("s3", "my-bucket", "", "eu-west-2")
    target = Target(Path(folder), "part")
    if engine == "spark":
        from integrations.registration.build.spark import build_on_spark, session

        with session("local[2]") as spark:
            done = build_on_spark(spark, [path], source, rules, target, root=Path())
    else:
        done = build_from_inventory([Path(path)], source, rules, target, root=Path())
    assert sum(part.items for part in done.parts) > 0
    for part in done.parts:
        part.path.unlink()


def start_spark() -> None:
    """What every build on Spark pays first."""
    from integrations.registration.build.spark import session

    with session("local[2]"):
        pass


def list_ours(endpoint: str) -> None:
    """Ours: lists the bucket of listing.py."""
    import os

    os.environ.update({"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"})
    from integrations.registration.build.listing import list_objects, open_store
    from integrations.registration.build.source import Source

    source = Source("s3", "my-bucket", "", "eu-west-2")
    assert sum(1 for _ in list_objects(source, open_store(source))) == 100_000


def list_boto3(endpoint: str) -> None:
    """What a script would do: boto3's paginator."""
    import boto3

    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="eu-west-2", aws_access_key_id="x", aws_secret_access_key="x"
    )
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="my-bucket")
    assert sum(len(page["Contents"]) for page in pages) == 100_000
