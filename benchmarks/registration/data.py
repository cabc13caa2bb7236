"""Registration files to measure with: the same on every run, written piece by piece."""

from __future__ import annotations

import random
from pathlib import Path

HOST = "https://encord-data-lake.s3.eu-west-2.amazonaws.com"
LABELS = ("day", "night", "dusk", "dawn", "tunnel", "rain")


def _image(number: int, random_: random.Random, *, media: bool = False, shuffled: bool = False) -> str:
    key = f"raw/2024/{number // 3000:03d}/camera-{number // 100 % 30:02d}/frame-{number:09d}.jpg"
    fields = [
        f'"objectUrl": "{HOST}/{key}"',
        f'"title": "camera {number % 12} frame {number}"',
        f'"clientMetadata": {{{_metadata(number, random_.choice(LABELS))}}}',
    ]
    if media:
        size = number % 900_000 + 1
        fields.append(
            f'"imageMetadata": {{"mime_type": "image/jpeg", "file_size": {size}, "height": 1080, "width": 1920}}'
        )
    if shuffled:
        random_.shuffle(fields)
    return f"{{{', '.join(fields)}}}"


def _metadata(number: int, label: str) -> str:
    return (
        f'"scene": "{label}", "camera": "cam-{number % 12:02d}", "speed": {number % 120}.5, "frame": {number}, '
        f'"reviewed": {"true" if number % 3 else "false"}, '
        f'"captured": "2024-0{number % 9 + 1}-{number % 28 + 1:02d}T10:{number % 60:02d}:00Z"'
    )


def images(path: Path, count: int, *, media: bool = False, shuffled: bool = False) -> Path:
    """`count` images with a title and six metadata fields, 290 bytes each or so.

    media: each has its imageMetadata too. shuffled: its keys stand in any order.
    """
    random_ = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"images": [')
        for start in range(0, count, 1000):
            numbers = range(start, min(start + 1000, count))
            file.write(
                (",\n" if start else "")
                + ",\n".join(_image(number, random_, media=media, shuffled=shuffled) for number in numbers)
            )
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
    (b'"}},', b'"}}', "REG105", 3),
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
    """Write `clean`, an item a line, with `count` accidents, scattered; returns finding, line and column of each."""
    lines = clean.read_bytes().split(b"\n")
    step = (len(lines) - 2) // count
    expected: list[tuple[str, int, int]] = []
    for number in range(count):
        old, new, finding, shift = ACCIDENTS[number % len(ACCIDENTS)]
        at = 1 + number * step + random_.randrange(step - 1)
        line = lines[at]
        place = line.index(old)
        lines[at] = line[:place] + new + line[place + len(old) :]
        column = {-1: line.index(b'"https'), -2: 0}.get(shift, place + shift)
        expected.append((finding, at + 1, column + 1))
    path.write_bytes(b"\n".join(lines))
    return expected


def found_at(path: Path) -> set[tuple[str, int, int]]:
    """What validating finds: id, line, column."""
    from integrations.registration.validate import validate

    return {(str(one.id), one.line, one.column) for one in validate([path]).findings}


def inventory(path: Path, count: int) -> Path:
    """A Parquet inventory of `count` objects, with the columns of S3 Inventory."""
    import duckdb

    duckdb.connect().execute(
        "COPY (SELECT 'my-bucket' AS bucket, printf('raw/2024/%04d/camera-%02d/frame-%09d.jpg', i // 3000, i // 100 % 30, i)"
        " AS key, 100000 + i % 50000 AS size, TIMESTAMP '2024-01-01' + INTERVAL (i % 86400) SECOND AS last_modified_date,"
        f" 'STANDARD' AS storage_class FROM range({count}) t(i)) TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
    )
    return path
