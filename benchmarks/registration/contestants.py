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
