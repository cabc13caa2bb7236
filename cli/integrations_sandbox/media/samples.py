"""The list of sample files: their keys in a bucket, their kind, their title, and how each is made."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from integrations_sandbox.media import documents, moving, pictures, scans

Kind = Literal["image", "video", "audio", "pdf", "text", "dicom", "nifti"]


@dataclass(frozen=True)
class Sample:
    """One sample file.

    key: its object key, and its path below the folder that it is written to. kind: what it
    is. title: what a person may call it.
    """

    key: str
    kind: Kind
    title: str


Recipe = Callable[[], bytes]


def write_samples(folder: Path) -> tuple[Sample, ...]:
    """Write every sample below `folder` (made if missing, files replaced) and list them."""
    written = []
    for sample, make in _recipes():
        path = folder / sample.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make())
        written.append(sample)
    return tuple(written)


def samples() -> tuple[Sample, ...]:
    """What `write_samples` writes, without writing it."""
    return tuple(sample for sample, _ in _recipes())


def _recipes() -> Iterator[tuple[Sample, Recipe]]:
    yield from _mixed_example()
    yield from _csv_example()
    yield from _other_kinds()


def _mixed_example() -> Iterator[tuple[Sample, Recipe]]:
    """The objects that the "multiple types" example of Encord's getting-started page names.

    The names hold a space and brackets, as there: `images/1 (32).jpg`. The second series
    has odd dimensions, which a video cannot have as they are.
    """
    yield Sample("images/Image1.png", "image", "Image1"), lambda: pictures.png("Image1", (160, 120), "royalblue")
    yield Sample("videos/Cooking.mp4", "video", "Cooking"), lambda: moving.video("Cooking", (160, 120), "tomato")
    yield Sample("videos/Oranges.mp4", "video", "Oranges"), lambda: moving.video("Oranges", (128, 96), "orange")
    series = (("1", 4, (160, 120), "tomato"), ("2", 4, (161, 121), "darkred"), ("3", 2, (160, 120), "limegreen"))
    for name, count, size, colour in series:
        for turn in range(count):
            caption = f"{name} ({32 + turn})"
            make = _jpeg(caption, size, colour, turn)
            yield Sample(f"images/{caption}.jpg", "image", caption), make


def _csv_example() -> Iterator[tuple[Sample, Recipe]]:
    """The objects of the "multiple file types" CSV example of the same page; its paths are placeholders, these are not."""
    for turn in range(6):
        caption = f"frame{turn + 1}"
        make = _jpeg(caption, (160, 120), "purple", turn)
        yield Sample(f"frames/{caption}.jpg", "image", caption), make
    yield Sample("videos/video.mp4", "video", "video"), lambda: moving.video("video", (160, 120), "teal")


def _other_kinds() -> Iterator[tuple[Sample, Recipe]]:
    yield Sample("audio/chime.wav", "audio", "chime"), moving.chime
    yield Sample("documents/report.pdf", "pdf", "report"), lambda: documents.pdf(("Sample report", "Second page"))
    yield Sample("documents/notes.txt", "text", "notes"), documents.text
    for number in range(1, scans.SLICES + 1):
        yield Sample(f"scans/series/slice{number}.dcm", "dicom", f"slice{number}"), _slice(number)
    yield Sample("scans/volume.nii", "nifti", "volume"), scans.nifti
    yield Sample("scans/volume.nii.gz", "nifti", "volume, compressed"), _packed_volume


def _jpeg(caption: str, size: tuple[int, int], colour: str, turn: int) -> Recipe:
    return lambda: pictures.jpeg(caption, size, colour, turn)


def _slice(number: int) -> Recipe:
    return lambda: scans.dicom_slice(number)


def _packed_volume() -> bytes:
    # mtime=0: a gzip header holds the time otherwise, and two runs would differ.
    return gzip.compress(scans.nifti(), mtime=0)
