"""The fields of an environment file, written from the typed model: every record with its docstring and a table.

A field's meaning is what the docstring says after `name:`. What a record does not say it
takes over from its like on another cloud: `OtcBucket` from `AwsBucket`.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec
from msgspec import inspect as types

from integrations.environment.model import PATTERNS, Settings


def environment_page() -> dict[str, str]:
    """Path and text of the page."""
    parts = [_section(record) for record in records()]
    return {"docs/environment.md": "\n".join([HEAD, *parts])}


HEAD = """# The environment file

`Pulumi.<environment>.yaml` holds everything of one environment under `config:`. Keys at the top level begin with
`encord-integrations:`. A field without a default must be there.
"""


def records() -> list[types.StructType]:
    """Every record that can stand in the file, the outermost first."""
    found: dict[type, types.StructType] = {}
    waiting: list[Any] = [types.type_info(Settings)]
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, types.StructType) and kind.cls not in found:
            found[kind.cls] = kind
            waiting += [field.type for field in kind.fields]
        waiting += _inside(kind)
    return list(found.values())


def _inside(kind: Any) -> list[Any]:
    match kind:
        case types.UnionType():
            return list(kind.types)
        case types.DictType():
            return [kind.value_type]
        case types.VarTupleType() | types.ListType():
            return [kind.item_type]
        case types.Metadata():
            return [kind.type]
    return []


def meanings(record: type) -> tuple[str, dict[str, str]]:
    """What a docstring says of the whole record, and of each field, by the name in the file."""
    text = " ".join((inspect.getdoc(record) or "").split())
    known = {field.name: field.encode_name for field in msgspec.structs.fields(record)}
    names = {**known, **{name: name for name in known.values()}}
    pattern = "|".join(sorted(names, key=len, reverse=True))
    heads = list(re.finditer(rf"(?:^|(?<=[.)] ))((?:{pattern})(?:(?:, | and )(?:{pattern}))*): ", text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    found: dict[str, str] = {}
    for head, end in zip(heads, ends, strict=False):  # without a head there is still an end
        for name in re.split(r", | and ", head[1]):
            found[names[name]] = text[head.end() : end].strip()
    return text[: heads[0].start()].strip() if heads else text, found


def meaning(record: type, field: str) -> str:
    """What a field means, in the record's own words or in those of its like."""
    family = re.split(r"(?=[A-Z])", record.__name__)[-1]
    likes = [one.cls for one in records() if one.cls.__name__.endswith(family)]
    return next(filter(None, (meanings(one)[1].get(field) for one in (record, *likes))), "")


def _section(record: types.StructType) -> str:
    about, _ = meanings(record.cls)
    rows = [
        f"| `{field.encode_name}` | {_type(field.type)} | {_default(field)} | {_cell(meaning(record.cls, field.encode_name))} |"
        for field in fields(record)
    ]
    if record.tag_field:
        rows.insert(0, f"| `{record.tag_field}` | `{record.tag}` | required | Which cloud it is. |")
    table = "\n".join(["| field | type | default | meaning |", "|---|---|---|---|", *rows])
    return f"## {record.cls.__name__}\n\n{about}\n\n{table}\n"


def fields(record: types.StructType) -> list[types.Field]:
    """The fields that can stand in the file: an integration's name is its key."""
    return [field for field in record.fields if not (record.tag_field and field.name == "name")]


def _cell(text: str) -> str:
    capital = text if text.startswith("https:") else text[:1].upper() + text[1:]
    return capital.replace("|", "\\|")


def _default(field: types.Field) -> str:
    if field.required:
        return "required"
    if field.default is msgspec.NODEFAULT:
        return ""
    value = msgspec.json.encode(field.default).decode()
    return "" if value in ("null", "[]") else f"`{value}`"


def _type(kind: Any) -> str:
    match kind:
        case types.UnionType():
            named = [_type(one) for one in kind.types if not isinstance(one, types.NoneType)]
            return " or ".join(dict.fromkeys(named))
        case types.DictType():
            return f"map from a name to {_type(kind.value_type)}"
        case types.VarTupleType() | types.ListType():
            return f"list of {_type(kind.item_type)}"
        case types.Metadata():
            return _type(kind.type)
        case types.StructType():
            return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
        case types.LiteralType():
            return " or ".join(f"`{value}`" for value in kind.values)
        case types.BoolType():
            return "true or false"
        case types.IntType():
            return "whole number"
        case types.StrType():
            return PATTERNS.get(kind.pattern or "", "text")
    raise TypeError(f"the page has no word for {kind}")
