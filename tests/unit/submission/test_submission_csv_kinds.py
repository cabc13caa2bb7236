"""A CSV file of several kinds is read as Encord means it: headings in the middle of it are no rows."""

from __future__ import annotations

from collections import Counter

from integrations.submission.read import read_entries
from integrations_sandbox.examples import BASE_URL, example


def test_headings_in_the_middle_of_a_file_change_the_kind(tmp_path):
    path = tmp_path / "files.csv"
    path.write_text(example("mixed.csv", BASE_URL))
    entries = []
    read_entries(str(path), entries.extend)
    assert Counter(entry.section for entry in entries) == {"image_groups": 3, "images": 1, "videos": 1}
