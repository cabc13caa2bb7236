"""The pages of the checks say when each was last proved live: never, until tests/live has left its evidence."""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def pages(monkeypatch, tmp_path):
    """The pages of the checks, written with the evidence in `tmp_path`."""
    monkeypatch.syspath_prepend(str(ROOT))
    from docs import generate

    return partial(generate.check_pages, tmp_path)


def write(folder, cloud, day, *results):
    """An evidence file, with id, status and evidence of each result."""
    document = {
        "date": day,
        "cloud": cloud,
        "versions": {"encord-integrations": "0.9", "pulumi": "3.1"},
        "results": [dict(zip(("id", "status", "evidence"), one, strict=True)) for one in results],
    }
    (folder / f"{cloud}-{day}.json").write_text(json.dumps(document))


def last(page):
    return page.splitlines()[-1].partition("** ")[2]


def test_without_evidence_every_page_says_never(pages):
    written = {path: text for path, text in pages().items() if path.endswith(("1.md", "2.md"))}
    assert {last(text) for text in written.values()} == {"Never."}
    rows = [line for line in pages()["docs/checks/README.md"].splitlines() if line.startswith("| [")]
    assert rows and all(row.endswith("| never |") for row in rows)


def test_what_passed_has_its_last_day_on_each_cloud_and_the_others_never(pages, tmp_path):
    write(tmp_path, "aws", "2026-11-20", ("BKT101", "pass", "live"), ("BKT103", "pass", "static"))
    write(tmp_path, "aws", "2026-10-01", ("BKT101", "pass", "live"), ("BKT102", "pass", "live"))
    write(tmp_path, "gcp", "2026-11-21", ("BKT101", "pass", "live"), ("BKT101", "skip", "live"))
    written = pages()
    versions = "encord-integrations 0.9, pulumi 3.1"
    assert last(written["docs/checks/BKT101.md"]) == (
        f"2026-11-21 on Google Cloud ({versions}); 2026-11-20 on AWS ({versions})."
    )
    assert last(written["docs/checks/BKT102.md"]).startswith("2026-10-01 on AWS")
    assert last(written["docs/checks/BKT103.md"]).startswith("2026-11-20 on AWS")
    assert last(written["docs/checks/BKT104.md"]) == "Never."
    assert "| 2026-11-21 Google Cloud, 2026-11-20 AWS |" in written["docs/checks/README.md"]


@pytest.mark.parametrize(
    "results",
    [[("BKT101", "fail", "live")], [("BKT101", "unknown", "live")], [("BKT101", "skip", "live")],
     [("BKT101", "pass", "live"), ("BKT101", "fail", "live")], [("BKT101", "pass", "sandbox")]],
)  # fmt: skip
def test_what_did_not_pass_everywhere_on_a_real_account_is_not_proved(pages, tmp_path, results):
    write(tmp_path, "aws", "2026-11-20", *results)
    assert last(pages()["docs/checks/BKT101.md"]) == "Never."


def test_a_file_that_is_no_evidence_is_named(pages, tmp_path):
    (tmp_path / "aws-2026-11-20.json").write_text('{"date": "yesterday"}')
    with pytest.raises(ValueError, match=r"aws-2026-11-20\.json is no evidence file"):
        pages()


def test_what_the_live_tests_write_is_what_the_pages_read(pages, tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("live", ROOT / "tests" / "live" / "test_live.py")
    live = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(live)
    monkeypatch.setattr(live, "EVIDENCE", tmp_path)
    monkeypatch.setattr(live, "CLOUDS", ["azure"])
    live._write_evidence([{"id": "BKT101", "status": "pass", "evidence": "live", "cloud": "azure", "seen": "secret"}])
    assert " on Azure (encord-integrations " in last(pages()["docs/checks/BKT101.md"])
    assert "secret" not in "".join(path.read_text() for path in tmp_path.iterdir())
