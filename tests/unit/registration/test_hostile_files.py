"""Files that nobody should meet: a clear finding each, bounded memory, never an exception."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from integrations.registration import item_scan, window_reader
from integrations.registration.findings import FindingId
from integrations.registration.repair import repair
from integrations.registration.validate import validate

URL = "https://bucket-1.s3.eu-west-2.amazonaws.com/a.png"
GOOD = json.dumps({"images": [{"objectUrl": URL}]}).encode()


def item(**fields: object) -> bytes:
    return json.dumps({"images": [{"objectUrl": URL, **fields}]}).encode()


HOSTILE: dict[str, tuple[bytes, FindingId]] = {
    "empty": (b"", FindingId.NOT_AN_OBJECT),
    "white space": (b" \n\t ", FindingId.NOT_AN_OBJECT),
    "a list": (b"[1]", FindingId.NOT_AN_OBJECT),
    "a text": (b'"x"', FindingId.NOT_AN_OBJECT),
    "gzip": (gzip.compress(GOOD, mtime=0), FindingId.NOT_TEXT),
    "zip": (b"PK\x03\x04rest", FindingId.NOT_TEXT),
    "UTF-16 with mark": (GOOD.decode().encode("utf-16"), FindingId.NOT_TEXT),
    "UTF-16 without mark": (GOOD.decode().encode("utf-16-le"), FindingId.NOT_TEXT),
    "UTF-32": (GOOD.decode().encode("utf-32-be"), FindingId.NOT_TEXT),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, FindingId.BYTE_ORDER_MARK),
    "NUL in a text": (GOOD.replace(b"a.png", b"a\0.png"), FindingId.SYNTAX),
    "NUL bytes": (b"\0" * 5000, FindingId.NOT_TEXT),
    "bytes that are no UTF-8": (item(title="x").replace(b'"x"', b'"\xff\xfe"'), FindingId.NOT_TEXT),
    "an overlong encoding": (item(title="x").replace(b'"x"', b'"\xc0\xaf"'), FindingId.NOT_TEXT),
    "a lone surrogate": (item(title="x").replace(b'"x"', rb'"\ud800"'), FindingId.LONE_SURROGATE),
    "deep lists": (b'{"images":' + b"[" * 100_000, FindingId.TOO_DEEP),
    "deep metadata": (item(clientMetadata=0).replace(b"0}", b'{"a":' * 5000), FindingId.TOO_DEEP),
    "a huge number": (item(clientMetadata=0).replace(b"0}", b'{"a":' + b"9" * 6000 + b"}}"), FindingId.METADATA_VALUE),
    "an infinite number": (item(clientMetadata=0).replace(b"0}", b'{"a": 1e999}}'), FindingId.METADATA_VALUE),
    "a gigantic title": (item(title="x" * 3_000_000), FindingId.TITLE_TOO_LONG),
    "a gigantic URL": (item().replace(b"a.png", b"a" * 3_000_000), FindingId.URL_TOO_LONG),
    "a text that never ends": (b'{"images":[{"objectUrl":"' + b"x" * 3_000_000, FindingId.TRUNCATED),
    "cut in the middle": (GOOD[:-10], FindingId.TRUNCATED),
    "many keys of one name": (item().replace(b"}]", b',"title":"x"' * 20_000 + b"}]"), FindingId.REPEATED_KEY),
    "more values than an item has": (item(clientMetadata={"a": [None] * 400_000}), FindingId.TOO_LARGE),
    "two documents": (GOOD + b"\n" + GOOD, FindingId.TEXT_AFTER_END),
    "only brackets": (b"{}[]" * 10_000, FindingId.TEXT_AFTER_END),
    "closing brackets": (b"}" * 10_000, FindingId.NOT_AN_OBJECT),
    "commas": (b'{"images":[' + b"," * 10_000 + b"]}", FindingId.SYNTAX),
    "a comment that never ends": (b'{"images":[/* ' + b"x" * 200_000, FindingId.TRUNCATED),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gives_a_finding(name: str, tmp_path: Path):
    raw, finding = HOSTILE[name]
    path = tmp_path / "file.json"
    path.write_bytes(raw)
    found = validate([path])
    assert finding in found.counts
    assert all(one.line >= 1 and one.column >= 1 and len(one.text) < 300 for one in found.findings)
    repair(path, io.BytesIO())


@pytest.mark.parametrize(
    ("raw", "finding"),
    [
        (b"", FindingId.NOTHING_TO_REGISTER),
        (b"https://x/y\n", FindingId.CSV_NO_HEADINGS),
        (b"ObjectURL;Video title\nx;y\n", FindingId.CSV_NO_HEADINGS),
        (b"\xef\xbb\xbfObjectURL,Video title\n", FindingId.BYTE_ORDER_MARK),
        (b'ObjectURL,Video title\nhttps://a.example.com/x.mp4,"never closed\n', FindingId.CSV_QUOTING),
        (b"ObjectURL,Video title\n" + b"x" * 3_000_000, FindingId.TOO_LARGE),
        (b'ObjectURL,Video title\n"' + b"x\n" * 530_000, FindingId.TOO_LARGE),
        (b"ObjectURL,Video title\nhttps://a.example.com/x.mp4,\xff\n", FindingId.NOT_TEXT),
        (b"ObjectURL,Video title\nhttps://a.example.com/x.mp4,a\0b\n", FindingId.NOT_TEXT),
        (b"ObjectURL,Video title\nhttps://a.example.com/x.mp4,a,b,c\n", FindingId.CSV_COLUMNS),
        (gzip.compress(b"ObjectURL\n", mtime=0), FindingId.NOT_TEXT),
    ],
)
def test_a_hostile_csv_file_gives_a_finding(raw: bytes, finding: FindingId, tmp_path: Path):
    path = tmp_path / "file.csv"
    path.write_bytes(raw)
    assert finding in validate([path]).counts
    repair(path, io.BytesIO())


@pytest.mark.parametrize(("size", "told"), [(0.9, []), (1.25, ["REG112"]), (3, ["REG112"])])
def test_an_item_over_the_limit_is_a_finding_and_those_around_it_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: float, told: list[str]
):
    limit = 1 << 21
    for module in (item_scan, window_reader):
        monkeypatch.setattr(module, "MAX_ITEM", limit)
    items: list[dict[str, Any]] = [{"objectUrl": f"https://a.example.com/{n}.png"} for n in range(5)]
    items[2]["title"] = "x" * 301
    items[3] |= {"clientMetadata": {"a": "x" * int(limit * size)}}
    items[4]["objectUrl"] = "x y"
    path = tmp_path / "file.json"
    path.write_text(json.dumps({"images": items}))
    assert [one.id for one in validate([path]).findings] == ["REG207", *told, "REG301", "REG303"]


def test_a_text_with_a_backslash_at_the_end_of_its_line_is_not_closed_there(tmp_path: Path):
    path = tmp_path / "file.json"
    path.write_bytes(b'{"images": [{"title": "x\\\ny"}]}')
    assert next(one.message for one in validate([path]).findings) == "the text is not closed on its line"


def test_memory_stays_bounded_whatever_the_file(tmp_path: Path):
    """A billion would be as bad: nothing grows with the number of keys but the file."""
    path = tmp_path / "file.json"
    with path.open("wb") as file:
        file.write(b'{"images":[{"objectUrl":"x"')
        for _ in range(30):
            file.write(b',"title":"x"' * 100_000)
        file.write(b"}]}")
    program = (
        "import sys, threading, time\nimport psutil\nfrom integrations.registration.validate import validate\n"
        "me, peak, done = psutil.Process(), [0], threading.Event()\n"
        "def watch():\n"
        "    while not done.wait(0.02):\n"
        "        peak[0] = max(peak[0], me.memory_info().rss)\n"
        "threading.Thread(target=watch, daemon=True).start()\n"
        "print(sorted(validate([sys.argv[1]]).counts))\n"
        "done.set()\nprint(peak[0] >> 20)"  # not ru_maxrss, which starts with what the parent had when it forked
    )
    result = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    findings, megabytes = result.stdout.splitlines()
    assert "TOO_LARGE" in findings
    assert int(megabytes) < 300
