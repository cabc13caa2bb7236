"""Proves that a whole chunk of items breaks no rule.

"Proven" is never wrong: whatever is not proven is examined by the exact rules. Not proving is
only slow. There are two ways: by a guessed shape (`shapes.py`), for items that are alike; and
by plain Python over decoded items (`item_proof.py`), for those that are not. Where a chunk is
not proven, either says which item is in the way, if it knows: that saves the search for it.
"""

from __future__ import annotations

import re
from itertools import accumulate, chain
from typing import Any

import msgspec
from msgspec import UNSET

from integrations.registration.item_proof import Embeddings, fields_fit, item_urls, may_be_placeholder
from integrations.registration.item_scan import Broken, Wrong
from integrations.registration.model import Kind
from integrations.registration.quotes import quotes_in_text, quotes_in_value
from integrations.registration.rules import Rules
from integrations.registration.shapes import Shape, guess
from integrations.registration.url_bulk import UrlBulk

_TRUST = 32  # how often in a row a chunk may not fit, before the shape is doubted
_DOUBT = 8  # what a right item takes away from that, if the shape did not fit it
_GUESSES = 32  # shapes tried in one section, before plain Python does the rest

_UNTYPED = msgspec.json.Decoder(list[dict[str, Any]])
_RAW = msgspec.json.Decoder(list[msgspec.Raw])
_ITEM_OF_ERROR = re.compile(r"at `\$\[(\d+)\]")
_BYTE_OF_ERROR = re.compile(r"\(byte (\d+)\)")
_REFUSED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

Proven = tuple[int, list[str]]
Unproven = Wrong | Broken | None


class Bulk:
    """Proves chunks of one file; remembers the shapes of its sections."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._urls = UrlBulk(rules.urls)
        self._shapes: dict[str, Shape | None] = {}
        self._guesses: dict[str, int] = {}
        self._trust: dict[str, int] = {}

    def prove(self, kind: Kind, text: bytes) -> Proven | Unproven:
        """The number of items in a JSON array of clean ones, and their URLs; what is in the way if that is not proven.

        While the shape fits most chunks, one that it does not fit is handed back: a single odd
        item shall not cost its neighbours their speed.
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
        except _REFUSED as error:
            return _place_of(error)
        proven = self._by_item(kind, items, text)
        if isinstance(proven, tuple) and len(items) > 1:
            self._learn(kind, items)
        return proven

    def doubt(self, kind: Kind) -> None:
        """Take note that an item which was not proven is right: the shape may be too narrow."""
        self._trust[kind.section] = max(0, self._trust.get(kind.section, 0) - _DOUBT)

    def _learn(self, kind: Kind, items: list[dict[str, Any]]) -> None:
        tried = self._guesses.get(kind.section, 0)
        if tried < _GUESSES:
            self._guesses[kind.section] = tried + 1
            shape = guess(kind, items, needs_media=self._rules.strict_client_only)
            self._shapes[kind.section] = shape or self._shapes.get(kind.section)

    # -- by shape ---------------------------------------------------------------------------------

    def _by_shape(self, shape: Shape, kind: Kind, text: bytes) -> Proven | Unproven:
        try:
            items = shape.decode(text)
        except _REFUSED as error:
            return _place_of(error)
        if quotes_in_text(text) != shape.quotes_in(items):
            return _key_twice(shape, items, text)
        escapes = b"\\" in text
        if escapes or b"<" in text:  # an escape may stand for a `<`
            for get in shape.texts:
                if (bad := _first_placeholder(list(map(get, items)))) is not None:
                    return Wrong(bad)
        embeddings = Embeddings(self._rules.embeddings)
        if not all(embeddings.fit(name, map(get, items)) for name, get in shape.embeddings):
            return None
        urls, groups = _urls_of(shape, items)
        if urls is None:
            return None
        if not self._urls.prove(urls, kind, one_line=not escapes, groups=groups):
            return self._odd_url(urls, groups)
        embeddings.settle()
        return len(items), urls

    def _odd_url(self, urls: list[str], groups: list[Any]) -> Unproven:
        """The item of the first URL that is unlike the others."""
        odd = self._urls.odd(urls)
        if odd is None or not groups:
            return None if odd is None else Wrong(odd)
        return Wrong(sum(1 for end in accumulate(map(len, groups)) if end <= odd))

    # -- by item ----------------------------------------------------------------------------------

    def _by_item(self, kind: Kind, items: list[dict[str, Any]], text: bytes) -> Proven | Unproven:
        quotes = 0
        groups = []
        embeddings = Embeddings(self._rules.embeddings)
        needs_media = self._rules.strict_client_only
        for number, item in enumerate(items):
            urls = item_urls(kind, item)
            inside = quotes_in_value(item)
            if urls is None or inside is None or not fields_fit(kind, item, embeddings, needs_media=needs_media):
                return Wrong(number)
            quotes += inside
            groups.append(urls)
        if quotes_in_text(text) != quotes:
            return None
        urls = list(chain.from_iterable(groups))
        if not self._urls.prove(urls, kind, one_line=False, groups=groups if kind.grouped else ()):
            return self._odd_url(urls, groups if kind.grouped else [])
        embeddings.settle()
        return len(items), urls


def _place_of(error: Exception) -> Unproven:
    """What a decoder's words say about the place of what it refuses."""
    words = str(error)
    if isinstance(error, msgspec.ValidationError):
        item = _ITEM_OF_ERROR.search(words)
        return Wrong(int(item[1])) if item else None
    byte = _BYTE_OF_ERROR.search(words)
    return Broken(int(byte[1])) if byte else None


def _key_twice(shape: Shape, items: list[Any], text: bytes) -> Unproven:
    """The first item whose text has more quotes than its shape: a key stands in it twice."""
    raws = _RAW.decode(text)
    return next(
        (
            Wrong(number)
            for number, (raw, item) in enumerate(zip(raws, items, strict=True))
            if quotes_in_text(bytes(raw)) != shape.quotes_in([item])
        ),
        None,
    )


def _first_placeholder(texts: list[Any]) -> int | None:
    if "<" not in "".join([text for text in texts if text is not UNSET]):
        return None
    return next((number for number, text in enumerate(texts) if may_be_placeholder(text)), None)


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
