"""Writes the generated pages: `python -m docs.generate`. With `--check` it writes nothing and says what is out of date.

A page writer is a function that gives back the text of each of its pages by its path; one in
FOLDERS owns its folder, so that a page nobody writes any more is removed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from docs import evidence_files
from docs.environment_page import environment_page
from docs.matrix_page import matrix_page
from docs.policy_pages import policy_pages

from integrations.checks.catalogue import CATALOGUE
from integrations.checks.records import SCHEMA_VERSION
from integrations.registration.catalogue import pages as finding_pages
from integrations.reports.check_formats import json_schema
from integrations.reports.pages import check_page, checks_index

ROOT = Path(__file__).parents[1]
Writer = Callable[[], dict[str, str]]


def check_pages(evidence: Path = evidence_files.FOLDER) -> dict[str, str]:
    """A page for each check, the list of all, and the schema of the results."""
    known = evidence_files.read_proofs(evidence)
    proofs = {id_: known.get(id_, ()) for id_ in CATALOGUE}
    pages = {check.page: check_page(check, evidence_files.in_words(proofs[check.id])) for check in CATALOGUE.values()}
    brief = {id_: evidence_files.in_brief(found) for id_, found in proofs.items()}
    pages["docs/checks/README.md"] = checks_index(CATALOGUE.values(), brief)
    pages[f"docs/schema/check-results-{SCHEMA_VERSION}.json"] = json.dumps(json_schema(), indent=2) + "\n"
    return pages


WRITERS: tuple[Writer, ...] = (check_pages, policy_pages, environment_page, finding_pages, matrix_page)
FOLDERS = ("docs/checks", "docs/policies", "docs/findings")


def main(arguments: list[str]) -> int:
    """Returns 1 if `--check` is given and a page is not what it must be."""
    pages = {path: text for writer in WRITERS for path, text in writer().items()}
    there = {str(path.relative_to(ROOT)) for folder in FOLDERS for path in (ROOT / folder).glob("*.md")}
    wrong = sorted(path for path, text in pages.items() if _read(path) != text)
    left_over = sorted(there - set(pages))
    if arguments == ["--check"]:
        for path in (*wrong, *left_over):
            sys.stdout.write(f"{path} is out of date: make docs\n")
        return 1 if wrong or left_over else 0
    for path in wrong:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(pages[path], encoding="utf-8")
    for path in left_over:
        (ROOT / path).unlink()
    sys.stdout.write(f"{len(pages)} pages: {len(wrong)} written, {len(left_over)} removed\n")
    return 0


def _read(path: str) -> str | None:
    file = ROOT / path
    return file.read_text(encoding="utf-8") if file.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
