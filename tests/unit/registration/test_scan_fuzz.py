"""The scanner against judges: json.loads for what is JSON, the exact way for what is found, at any window.

REGISTRATION_FUZZ=20000 makes as many documents in place of the suite's few.
"""

from __future__ import annotations

import io
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import registration_documents as documents

from integrations.registration.findings import FindingId
from integrations.registration.load import RegistrationError, load_items
from integrations.registration.repair import repair
from integrations.registration.validate import Options, Validation, validate

COUNT = int(os.environ.get("REGISTRATION_FUZZ", "600"))
NOT_JSON = {
    FindingId.BYTE_ORDER_MARK,
    FindingId.NOT_TEXT,
    FindingId.NOT_AN_OBJECT,
    FindingId.TRAILING_COMMA,
    FindingId.MISSING_COMMA,
    FindingId.PLACEHOLDER_VALUE,
    FindingId.SYNTAX,
    FindingId.TRUNCATED,
    FindingId.TEXT_AFTER_END,
    FindingId.NOT_JSON_LITERAL,
}


def validated(path: Path, raw: bytes, **options: Any) -> Validation:
    path.write_bytes(raw)
    return validate([path], Options(**options))


def refuse(constant: str) -> None:
    raise ValueError(constant)


def is_json(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw.decode(), parse_constant=refuse), dict)
    except (ValueError, RecursionError):
        return False


def seeds(name: str) -> Iterator[random.Random]:
    return (random.Random(f"{name} {number}") for number in range(COUNT))


def test_a_valid_document_is_never_called_broken_and_no_item_is_lost(tmp_path: Path):
    for r in seeds("valid"):
        whole = documents.document(r)
        raw = documents.written(r, whole)
        found = validated(tmp_path / "f.json", raw, window=r.choice([64, 200, 1000, 1 << 16]))
        assert not NOT_JSON & set(found.counts), raw
        lists = {key: len(items) for key, items in whole.items() if isinstance(items, list)}
        assert {key: count for key, count in found.files[0].items.items() if count} == {
            key: count for key, count in lists.items() if count
        }
        loaded = load_items(tmp_path / "f.json").as_dict()
        assert loaded == {key: value for key, value in whole.items() if value != []} | {
            key: [] for key in loaded if loaded[key] == []
        }


def test_a_broken_document_is_never_passed(tmp_path: Path):
    valid = 0
    for r in seeds("broken"):
        raw = documents.broken(r, documents.written(r, documents.document(r)))
        found = validated(tmp_path / "f.json", raw, window=r.choice([64, 200, 1000, 1 << 16]))
        good = is_json(raw)
        valid += good
        assert bool(NOT_JSON & set(found.counts)) is not good, (raw, found.counts)
        if not good:
            with pytest.raises(RegistrationError):
                load_items(tmp_path / "f.json")
    assert valid < COUNT / 2


@pytest.mark.parametrize("make", ["valid", "broken", "alike"])
def test_whether_chunks_are_proven_at_once_changes_no_finding(tmp_path: Path, make: str):
    for r in seeds(f"same {make}"):
        raw = documents.alike(r) if make == "alike" else documents.written(r, documents.document(r))
        if make == "broken" or (make == "alike" and r.random() < 0.2):
            raw = documents.broken(r, raw)
        window = r.choice([64, 200, 1000, 1 << 16])
        fast = validated(tmp_path / "f.json", raw, window=window)
        exact = validated(tmp_path / "f.json", raw, fast=False)
        assert fast.findings == exact.findings, raw
        assert fast.files == exact.files
        if make == "alike" and not NOT_JSON & set(exact.counts):
            assert is_json(raw)


def test_repairing_a_repaired_file_changes_nothing_and_adds_no_defect(tmp_path: Path):
    mended = 0
    for r in seeds("repair"):
        raw = documents.written(r, documents.document(r))
        if r.random() < 0.7:
            raw = documents.broken(r, raw)
        (tmp_path / "f.json").write_bytes(raw)
        once, twice = io.BytesIO(), io.BytesIO()
        first = repair(tmp_path / "f.json", once)
        (tmp_path / "g.json").write_bytes(once.getvalue())
        second = repair(tmp_path / "g.json", twice)
        assert once.getvalue() == twice.getvalue(), raw
        assert not second.changes
        assert not any(one.repairable for one in first.left)
        if not first.changes:
            assert once.getvalue() == raw
        mended += bool(first.changes and not first.left)
    assert mended
