"""Guesses the shape that the items of a section have in common, as a type that decodes them at full speed.

Files are written by programs, so a million items mostly have the same keys with the same types.
A strict type for just those proves more than "it decodes": every key is known and right, every
value has a right type, and the number of quotes in the text is known beforehand. A text with
more quotes than that has a key twice, which decoders pass over in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from integrations.registration.metadata_rules import is_metadata_key, media_name
from integrations.registration.model import MAX_TITLE, MAX_URL_BYTES, URL_FIELD, Kind

_MAX_FIELDS = 64

_Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL_BYTES)]
_Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE)]
_Number = int | float
_Positive = Annotated[int, Meta(gt=0)] | Annotated[float, Meta(gt=0)]
_PositiveInt = Annotated[int, Meta(gt=0)]
_Text = Annotated[str, Meta(min_length=1)]


class Shape(Struct, frozen=True):
    """A guessed type for the items of one section.

    quotes: in the text of one item, without the optional fields. optional: for each field that
    not all items have, how to get it and the quotes that it adds. embeddings: names in
    clientMetadata whose value is a list of numbers, and how to get it. texts: how to get those that
    must be no placeholder; a text that an item does not have is UNSET.
    """

    decode: Callable[[bytes], list[Any]]
    urls: Callable[[Any], Any]
    single: bool
    quotes: int
    optional: tuple[tuple[Callable[[Any], Any], int], ...]
    embeddings: tuple[tuple[str, Callable[[Any], Any]], ...]
    texts: tuple[Callable[[Any], Any], ...]

    def quotes_in(self, items: list[Any]) -> int:
        """How many quotes the text of these items has, if no key stands in an object twice."""
        total = len(items) * self.quotes
        for get, quotes in self.optional:
            total += quotes * sum([get(item) is not UNSET for item in items])
        return total


def guess(kind: Kind, items: list[dict[str, Any]], *, needs_media: bool) -> Shape | None:
    """The shape of these items; None if they have none that can be proven in one go."""
    fields: list[tuple[str, Any, Any] | tuple[str, Any]] = []
    optional: list[tuple[Callable[[Any], Any], int]] = []
    embeddings: list[tuple[str, Callable[[Any], Any]]] = []
    texts: list[Callable[[Any], Any]] = []
    quotes = 0
    keys = list(dict.fromkeys(key for item in items for key in item))
    if len(keys) > _MAX_FIELDS or not _complete(kind, keys, items, needs_media=needs_media):
        return None
    for number, key in enumerate(keys):
        values = [item[key] for item in items if key in item]
        inner = _field(kind, key, values, f"f{number}")
        if inner is None:
            return None
        form, inside, found, words = inner
        if len(values) == len(items):
            fields.append((f"f{number}", form))
            quotes += 2 + inside
        elif found:
            return None
        else:
            fields.append((f"f{number}", form | UnsetType, UNSET))
            optional.append((attrgetter(f"f{number}"), 2 + inside))
        embeddings += found
        texts += words
    fields.sort(key=len)  # required fields come first in a Struct; which is first does not matter to the decoder
    names = {f"f{number}": key for number, key in enumerate(keys)}
    item = msgspec.defstruct("Item", fields, rename=names, gc=False, forbid_unknown_fields=True)
    numbered = sorted((int(match[1]), f"f{n}") for n, key in enumerate(keys) if (match := URL_FIELD.fullmatch(key)))
    url_fields = [name for _, name in numbered] if kind.grouped else [f"f{keys.index('objectUrl')}"]
    return Shape(
        decode=msgspec.json.Decoder(list[item]).decode,  # type: ignore[valid-type]
        urls=attrgetter(*url_fields),
        single=len(url_fields) == 1,
        quotes=quotes,
        optional=tuple(optional),
        embeddings=tuple(embeddings),
        texts=tuple(texts),
    )


def _complete(kind: Kind, keys: list[str], items: list[dict[str, Any]], *, needs_media: bool) -> bool:
    """Whether every item has the fields that its kind must have."""
    positions = sorted(int(match[1]) for key in keys if (match := URL_FIELD.fullmatch(key)))
    if kind.grouped:
        needed = ["title", "objectUrl_0", *(("createVideo",) if kind.section == "image_groups" else ())]
        if positions != list(range(len(positions))):
            return False
    else:
        needed = ["objectUrl"]
    if needs_media and kind.media:
        needed.append(kind.media)
    return all(key in item for item in items for key in needed)


_Found = list[tuple[str, Callable[[Any], Any]]]
_Inner = tuple[Any, int, _Found, list[Callable[[Any], Any]]]


def _field(kind: Kind, key: str, values: list[Any], name: str) -> _Inner | None:
    """The type of a field, the quotes in its value, the embeddings and the texts in it."""
    if (kind.grouped and URL_FIELD.fullmatch(key)) or (not kind.grouped and key == "objectUrl"):
        return _Url, 2, [], []
    if key not in kind.fields or kind.section == "scenes":
        return None
    if key == "title":
        return _Title, 2, [], [attrgetter(name)]
    if key == "clientMetadata":
        return _metadata(values, name)
    if key == kind.media:
        return _media(kind, values, name)
    return bool, 0, [], []


def _metadata(values: list[Any], name: str) -> _Inner | None:
    if not all(isinstance(value, dict) for value in values):
        return None
    keys = list(values[0])
    fields: list[tuple[str, Any]] = []
    found: _Found = []
    quotes = 0
    if len(keys) > _MAX_FIELDS or any(value.keys() != values[0].keys() for value in values):
        return None
    for number, key in enumerate(keys):
        form = _scalar([value[key] for value in values])
        if form is None or not is_metadata_key(key):
            return None
        fields.append((f"m{number}", form))
        quotes += 4 if form is str else 2
        if form == list[_Number]:
            found.append((key, attrgetter(f"{name}.m{number}")))
    names = {f"m{number}": key for number, key in enumerate(keys)}
    return msgspec.defstruct("Meta", fields, rename=names, gc=False, forbid_unknown_fields=True), quotes, found, []


def _scalar(values: list[Any]) -> Any:
    """The one type of these values: str, bool, a number, or a list of numbers; None if there is none."""
    types = set(map(type, values))
    if types == {str} or types == {bool}:
        return types.pop()
    if types <= {int, float}:
        return _Number
    if types == {list} and all(type(one) in (int, float) for value in values for one in value):
        return list[_Number]
    return None


def _media(kind: Kind, values: list[Any], name: str) -> _Inner | None:
    if not all(isinstance(value, dict) and value.keys() == values[0].keys() for value in values):
        return None
    forms = {str: _Text, int: _PositiveInt, float: _Positive}
    keys = list(values[0])
    known = {one.name: one.kind for one in kind.media_fields}
    kinds = [known.get(media_name(key)) for key in keys]
    if None in kinds or sorted(map(media_name, keys)) != sorted(known):
        return None
    fields = [(f"v{number}", forms[one]) for number, one in enumerate(kinds) if one]
    names = {f"v{number}": key for number, key in enumerate(keys)}
    texts = [_inside(name, f"v{number}") for number, one in enumerate(kinds) if one is str]
    form = msgspec.defstruct("Media", fields, rename=names, gc=False, forbid_unknown_fields=True)
    return form, 2 * len(keys) + 2 * len(texts), [], texts


def _inside(outer: str, inner: str) -> Callable[[Any], Any]:
    """How to get a field of a field; UNSET if the outer one is."""
    get, get_inner = attrgetter(outer), attrgetter(inner)
    return lambda item: UNSET if (value := get(item)) is UNSET else get_inner(value)
