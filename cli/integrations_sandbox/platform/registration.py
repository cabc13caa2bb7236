"""A registration as it arrives, in either spelling, as one list of units.

`externalFiles` is the documented JSON (image_groups, objectUrl_0 …, pdfs), `dataItems` the SDK's
own objects (imageGroups, images[].url, pdf). What can be refused without looking at any object is
noted at the unit, as Encord does: one bad entry does not spoil the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from msgspec import Struct

from integrations_sandbox.platform.records import ItemType, Source, Unit
from integrations_sandbox.platform.uploads import SCHEME as UPLOAD

# Limits from Encord's documentation (index-register-cloud-data).
URL_LIMIT = 16 * 1024  # bytes
URLS_LIMIT = 1_000_000
ITEMS_LIMIT = 500_000

Entry = dict[str, Any]

SINGLES: dict[str, tuple[ItemType, str]] = {
    "videos": ("video", "videoMetadata"),
    "images": ("image", "imageMetadata"),
    "audio": ("audio", "audioMetadata"),
    "pdfs": ("pdf", "pdfMetadata"),
    "pdf": ("pdf", "pdfMetadata"),
    "text": ("plainText", "textMetadata"),
    "nifti": ("nifti", "niftiMetadata"),
}
# Required fields, from encord.orm.storage.CustomerProvided…Metadata.
REQUIRED: dict[str, tuple[str, ...]] = {
    "videoMetadata": ("fps", "duration", "width", "height", "file_size", "mime_type"),
    "imageMetadata": ("mime_type", "file_size", "height", "width"),
    "audioMetadata": ("duration", "file_size", "mime_type", "sample_rate", "bit_depth", "codec", "num_channels"),
    "textMetadata": ("file_size", "mime_type"),
    "pdfMetadata": ("file_size", "num_pages"),
    "niftiMetadata": (),
    "dicomMetadata": ("tags",),
}
TEXT_FIELDS = ("mime_type", "codec")
FLAGS = ("skip_duplicate_urls", "skipDuplicateUrls", "upsert_metadata", "upsertMetadata")
# Encord has these; this platform has not.
ELSEWHERE = ("scenes", "data_groups", "time_series", "timeSeries", "image_groups_from_items", "imageGroupsFromItems")
NUMBERED = re.compile(r"objectUrl_(\d+)")


class RegistrationError(ValueError):
    """The registration as a whole cannot be read; the sentence is for who sent it."""


class Wrong(Exception):  # noqa: N818 - caught in this file and noted at the unit
    """One entry cannot be registered."""


class Registration(Struct, frozen=True):
    """What is to be registered, and what to do about what is there already."""

    units: list[Unit]
    skip_duplicates: bool
    upsert_metadata: bool


def read_registration(document: Any) -> Registration:
    """Read a registration in either spelling. Raises RegistrationError.

    What Encord does with a key that it does not know is not documented; here it is refused, because
    a misspelt `image_group` would otherwise register nothing and say so to nobody.
    """
    if not isinstance(document, dict):
        raise RegistrationError("a registration is a JSON object with lists such as images and videos")
    units: list[Unit] = []
    for key, value in document.items():
        if key in FLAGS:
            continue
        if key in ELSEWHERE and not value:
            continue
        reader = _reader(key)
        if not isinstance(value, list):
            raise RegistrationError(f"`{key}` must be a list")
        units += [reader(entry) for entry in value]
    if len(units) > ITEMS_LIMIT or sum(len(unit.sources) for unit in units) > URLS_LIMIT:
        raise RegistrationError(f"a registration has at most {ITEMS_LIMIT} items and {URLS_LIMIT} URLs: split it")
    skip = _flag(document, "skip_duplicate_urls", "skipDuplicateUrls")
    return Registration(units, skip, skip and _flag(document, "upsert_metadata", "upsertMetadata"))


def _reader(key: str) -> Callable[[Any], Unit]:
    if key in SINGLES:
        kind, metadata_key = SINGLES[key]
        return lambda entry: _checked(kind, entry, lambda e: (_single(e, metadata_key),))
    if key in ("image_groups", "imageGroups"):
        return lambda entry: _checked(_group_type(entry), entry, lambda e: _frames(e, "images", "imageMetadata"))
    if key in ("dicom_series", "dicomSeries"):
        return lambda entry: _checked("dicomSeries", entry, lambda e: _frames(e, "dicomFiles", "dicomMetadata"))
    if key in ELSEWHERE:
        raise RegistrationError(f"`{key}`: Encord has these, and the sandbox has not; register them with Encord")
    known = ", ".join([*SINGLES, "image_groups", "dicom_series"])
    raise RegistrationError(f"`{key}` is not a part of a registration (known: {known})")


def _flag(document: Entry, snake: str, camel: str) -> bool:
    value = document.get(snake, document.get(camel, False))
    if not isinstance(value, bool):
        raise RegistrationError(f"`{snake}` must be true or false")
    return value


def _group_type(entry: Any) -> ItemType:
    """Group or sequence. Without createVideo: the SDK's objects default to a group; the JSON's default is not
    documented and taken to be the CSV's, a sequence."""
    default = not (isinstance(entry, dict) and "images" in entry)
    wanted = entry.get("createVideo", default) if isinstance(entry, dict) else default
    return "imageSequence" if wanted else "imageGroup"


