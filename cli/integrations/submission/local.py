"""Which items the files of this machine make: by their extensions, and by how they are to be batched."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from integrations.errors import ConfigurationError
from integrations.registration.model import KINDS
from integrations.submission.batching import Batching
from integrations.submission.records import Entry

SEQUENCES = "image_sequences"
_BLOCK = 1 << 20


class LocalItem(Struct, frozen=True):
    """One item to upload. kind: a section of a registration file, or image_sequences; paths in their order."""

    kind: str
    title: str
    paths: tuple[str, ...]


class Found(Struct, frozen=True):
    """What there is to upload, and the files that nobody knows what to do with."""

    items: list[LocalItem]
    unknown: list[str]


# A kind for each extension; of those that have an extension in common, the first.
_KIND_OF = {
    extension: kind.section
    for kind in reversed(KINDS.values())
    if kind.section != "image_groups"
    for extension in kind.extensions
}


def find_items(paths: Iterable[str], batching: Batching) -> Found:
    """The items of files, and of all files below folders. The DICOM files of one folder are one series.

    Raises ConfigurationError if a path does not exist.
    """
    singles: list[LocalItem] = []
    together: dict[tuple[str, Path], list[Path]] = defaultdict(list)
    unknown: list[str] = []
    for path in _files(paths):
        kind = _kind(path)
        if kind is None:
            unknown.append(str(path))
        elif kind == "dicom_series":
            together[kind, path.parent].append(path)
        elif kind == "images" and batching is not Batching.ITEMS:
            together["image_groups" if batching is Batching.GROUP else SEQUENCES, path.parent].append(path)
        else:
            singles.append(LocalItem(kind, path.name, (str(path),)))
    batches = [
        LocalItem(kind, folder.name, tuple(map(str, sorted(some, key=_natural))))
        for (kind, folder), some in together.items()
    ]
    return Found([*singles, *batches], unknown)


def _files(paths: Iterable[str]) -> Iterator[Path]:
    """Every file once, those of a folder in natural order; hidden ones are left alone."""
    seen: set[Path] = set()
    for name in paths:
        path = Path(name).resolve()
        if not path.exists():
            raise ConfigurationError(f"{name} does not exist")
        some = sorted((one for one in path.rglob("*") if one.is_file()), key=_natural) if path.is_dir() else [path]
        for one in some:
            if one not in seen and not one.name.startswith("."):
                seen.add(one)
                yield one


def _kind(path: Path) -> str | None:
    name = path.name.lower()
    return "nifti" if name.endswith(".nii.gz") else _KIND_OF.get(path.suffix.lower())


def _natural(path: Path) -> list[tuple[bool, int, str]]:
    """Sorts `2.jpg` before `10.jpg`."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", str(path))]


def as_entry(item: LocalItem) -> Entry:
    """The item as the journal keeps it: known by kind, title and content.

    Raises ConfigurationError if a file cannot be read.
    """
    try:
        content = {"title": item.title, "content": [_digest(path) for path in item.paths]}
    except OSError as error:
        raise ConfigurationError(f"{error.filename} cannot be read: {error.strerror}") from error
    return Entry(item.kind, msgspec.json.encode(content, order="sorted"), item.paths[0], 0)


def _digest(path: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with Path(path).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
