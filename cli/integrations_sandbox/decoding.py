"""Decoders, one for each type, made by one thread at a time.

msgspec 0.22 crashes the process when several threads need a type for the first time at once
(seen with msgspec.convert as well); a decoder that was made may be used by any number of them.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")
_made: dict[Any, msgspec.json.Decoder[Any]] = {}
_making = threading.Lock()


@overload
def decode(text: bytes | str, kind: type[T]) -> T: ...
@overload
def decode(text: bytes | str, kind: Any) -> Any: ...  # a union is no type to a type checker
def decode(text: bytes | str, kind: Any) -> Any:
    """Decode JSON as `kind`. Raises msgspec.DecodeError."""
    decoder = _made.get(kind)
    if decoder is None:
        with _making:
            decoder = _made.setdefault(kind, msgspec.json.Decoder(kind))
    return decoder.decode(text)


def convert(value: Any, kind: type[T]) -> T:
    """msgspec.convert, by one thread at a time. Raises msgspec.ValidationError."""
    with _making:
        return msgspec.convert(value, kind)