def _checked(kind: ItemType, entry: Any, sources: Callable[[Entry], tuple[Source, ...]]) -> Unit:
    """A unit of an entry, with the reason if it can be none."""
    if not isinstance(entry, dict):
        return Unit(kind, (), error=f"an entry must be a JSON object, not {entry!r:.60}")
    try:
        _check_types(entry)
        return Unit(kind, sources(entry), _title(entry), entry.get("clientMetadata") or {})
    except Wrong as wrong:
        return Unit(kind, tuple(Source(url) for url in _all_urls(entry)), error=str(wrong))


def _check_types(entry: Entry) -> None:
    if not isinstance(entry.get("clientMetadata"), dict | None):
        raise Wrong("`clientMetadata` must be a JSON object")
    if not isinstance(entry.get("createVideo", False), bool):
        raise Wrong("`createVideo` must be true or false")


def _title(entry: Entry) -> str | None:
    title = entry.get("title")
    if not isinstance(title, str | None):
        raise Wrong("`title` must be text")
    return title or None


def _all_urls(entry: Entry) -> Iterator[str]:
    """Every text in an entry that was meant as a URL, for the error report."""
    for key, value in entry.items():
        if isinstance(value, str) and (key in ("objectUrl", "url") or NUMBERED.fullmatch(key)):
            yield value
        elif isinstance(value, list):
            for part in value:
                yield from _all_urls(part) if isinstance(part, dict) else ()


def _single(entry: Entry, metadata_key: str, url_key: str = "objectUrl") -> Source:
    placeholder = entry.get("placeholderItemUuid")
    if placeholder is not None:
        return Source(f"{UPLOAD}{placeholder}", _title(entry), None, str(placeholder))
    url = entry.get(url_key)
    if not isinstance(url, str) or not url:
        raise Wrong(f"`{url_key}` is missing")
    _check_url(url)
    return Source(url, _title(entry), _metadata(entry.get(metadata_key), metadata_key))


def _frames(entry: Entry, list_key: str, metadata_key: str) -> tuple[Source, ...]:
    if list_key in entry:
        parts = entry[list_key]
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise Wrong(f"`{list_key}` must be a list of JSON objects")
        sources = tuple(_single(part, metadata_key, "url") for part in parts)
    else:
        numbers = sorted((int(match[1]), key) for key in entry if (match := NUMBERED.fullmatch(key)))
        sources = tuple(_single({"objectUrl": entry[key]}, metadata_key) for _, key in numbers)
    if not sources:
        raise Wrong("there is no `objectUrl_0`: a group names at least one object")
    return sources


def _check_url(url: str) -> None:
    if re.search(r"\s", url):
        raise Wrong("Object URLs can't contain whitespace")
    if len(url.encode()) > URL_LIMIT:
        raise Wrong(f"an object URL has at most {URL_LIMIT} bytes")


@lru_cache(maxsize=1000)
def _snake(name: str) -> str:
    """`fileSize` as `file_size`."""
    return re.sub(r"([A-Z])", lambda match: f"_{match[1].lower()}", name)


def _metadata(given: Any, key: str) -> dict[str, Any] | None:
    """What the customer says of an object, with keys in snake_case; both spellings are in use."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise Wrong(f"`{key}` must be a JSON object")
    facts = {_snake(name): value for name, value in given.items()}
    missing = [name for name in REQUIRED[key] if facts.get(name) is None]
    if missing:
        raise Wrong(f"`{key}` lacks {', '.join(missing)}")
    for name in REQUIRED[key]:
        wanted = str if name in TEXT_FIELDS else dict if name == "tags" else (int, float)
        if not isinstance(facts[name], wanted) or isinstance(facts[name], bool):
            raise Wrong(f"`{key}`: {name} is {facts[name]!r:.40}")
    return facts
