"""Whoever copies a job for CI reads what to set for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

DOCS = Path(__file__).parents[3] / "docs"


def section(title):
    return (DOCS / "ci.md").read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]


def from_github(text):
    """What the job takes from the repository's settings."""
    return set(re.findall(r"\$\{\{ (?:vars|secrets)\.(\w+) }}", text))


def from_gitlab(text):
    """What the job takes from the project's settings: neither its own variables nor those of every job."""
    job = yaml.safe_load(text)["integrations-check"]
    used = set(re.findall(r"\$([A-Z_]+)", text)) - job["variables"].keys() - job["id_tokens"].keys()
    return {name for name in used if not name.startswith("CI_")} | {"ENCORD_SSH_KEY_FILE"}


@pytest.mark.parametrize(
    ("title", "file", "taken"),
    [("GitHub Actions", "github-check.yml", from_github), ("GitLab", "gitlab-check.yml", from_gitlab)],
)
def test_what_a_job_needs_stands_beside_it(title, file, taken):
    names = taken((DOCS / "ci" / file).read_text(encoding="utf-8"))
    assert len(names) == 2
    assert [name for name in (*names, "outputs.json") if f"`{name}`" not in section(title)] == []
