"""Proves that a whole chunk of items, or of rows, breaks no rule.

"Proven" is never wrong: whatever is not proven is examined by the exact rules. Not proving is
only slow. There are two ways: by a guessed shape (`shapes.py`), for items that are alike; and
by plain Python over decoded items, for those that are not.
"""

from __future__ import annotations

import json
import math
import re
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct

from integrations.registration.csv_rules import TRUE_FALSE, Groups
from integrations.registration.csv_scan import Layout
from integrations.registration.lenient import MAX_DEPTH
from integrations.registration.metadata_rules import ENCORD_KEY, is_metadata_key, is_placeholder
from integrations.registration.model import MAX_EMBEDDING, MAX_TITLE, MAX_URL_BYTES, URL_FIELD, Kind
from integrations.registration.rules import Rules
from integrations.registration.scan import Wrong
from integrations.registration.shapes import Shape, guess
from integrations.registration.url_bulk import UrlBulk

_TRUST = 32  # how often in a row a chunk may not fit, before the shape is doubted
_GUESSES = 32  # shapes tried in one section, before plain Python does the rest

_UNTYPED = msgspec.json.Decoder(list[dict[str, Any]])
_ITEM_OF_ERROR = re.compile(r"at `\$\[(\d+)\]")
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_Frame = Annotated[int, Meta(ge=0)] | Annotated[str, Meta(pattern=r"^(0|[1-9]\d*)(\.\d+)?\Z")]
_FrameText = Annotated[str, Meta(pattern=r"^(0|[1-9]\d*)(\.\d+)?\Z")]


class _Config(Struct, frozen=True, forbid_unknown_fields=True):
    sampling_rate: Annotated[float, Meta(ge=0)] = 0
    keyframe_mode: Literal["frame", "seconds"] = "frame"


class _Encord(Struct, frozen=True, forbid_unknown_fields=True):
    frames: list[_Frame] | dict[_FrameText, dict[str, list[int | float]]] = []
    config: _Config = _Config()


