"""Registration files to measure with: the same on every run, written piece by piece."""

from __future__ import annotations

import random
from pathlib import Path

HOST = "https://encord-data-lake.s3.eu-west-2.amazonaws.com"
LABELS = ("day", "night", "dusk", "dawn", "tunnel", "rain")


def _image(number: int, random_: random.Random) -> str:
    key = f"raw/2024/{number // 3000:03d}/camera-{number // 100 % 30:02d}/frame-{number:09d}.jpg"
    return (
        f'{{"objectUrl": "{HOST}/{key}", "title": "camera {number % 12} frame {number}", "clientMetadata": '
        f"{{{_metadata(number, random_.choice(LABELS))}}}}}"
    )


def _metadata(number: int, label: str) -> str:
    return (
        f'"scene": "{label}", "camera": "cam-{number % 12:02d}", "speed": {number % 120}.5, "frame": {number}, '
        f'"reviewed": {"true" if number % 3 else "false"}, '
        f'"captured": "2024-0{number % 9 + 1}-{number % 28 + 1:02d}T10:{number % 60:02d}:00Z"'
    )


def images(path: Path, count: int) -> Path:
    """`count` images with a title and six metadata fields, 346 bytes each or so."""
    random_ = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"images": [')
        for start in range(0, count, 1000):
            numbers = range(start, min(start + 1000, count))
            file.write((", " if start else "") + ", ".join(_image(number, random_) for number in numbers))
        file.write('], "skip_duplicate_urls": true}\n')
    return path


def groups(path: Path, count: int) -> Path:
    """`count` image groups of five URLs, with a title and the six metadata fields of the images."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"image_groups": [')
        for start in range(0, count, 1000):
            parts = []
            for number in range(start, min(start + 1000, count)):
                urls = ", ".join(
                    f'"objectUrl_{position}": "{HOST}/groups/{number // 1000:03d}/group-{number:08d}/view-{position}.png"'
                    for position in range(5)
                )
                parts.append(
                    f'{{"title": "group {number}", "createVideo": false, {urls}, "clientMetadata": '
                    f"{{{_metadata(number, LABELS[number % 6])}}}}}"
                )
            file.write((", " if start else "") + ", ".join(parts))
        file.write('], "skip_duplicate_urls": true}\n')
    return path


def rows(path: Path, count: int) -> Path:
    """`count` rows of images, with titles, lines ending as Windows writes them, and new headings halfway."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for section, (heading, suffix) in enumerate((("Image title", "jpg"), ("Video title", "mp4"))):
            file.write(f"ObjectURL,{heading}\r\n")
            for start in range(0, count // 2, 1000):
                numbers = range(start, min(start + 1000, count // 2))
                file.write("".join(_row(section, number, suffix) for number in numbers))
    return path


def _row(section: int, number: int, suffix: str) -> str:
    folder = f"{HOST}/raw/2024/{section}/{number // 3000:03d}/camera-{number // 100 % 30:02d}"
    return f"{folder}/frame-{number:09d}.{suffix},camera {number % 12} frame {number}\r\n"


# What is put in place of what, the finding that it must give, and how far behind the start of the old text.
ACCIDENTS: tuple[tuple[bytes, bytes, str, int], ...] = (
    (b'"}}, {"objectUrl', b'"}} {"objectUrl', "REG105", 3),
    (b'"frame": ', b'"frame": number of ', "REG106", 9),
    (b'"speed": ', b'"speed": 1,, "t": ', "REG107", 11),
    (b'"objectUrl": "https', b'"objectUrl": "http', "REG305", 13),
    (b"/camera-", b"/my camera-", "REG301", -1),
    (b'"title"', b'"Title"', "REG201", 0),
    (b'"title": "', b'"title": 5, "x": "', "REG202", 9),
    (b'"scene"', b'"$scene"', "REG403", 0),
    (b'"camera"', b'"scene"', "REG110", 0),
    (b'"objectUrl": ', b'"objectUrl_9": ', "REG203", -2),
)


def accidents(clean: Path, path: Path, count: int, random_: random.Random) -> list[tuple[str, int, int]]:
    """Write `clean` with `count` accidents, scattered; returns finding, line and column of each.

    Line feeds are put before items, one in ten, so that lines mean something.
    """
    raw = clean.read_bytes()
    step = len(raw) // (count + 1)
    parts: list[bytes] = []
    expected: list[tuple[str, int, int]] = []
    at = written = line_start = 0
    for number in range(count):
        old, new, finding, shift = ACCIDENTS[number % len(ACCIDENTS)]
        item = raw.index(b'{"objectUrl"', step * (number + 1) + random_.randrange(step // 4))
        place = raw.index(old, item)
        parts += [raw[at:item], b"\n", raw[item:place], new]
        written += item - at
        line_start = written + 1
        start_of_url = raw.index(b'"https', item) - item
        offset = {-1: start_of_url, -2: 0}.get(shift, place - item + shift)
        expected.append((finding, number + 2, offset + 1))
        written = line_start + place - item + len(new)
        at = place + len(old)
    parts.append(raw[at:])
    path.write_bytes(b"".join(parts))
    return expected


def found_at(path: Path) -> set[tuple[str, int, int]]:
    """What validating finds: id, line, column."""
    from integrations.registration.validate import validate

    return {(str(one.id), one.line, one.column) for one in validate([path]).findings}
