"""Registration files to measure with: the same on every run, written piece by piece."""

from __future__ import annotations

import random
from pathlib import Path

HOST = "https://encord-data-lake.s3.eu-west-2.amazonaws.com"
LABELS = ("day", "night", "dusk", "dawn", "tunnel", "rain")


def _image(number: int, random_: random.Random) -> str:
    key = f"raw/2024/{number % 365:03d}/camera-{number % 12:02d}/frame-{number:09d}.jpg"
    return (
        f'{{"objectUrl": "{HOST}/{key}", "title": "camera {number % 12} frame {number}", "clientMetadata": '
        f'{{"scene": "{random_.choice(LABELS)}", "camera": "cam-{number % 12:02d}", "captured": "2024-0{number % 9 + 1}-'
        f'{number % 28 + 1:02d}T10:{number % 60:02d}:00Z", "speed": {random_.randint(0, 120)}.5, "frame": {number}, '
        f'"reviewed": {"true" if number % 3 else "false"}}}}}'
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
    """`count` image groups of five URLs, with two metadata fields."""
    with path.open("w", encoding="utf-8") as file:
        file.write('{"image_groups": [')
        for start in range(0, count, 1000):
            parts = []
            for number in range(start, min(start + 1000, count)):
                urls = ", ".join(
                    f'"objectUrl_{position}": "{HOST}/groups/2024/{number % 365:03d}/group-{number:08d}/view-{position}.png"'
                    for position in range(5)
                )
                parts.append(
                    f'{{"title": "group {number}", "createVideo": false, {urls}, "clientMetadata": '
                    f'{{"scene": "{LABELS[number % 6]}", "batch": {number // 1000}}}}}'
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
    return f"{HOST}/raw/2024/{section}/camera-{number % 12:02d}/frame-{number:09d}.{suffix},camera {number % 12} frame {number}\r\n"
