"""Property values as they travel between a Pulumi program and its engine.

They are JSON, in which a secret is an envelope and a value that a preview cannot know
is a sentinel; the constants are the protocol's
(https://pulumi-developer-docs.readthedocs.io/latest/docs/architecture/deployment-execution/property-values.html
and `pulumi.runtime.rpc`). Every function here is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf import json_format, struct_pb2

from integrations_sandbox.deploy.records import MASK, Output, StepError

Props = dict[str, Any]

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker, not a secret
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def load(struct: struct_pb2.Struct) -> Props:
    """A message's properties as JSON; secrets keep their envelope, whole numbers become int again.

    Raises StepError for values of other kinds (assets, archives, references).
    """
    found: Props = _tidy(json_format.MessageToDict(struct))
    return found


def dump(props: Props) -> struct_pb2.Struct:
    """The way back."""
    struct = struct_pb2.Struct()
    json_format.ParseDict(props, struct)
    return struct


def _tidy(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict) and value.get(SIGNATURE, SECRET) != SECRET:
        raise StepError("the sandbox knows no assets, archives and resource references as property values")
    return over(value, _tidy)


def over(value: Any, function: Callable[[Any], Any]) -> Any:
    """`function` of every element of a dict or a list, or the value itself."""
    if isinstance(value, dict):
        return {key: function(item) for key, item in value.items()}
    if isinstance(value, list):
        return [function(item) for item in value]
    return value


def is_secret(value: Any) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) == SECRET


def secret(value: Any) -> Any:
    """The value in an envelope, if it is in none."""
    return value if is_secret(value) else {SIGNATURE: SECRET, "value": value}


def plain(value: Any) -> Any:
    """The value without envelopes, as a provider wants it."""
    return plain(value["value"]) if is_secret(value) else over(value, plain)


def secrets_in(value: Any) -> Iterator[Any]:
    """Every secret value, anywhere in it, without its envelope."""
    if is_secret(value):
        yield plain(value)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from secrets_in(item)


def has_secret(value: Any) -> bool:
    return any(True for _ in secrets_in(value))


def has_unknown(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(has_unknown(item) for item in (value.values() if isinstance(value, dict) else value))
    return bool(value == UNKNOWN)


def output(value: Any) -> Output:
    """A stack output as a record."""
    known = not has_unknown(value)
    return Output(plain(value) if known else None, has_secret(value), known)


def scrub(text: str, secrets: set[str]) -> str:
    """The text without the secrets; longest first, because one may be part of another."""
    for found in sorted(secrets, key=len, reverse=True):
        text = text.replace(found, MASK)
    return text
