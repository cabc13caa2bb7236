"""The generated page of the environment file says what every field means."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def page(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    from docs import environment_page

    return environment_page


def test_every_field_has_a_meaning(page):
    missing = [
        f"{record.cls.__name__}.{field.encode_name}"
        for record in page.records()
        for field in page.fields(record)
        if not page.meaning(record.cls, field.encode_name)
    ]
    assert missing == []


def test_a_docstring_is_taken_apart_by_the_names_of_its_fields(page):
    from integrations.environment.base import Record

    class Example(Record, frozen=True):
        """An example. It has fields: three.

        firstOne: what it means. And more: here. second_one and third: the same.
        """

        first_one: str
        second_one: str
        third: str

    about, found = page.meanings(Example)
    assert about == "An example. It has fields: three."
    assert found == {"firstOne": "what it means. And more: here.", "secondOne": "the same.", "third": "the same."}


def test_every_generated_page_is_up_to_date():
    done = subprocess.run([sys.executable, "-m", "docs.generate", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_that_is_not_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT))
    from docs import generate

    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "WRITERS", (lambda: {"docs/checks/A.md": "a"},))
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    (tmp_path / "docs/checks/A.md").write_text("b")
    (tmp_path / "docs/checks/OLD.md").write_text("b")
    capsys.readouterr()
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out.count("is out of date: make docs\n") == 2
    assert generate.main([]) == 0
    assert [path.name for path in (tmp_path / "docs/checks").iterdir()] == ["A.md"]
