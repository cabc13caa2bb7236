"""What every part of a typed environment is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

PROJECT = "encord-integrations"

Ownership = Literal["create", "existing"]


class Record(Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """Base of everything that is read from an environment file."""


def require_unique(values: list[str], what: str) -> None:
    """Raises ValueError if a value is there twice."""
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{what} {value} is named twice")


def require_prefixes(prefixes: Iterable[str]) -> None:
    """Raises ValueError for a text that is not the beginning of a key, or not only that."""
    for prefix in prefixes:
        if prefix.startswith("/") or "*" in prefix or "?" in prefix:
            raise ValueError(f"prefix {prefix!r}: keys do not start with `/`, and `*` and `?` are not allowed here")


def require_origin(value: str, what: str) -> None:
    """An origin is scheme, host and perhaps port, nothing behind it (RFC 6454)."""
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.netloc or value != f"{parts.scheme}://{parts.netloc}":
        raise ValueError(f"{what} {value!r}: it looks like https://host, with no path and no slash at the end")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise ValueError(f"{what} {value!r}: it must be https")
