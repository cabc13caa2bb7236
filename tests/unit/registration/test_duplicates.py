"""Which URLs are named twice, however large the file: every limit of the index is tiny here, and a set is the judge."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from integrations.registration import blocks, duplicates, url_hashes
from integrations.registration.blocks import Block, BlockTable
from integrations.registration.findings import FindingId
from integrations.registration.validate import Options, validate

HOST = "https://bucket-1.s3.eu-west-2.amazonaws.com"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name, value in (
        (blocks, "_SMALL", 4),
        (duplicates, "_FIRSTS", 4),
        (duplicates, "_RUNS", 3),
        (duplicates, "_ODD", 6),
        (url_hashes, "_IN_MEMORY", 40),
    ):
        monkeypatch.setattr(module, name, value)


def numbers(r: random.Random) -> list[int]:
    """In order, in several orders one after the other, or in none; a few of them twice."""
    found = sorted(r.sample(range(1000), r.randint(1, 150)))
    for _ in range(r.choice([0, 1, 4])):
        cut = r.randrange(len(found))
        found = found[cut:] + found[:cut]
    if r.random() < 0.2:
        r.shuffle(found)
    for _ in range(r.choice([0, 0, 1, 3])):
        found.insert(r.randrange(len(found) + 1), r.choice(found))
    return found


@pytest.mark.parametrize("form", ["json", "csv"])
def test_every_url_that_was_there_before_is_found_where_it_stands_again(tmp_path: Path, form: str):
    for seed in range(90):
        r = random.Random(f"{form} {seed}")
        lists = [numbers(r) for _ in range(r.choice([1, 1, 2]))]
        seen: set[int] = set()
        expected = []
        files = []
        for number, found in enumerate(lists):
            path = tmp_path / f"{number}.{form}"
            if form == "json":
                odd = [{"title": 5} if r.random() < (0.8 if found.count(one) > 1 else 0.1) else {} for one in found]
                items = [{"objectUrl": f"{HOST}/{one:04}.jpg", **more} for one, more in zip(found, odd, strict=True)]
                path.write_text('{"images": [\n' + ",\n".join(map(json.dumps, items)) + "]}")
            else:
                path.write_text("ObjectURL,Image title\n" + "".join(f"{HOST}/{one:04}.jpg,t\n" for one in found))
            expected += [(str(path), line) for line, one in enumerate(found, 2) if one in seen or seen.add(one)]
            files.append(path)
        result = validate(files, Options(window=r.choice([400, 2000])))
        again = (FindingId.REPEATED_URL, FindingId.REPEATED_URL_ACROSS_FILES)
        assert sorted((one.file, one.line) for one in result.findings if one.id in again) == sorted(expected), seed


def test_blocks_become_one_only_where_nothing_can_stand_between_them():
    table = BlockTable()
    table.add(Block(0, "images", 5, 100, 200), 2)
    assert table.add(Block(0, "images", 6, 202, 300), 1)
    assert not table.add(Block(0, "images", 8, 340, 400), 9)  # room for an item that is not among them
    assert not table.add(Block(0, "images", 9, 402, 500), 1)  # the one before has enough
    assert not table.add(Block(0, "videos", 3, 502, 600), 1)
    assert not table.add(Block(1, "videos", 4, 602, 700), 1)
    assert not table.add(Block(1, "videos", 0, 702, 800), 1)  # rows: a short one fits in two bytes
    assert [table[at] for at in range(2)] == [Block(0, "images", 5, 100, 300), Block(0, "images", 8, 340, 400)]