class Bulk:
    """Proves chunks of one file; remembers the shapes of its sections."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._urls = UrlBulk(rules.urls)
        self._shapes: dict[str, Shape | None] = {}
        self._guesses: dict[str, int] = {}
        self._trust: dict[str, int] = {}

    def prove(self, kind: Kind, text: bytes) -> tuple[int, list[str]] | Wrong | None:
        """The number of items in a JSON array of clean ones, and their URLs; Wrong or None if that is not proven.

        While the shape fits most chunks, one that it does not fit is handed back to be halved:
        a single odd item shall not cost its neighbours their speed.
        """
        section = kind.section
        shape, trust = self._shapes.get(section), self._trust.get(section, 0)
        by_shape = self._by_shape(shape, kind, text) if shape is not None else None
        if isinstance(by_shape, tuple):
            self._trust[section] = min(trust + 4, _TRUST)
            return by_shape
        if trust:
            self._trust[section] = trust - 1
            return by_shape
        try:
            items = _UNTYPED.decode(text)
        except _REFUSED:
            return None
        proven = self._by_item(kind, items, text)
        if proven is not None and len(items) > 1:
            self._learn(kind, items)
        return proven

    def _learn(self, kind: Kind, items: list[dict[str, Any]]) -> None:
        tried = self._guesses.get(kind.section, 0)
        if tried < _GUESSES:
            self._guesses[kind.section] = tried + 1
            shape = guess(kind, items, needs_media=self._rules.strict_client_only)
            self._shapes[kind.section] = shape or self._shapes.get(kind.section)

    # -- by shape ---------------------------------------------------------------------------------

    def _by_shape(self, shape: Shape, kind: Kind, text: bytes) -> tuple[int, list[str]] | Wrong | None:
        try:
            items = shape.decode(text)
        except msgspec.ValidationError as error:
            place = _ITEM_OF_ERROR.search(str(error))
            return Wrong(int(place[1])) if place else None
        except _REFUSED:
            return None
        if _quotes_in_text(text) != shape.quotes_in(items):
            return None
        if b"<" in text and shape.title and any(map(_may_be_placeholder, map(shape.title, items))):
            return None
        for name, get in shape.embeddings:
            if not self._embeddings_fit(name, list(map(get, items))):
                return None
        urls, groups = _urls_of(shape, items)
        if urls is None or not self._urls.prove(urls, kind, one_line=b"\\" not in text, groups=groups):
            return None
        return len(items), urls

    def _embeddings_fit(self, name: str, values: list[list[float]]) -> bool:
        lengths = set(map(len, values)) - {0}
        if not lengths:
            return True
        known = self._rules.embeddings.setdefault(name, next(iter(lengths)))
        return lengths == {known} and known <= MAX_EMBEDDING and all(map(math.isfinite, chain.from_iterable(values)))

    # -- by item ----------------------------------------------------------------------------------

    def _by_item(self, kind: Kind, items: list[dict[str, Any]], text: bytes) -> tuple[int, list[str]] | None:
        quotes = 0
        groups = []
        for item in items:
            urls = self._item_urls(kind, item)
            if urls is None or not self._fields_fit(kind, item):
                return None
            inside = _quotes(item, 0)
            if inside is None:
                return None
            quotes += inside
            groups.append(urls)
        if _quotes_in_text(text) != quotes and not _no_key_twice(text):
            return None
        urls = list(chain.from_iterable(groups))
        if not self._urls.prove(urls, kind, one_line=False, groups=groups if kind.grouped else ()):
            return None
        return len(items), urls

    def _item_urls(self, kind: Kind, item: dict[str, Any]) -> list[str] | None:
        if not kind.grouped:
            urls = [item.get("objectUrl")]
        else:
            count = sum(1 for key in item if URL_FIELD.fullmatch(key))
            urls = [item.get(f"objectUrl_{position}") for position in range(count)] or [None]
        good = [url for url in urls if isinstance(url, str) and 0 < len(url) <= MAX_URL_BYTES]
        return good if len(good) == len(urls) else None

    def _fields_fit(self, kind: Kind, item: dict[str, Any]) -> bool:
        """Whether the fields besides URLs are known, there, and right. Media metadata is left to the exact rules."""
        title = item.get("title", UNSET if not kind.grouped else None)
        if title is not UNSET and not (isinstance(title, str) and 0 < len(title) <= MAX_TITLE):
            return False
        if kind.section == "image_groups" and not isinstance(item.get("createVideo"), bool):
            return False
        if self._rules.strict_client_only and kind.media:
            return False
        known = {"title", "clientMetadata", "createVideo"} & set(kind.fields)
        for key in item:
            if key not in known and key != "objectUrl" and not URL_FIELD.fullmatch(key):
                return False
        if (kind.grouped and "objectUrl" in item) or (not kind.grouped and any(map(URL_FIELD.fullmatch, item))):
            return False
        if isinstance(title, str) and _may_be_placeholder(title):
            return False
        return self._metadata_fits(kind, item.get("clientMetadata", {}))

    def _metadata_fits(self, kind: Kind, metadata: Any) -> bool:
        if not isinstance(metadata, dict):
            return False
        for key, value in metadata.items():
            if key == ENCORD_KEY:
                if kind.section != "videos" or not self._encord_fits(value):
                    return False
            elif not is_metadata_key(key):
                return False
            elif isinstance(value, list) and any(type(one) in (int, float) for one in value):
                if not all(type(one) in (int, float) for one in value) or not self._embeddings_fit(key, [value]):
                    return False
            elif isinstance(value, float) and not math.isfinite(value):
                return False
        return True

    def _encord_fits(self, value: Any) -> bool:
        try:
            encord = msgspec.convert(value, _Encord)
        except msgspec.ValidationError:
            return False
        if isinstance(encord.frames, list):
            return True
        return all(
            is_metadata_key(name) and self._embeddings_fit(name, [embedding])
            for embeddings in encord.frames.values()
            for name, embedding in embeddings.items()
        )

    # -- rows ---------------------------------------------------------------------------------------

    def prove_rows(self, layout: Layout, columns: list[list[str]], groups: Groups) -> list[str] | None:
        """The URLs of a block of clean rows; None if that is not proven."""
        urls = columns[layout.url]
        titles = columns[layout.title] if layout.title is not None else []
        if titles and max(map(len, titles)) > MAX_TITLE:
            return None
        if "" in urls or not self._urls.prove(urls, layout.kind, one_line=layout.url == 0):
            return None
        if layout.kind.grouped:
            return urls if self._groups_fit(layout, columns, urls, titles, groups) else None
        if layout.create_video is not None and set(columns[layout.create_video]) - {"false", "FALSE", "False"}:
            return None
        return urls

    def _groups_fit(
        self, layout: Layout, columns: list[list[str]], urls: list[str], titles: list[str], groups: Groups
    ) -> bool:
        """Whether rows of one title agree with each other and with those before; takes note of them if so."""
        if not titles or "" in titles or (layout.create_video is None and layout.kind.section == "image_groups"):
            return False
        places = [self._urls.place(url) for url in urls]
        if layout.create_video is None:
            creates: list[bool | None] = [None] * len(urls)
        else:
            creates = [TRUE_FALSE.get(cell.strip().lower()) for cell in columns[layout.create_video]]
            if None in creates:
                return False
        found: dict[int, tuple[bool | None, tuple[str, str] | None]] = {}
        for row in set(zip(map(hash, titles), creates, places, strict=True)):
            key, value = row[0], row[1:]
            if found.setdefault(key, value) != value or groups.seen.get(key, value) != value:
                return False
        groups.seen.update(found)
        return True


def _urls_of(shape: Shape, items: list[Any]) -> tuple[list[str] | None, list[tuple[str, ...]]]:
    """All URLs, and those of each group; None where a position is left out."""
    if shape.single:
        return list(map(shape.urls, items)), []
    groups = list(map(shape.urls, items))
    if not shape.optional:
        return list(chain.from_iterable(groups)), groups
    trimmed = []
    for group in groups:
        urls = tuple([url for url in group if url is not UNSET])
        if group[: len(urls)] != urls:
            return None, []
        trimmed.append(urls)
    return list(chain.from_iterable(trimmed)), trimmed


def _may_be_placeholder(title: Any) -> bool:
    return isinstance(title, str) and "<" in title and is_placeholder(title)


def _quotes_in_text(text: bytes) -> int:
    """How many quotes delimit texts and keys; -1 if escapes make that hard to tell."""
    if b"\\" not in text:
        return text.count(b'"')
    return -1 if b"\\\\" in text else text.count(b'"') - text.count(b'\\"')


def _quotes(value: Any, depth: int) -> int | None:
    """How many quotes a value has as JSON; None if it is nested too deeply."""
    if type(value) is str:
        return 2
    if not isinstance(value, (dict, list)):
        return 0
    if depth > MAX_DEPTH:
        return None
    total = 2 * len(value) if isinstance(value, dict) else 0
    for one in value.values() if isinstance(value, dict) else value:
        if type(one) is str:
            total += 2
        elif isinstance(one, (dict, list)):
            inside = _quotes(one, depth + 1)
            if inside is None:
                return None
            total += inside
    return total


def _no_key_twice(text: bytes) -> bool:
    """The slow way, for texts whose quotes cannot be counted."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        if len({key for key, _ in pairs}) < len(pairs):
            raise KeyError

    if b"\\\\" not in text:
        return False
    try:
        json.loads(text, object_pairs_hook=once)
    except (KeyError, ValueError, RecursionError):
        return False
    return True
