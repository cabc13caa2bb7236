"""Every example that Encord gives for a registration file: accepted, or reported with exactly its defects.

examples/ holds the texts as they are published; expected.txt says what is wrong with them, a line each.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from integrations.registration.findings import FindingId, Severity
from integrations.registration.load import RegistrationError, load_items
from integrations.registration.repair import repair
from integrations.registration.validate import Options, validate

EXAMPLES = Path(__file__).parent / "examples"
FILES = sorted(path for path in EXAMPLES.iterdir() if path.suffix != ".txt")
SEVERAL_KINDS = [path for path in FILES if path.name.endswith("several-kinds.json")]
DICOM = [path for path in FILES if path.name.endswith("dicom.json")]


def described(path: Path, options: Options | None = None) -> list[str]:
    findings = validate([path], options).findings
    return [f"{path.name} {one.line}:{one.column} {one.id} {one.path}" for one in findings]


def expected(path: Path) -> list[str]:
    lines = (EXAMPLES / "expected.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(f"{path.name} ")]


def test_there_are_all_42_json_examples_and_every_csv_form():
    assert sum(path.suffix == ".json" for path in FILES) == 42
    assert sum(path.suffix == ".csv" for path in FILES) == 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_example_has_exactly_its_defects(path: Path):
    assert described(path) == expected(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_example_has_the_same_defects_when_no_chunk_is_proven_at_once(path: Path):
    assert described(path, Options(fast=False)) == expected(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_can_be_mended_is_and_what_needs_a_guess_is_left(path: Path, tmp_path: Path):
    before = validate([path]).findings
    mended = tmp_path / path.name
    with mended.open("wb") as stream:
        done = repair(path, stream)
    kept = {(one.id, one.path) for one in before if not one.repairable}
    assert {(one.id, one.path) for one in validate([mended]).findings} == kept
    assert len(done.changes) == sum(one.repairable for one in before)
    again = io.BytesIO()
    assert not repair(mended, again).changes
    assert again.getvalue() == mended.read_bytes()


def test_the_dicom_examples_are_valid_once_repaired(tmp_path: Path):
    for path in DICOM:
        with pytest.raises(RegistrationError, match=FindingId.TRAILING_COMMA):
            load_items(path)
        mended = tmp_path / path.name
        with mended.open("wb") as stream:
            assert not repair(path, stream).left
        assert load_items(mended).item_count == 3


def test_the_examples_with_a_section_twice_lose_nothing_once_repaired(tmp_path: Path):
    for path in SEVERAL_KINDS:
        mended = tmp_path / path.name
        with mended.open("wb") as stream:
            repair(path, stream)
        loaded = load_items(mended)
        assert [one["createVideo"] for one in loaded.sections["image_groups"]] == [True, True, False]
        assert loaded == load_items(path)
        left = validate([mended])
        mixed = {FindingId.MIXED_CLOUDS} if path.name.startswith("gcp") else set()
        assert {one.id for one in left.findings if one.severity is Severity.ERROR} == mixed
