"""Pulumi.yaml and Pulumi.<stack>.yaml, read as the Pulumi CLI reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from integrations.errors import ConfigurationError, NothingMatchedError


@dataclass(frozen=True)
class Project:
    """One project with one stack's configuration.

    main: the program's folder. config: full keys (`aws:region`) with the strings that the
    CLI hands to a program, JSON where the file has a structure.
    secret_keys: the keys whose values are secret.
    """

    name: str
    main: Path
    config: dict[str, str]
    secret_keys: frozenset[str] = frozenset()


def load_project(
    root: Path, stack: str, config: Mapping[str, str] | None = None, secrets: Mapping[str, str] | None = None
) -> Project:
    """Read both files; `config` and `secrets` are values that win over the files'.

    Raises NothingMatchedError if there is no such project or stack, ConfigurationError if
    a value is missing, or encrypted.
    """
    document = _yaml(root / "Pulumi.yaml")
    name = document.get("name")
    if not isinstance(name, str):
        raise ConfigurationError(f"{root / 'Pulumi.yaml'}: there is no `name`")
    schema = {_full(key, name): entry for key, entry in (document.get("config") or {}).items()}
    path = root / f"Pulumi.{stack}.yaml"
    values = {key: _value(entry) for key, entry in schema.items() if _value(entry) is not None}
    values |= {_full(key, name): value for key, value in (_yaml(path).get("config") or {}).items()}
    values |= {_full(key, name): value for key, value in {**(config or {}), **(secrets or {})}.items()}
    for key in schema:
        if key not in values:
            raise ConfigurationError(f"{path}: there is no value for {key!r}, and Pulumi.yaml gives it no default")
    for key, value in values.items():
        if _encrypted(value):
            raise ConfigurationError(
                f"{path}: {key!r} is encrypted (`secure:`), and the sandbox has no key for it: give the value in plain"
            )
    secret_keys = {key for key, entry in schema.items() if isinstance(entry, dict) and entry.get("secret")}
    secret_keys |= {_full(key, name) for key in secrets or {}}
    main = (root / document.get("main", ".")).resolve()
    return Project(name, main, {key: _text(value) for key, value in values.items()}, frozenset(secret_keys))


def _yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NothingMatchedError(f"{path} does not exist") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: this is not YAML: {error}") from error
    if not isinstance(document or {}, dict):
        raise ConfigurationError(f"{path}: this is not a map")
    return document or {}


def _full(key: str, project: str) -> str:
    """A key without a namespace is the project's."""
    return key if ":" in key else f"{project}:{key}"


def _value(entry: Any) -> Any:
    """What Pulumi.yaml gives a key: `value`, `default`, or the entry itself if it is none of Pulumi's schema."""
    if isinstance(entry, dict):
        return entry.get("value", entry.get("default"))
    return entry


def _encrypted(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_encrypted(item) for item in value.values())
    return isinstance(value, list) and any(_encrypted(item) for item in value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
