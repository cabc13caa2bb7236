"""What a registration file holds: its sections, the fields of their items, and the document as a whole.

The one description of the format; scanner, rules, conversion and building read it. The facts
are those of Encord's "Create JSON or CSV for Registration" and of its SDK's own records
(`encord.orm.storage`); where the two are silent the field is accepted and not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

# https://docs.encord.com/platform-documentation/Index/add-files/index-register-cloud-data
MAX_URLS = 1_000_000
MAX_ITEMS = 500_000
MAX_URL_BYTES = 16 * 1024
MAX_TITLE = 300
MAX_EMBEDDING = 4096  # encord.metadata_schema: the size of an embedding is 1 to 4096

URL_FIELD = re.compile(r"objectUrl_(0|[1-9]\d{0,6})")


class MediaField(Struct, frozen=True):
    """One value of a media metadata object. kind: `int` and `float` are positive numbers, `str` is not empty."""

    name: str
    kind: type


def _fields(**kinds: type) -> tuple[MediaField, ...]:
    return tuple(MediaField(name, kind) for name, kind in kinds.items())


class Kind(Struct, frozen=True):
    """One section of the file.

    grouped: an item has objectUrl_0, objectUrl_1 …, and a title is required. media: the key
    of the media metadata, and its fields, all of which are required once it is there.
    extensions: by which files of this kind are told, in lower case, with the dot.
    """

    section: str
    noun: str
    grouped: bool = False
    media: str | None = None
    media_fields: tuple[MediaField, ...] = ()
    extensions: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The keys that an item may have, besides its URLs."""
        own: tuple[str, ...] = ("createVideo", "clusterByResolution") if self.section == "image_groups" else ()
        own += ("scene",) if self.section == "scenes" else ()
        return ("title", "clientMetadata", *own, *((self.media,) if self.media else ()))


KINDS: dict[str, Kind] = {
    kind.section: kind
    for kind in (
        Kind(
            "videos",
            "video",
            media="videoMetadata",
            media_fields=_fields(fps=float, duration=float, width=int, height=int, file_size=int, mime_type=str),
            extensions=(".mp4", ".mov", ".webm", ".mkv", ".3gp", ".3g2", ".mj2", ".avi", ".m4v", ".mpeg", ".mpg"),
        ),
        Kind(
            "audio",
            "audio file",
            media="audioMetadata",
            media_fields=_fields(
                duration=float,
                file_size=int,
                mime_type=str,
                sample_rate=int,
                bit_depth=int,
                codec=str,
                num_channels=int,
            ),
            extensions=(".mp3", ".wav", ".flac", ".eac3", ".m4a", ".mpeg"),
        ),
        Kind(
            "pdfs", "PDF", media="pdfMetadata", media_fields=_fields(file_size=int, num_pages=int), extensions=(".pdf",)
        ),
        Kind(
            "text",
            "text file",
            media="textMetadata",
            media_fields=_fields(file_size=int, mime_type=str),
            extensions=(".txt", ".html", ".md", ".xml", ".json", ".jsonl", ".yaml", ".yml", ".csv"),
        ),
        Kind(
            "images",
            "image",
            media="imageMetadata",
            media_fields=_fields(mime_type=str, file_size=int, height=int, width=int),
            extensions=(".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp", ".tiff", ".tif"),
        ),
        Kind(
            "image_groups",
            "image group",
            grouped=True,
            extensions=(".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp", ".tiff", ".tif"),
        ),
        Kind("dicom_series", "DICOM series", grouped=True, extensions=(".dcm", ".dicom")),
        Kind("nifti", "NIfTI file", extensions=(".nii", ".nii.gz")),
        Kind("scenes", "scene"),
    )
}

# Known to the SDK's records or to published loaders, but nowhere documented in JSON.
UNCHECKED_SECTIONS = ("data_groups", "time_series", "image_groups_from_items")
SETTINGS = ("skip_duplicate_urls", "upsert_metadata")


class Registration(Struct, frozen=True):
    """A whole registration file in memory, as plain values in Encord's own spelling.

    sections: the items by section. settings: every other top-level key.
    """

    sections: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The document that Encord reads."""
        return {**self.sections, **self.settings}

    @property
    def item_count(self) -> int:
        """How many items there are; an image group and a series count as one."""
        return sum(map(len, self.sections.values()))

    @property
    def urls(self) -> Iterator[str]:
        """Every object URL, in the order of the document."""
        return (url for items in self.sections.values() for item in items for url in item_urls(item))


def item_urls(item: dict[str, Any]) -> list[str]:
    """The object URLs of one item, in the order of their positions."""
    if "objectUrl" in item:
        return [item["objectUrl"]]
    numbered = ((int(match[1]), url) for key, url in item.items() if (match := URL_FIELD.fullmatch(key)))
    return [url for _, url in sorted(numbered)]


def group_fields(urls: list[str]) -> dict[str, str]:
    """The numbered fields of a group's or a series' URLs."""
    return {f"objectUrl_{position}": url for position, url in enumerate(urls)}
