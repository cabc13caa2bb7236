"""Proves decoded items right one by one, whatever their shape: plain Python, and so the slower way of `bulk.py`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from integrations.registration.metadata_rules import ENCORD_KEY, is_metadata_key, is_placeholder, media_name
from integrations.registration.model import MAX_EMBEDDING, MAX_TITLE, MAX_URL_BYTES, URL_FIELD, Kind

_Frame = Annotated[int, Meta(ge=0)] | Annotated[str, Meta(pattern=r"^(0|[1-9]\d*)(\.\d+)?\Z")]
_FrameText = Annotated[str, Meta(pattern=r"^(0|[1-9]\d*)(\.\d+)?\Z")]


class _Config(Struct, frozen=True, forbid_unknown_fields=True):
    sampling_rate: Annotated[float, Meta(ge=0)] = 0
    keyframe_mode: Literal["frame", "seconds"] = "frame"


class _Encord(Struct, frozen=True, forbid_unknown_fields=True):
    frames: list[_Frame] | dict[_FrameText, dict[str, list[int | float]]] = []
    config: _Config = _Config()


class Embeddings:
    """How long the embeddings of each name are in a text that is not proven yet, beside what is known for sure."""

    def __init__(self, known: dict[str, int]) -> None:
        self._known = known
        self._here: dict[str, int] = {}

    def fit(self, name: str, values: Iterable[list[float]]) -> bool:
        """Whether these are as long as those before, not too long, and finite."""
        values = list(values)
        lengths = set(map(len, values)) - {0}
        if not lengths:
            return True
        length = lengths.pop()
        known = self._known.get(name) or self._here.setdefault(name, length)
        return not lengths and length == known <= MAX_EMBEDDING and all(map(math.isfinite, chain.from_iterable(values)))

    def settle(self) -> None:
        """The text was proven: the lengths hold from now on."""
        self._known.update(self._here)


def may_be_placeholder(text: Any) -> bool:
    return isinstance(text, str) and "<" in text and is_placeholder(text)


def item_urls(kind: Kind, item: dict[str, Any]) -> list[str] | None:
    """The object URLs of an item; None if they are not those that it must have, without a gap."""
    if not kind.grouped:
        urls = [item.get("objectUrl")]
    else:
        count = sum(1 for key in item if URL_FIELD.fullmatch(key))
        urls = [item.get(f"objectUrl_{position}") for position in range(count)] or [None]
    good = [url for url in urls if isinstance(url, str) and 0 < len(url) <= MAX_URL_BYTES]
    return good if len(good) == len(urls) else None


def fields_fit(kind: Kind, item: dict[str, Any], embeddings: Embeddings, *, needs_media: bool) -> bool:
    """Whether the fields besides URLs are known, there, and right. needs_media: its kind's metadata is required."""
    if kind.section == "scenes" or (kind.grouped and "title" not in item):
        return False
    if kind.section == "image_groups" and "createVideo" not in item:
        return False
    if needs_media and kind.media and kind.media not in item:
        return False
    for key, value in item.items():
        if key in kind.fields:
            if not _field_fits(kind, key, value, embeddings):
                return False
        elif not (URL_FIELD.fullmatch(key) if kind.grouped else key == "objectUrl"):
            return False
    return True


def _field_fits(kind: Kind, key: str, value: Any, embeddings: Embeddings) -> bool:
    if key == "title":
        return isinstance(value, str) and 0 < len(value) <= MAX_TITLE and not may_be_placeholder(value)
    if key == "clientMetadata":
        return _metadata_fits(kind, value, embeddings)
    if key == kind.media:
        return _media_fits(kind, value)
    return isinstance(value, bool)


def _media_fits(kind: Kind, media: Any) -> bool:
    """Whether each value is there once, in either spelling, and right."""
    if not isinstance(media, dict) or len(media) != len(kind.media_fields):
        return False
    named = {media_name(key): value for key, value in media.items()}
    return all(_media_value_fits(field.kind, named.get(field.name)) for field in kind.media_fields)


def _media_value_fits(expected: type, value: Any) -> bool:
    if expected is str:
        return isinstance(value, str) and value != "" and not may_be_placeholder(value)
    if type(value) is not int and (expected is int or type(value) is not float):
        return False
    return 0 < value < math.inf


def _metadata_fits(kind: Kind, metadata: Any, embeddings: Embeddings) -> bool:
    if not isinstance(metadata, dict):
        return False
    for key, value in metadata.items():
        if key == ENCORD_KEY:
            if kind.section != "videos" or not _encord_fits(value, embeddings):
                return False
        elif not is_metadata_key(key):
            return False
        elif isinstance(value, list) and any(type(one) in (int, float) for one in value):
            if not all(type(one) in (int, float) for one in value) or not embeddings.fit(key, [value]):
                return False
        elif isinstance(value, float) and not math.isfinite(value):
            return False
    return True


def _encord_fits(value: Any, embeddings: Embeddings) -> bool:
    try:
        encord = msgspec.convert(value, _Encord)
    except msgspec.ValidationError:
        return False
    if isinstance(encord.frames, list):
        return True
    return all(
        is_metadata_key(name) and embeddings.fit(name, [embedding])
        for named in encord.frames.values()
        for name, embedding in named.items()
    )
