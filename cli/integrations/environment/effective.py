"""What an environment says in the end: every value, and where it came from."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from integrations.encord_client.connection import DOMAIN
from integrations.environment.model import PROJECT, Environment

MASKED = {"externalId"}
DEFAULT = "default"


class Value(Struct, frozen=True):
    """One value. key: its path under `config:`. source: the file, a variable, or `default`."""

    key: str
    value: Any
    source: str

    @property
    def shown(self) -> str:
        """The value as text."""
        return self.value if isinstance(self.value, str) else json.dumps(self.value)


def effective_values(environment: Environment) -> list[Value]:
    """Every value, leaf by leaf, in the order of the model."""
    with open(environment.path, encoding="utf-8") as file:  # noqa: PTH123 - the path is text
        given = {str(key).removeprefix(f"{PROJECT}:"): value for key, value in yaml.safe_load(file)["config"].items()}
    values = list(_leaves("", msgspec.to_builtins(environment.settings), given, environment.path))
    if domain := os.environ.get(DOMAIN):
        values = [Value(v.key, domain, f"variable {DOMAIN}") if v.key == "encord.domain" else v for v in values]
    return values


def _leaves(path: str, value: Any, given: Any, file: str) -> Iterator[Value]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "name" and isinstance(given, dict) and "name" not in given:
                continue  # an integration's name is its key
            inner = given.get(key) if isinstance(given, dict) else None
            yield from _leaves(f"{path}.{key}" if path else key, item, inner, file)
    elif isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _leaves(f"{path}[{number}]", item, given[number] if given else None, file)
    else:
        masked = path.rpartition(".")[2] in MASKED and value is not None
        yield Value(path, "***" if masked else value, DEFAULT if given is None else file)
