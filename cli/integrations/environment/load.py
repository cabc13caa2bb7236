"""Reads `Pulumi.<environment>.yaml` into a typed environment; an error names file, line and key."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec
import yaml

from integrations.environment.model import PATTERNS, PROJECT, Environment, Integration, Settings
from integrations.errors import ConfigurationError, NothingMatchedError

PREFIX = f"{PROJECT}:"
WORDS = {
    "Object contains unknown field": "there is no field",
    "Object missing required field": "missing field",
    "Expected `str`, got `date`": "a day stands in quotes",
    **{f"Expected `str` matching regex {pattern!r}": f"this is not {meaning}" for pattern, meaning in PATTERNS.items()},
}

T = TypeVar("T")
# msgspec (0.22) crashes the process if several threads convert to a type for the first time at once,
# as the policy pack's do.
_ONE_AT_A_TIME = threading.Lock()


def environment_path(name: str, root: Path) -> Path:
    """Where the environment `name` is configured."""
    return root / f"Pulumi.{name}.yaml"


def environment_names(root: Path) -> list[str]:
    """Every environment that has a file in `root`, sorted."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))


def load_environment(name: str, root: Path) -> Environment:
    """Read and check one environment.

    Raises NothingMatchedError if there is no such file, ConfigurationError if it is wrong.
    """
    path = environment_path(name, root)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(environment_names(root)) or "none"
        raise NothingMatchedError(f"there is no environment {name!r}: no file {path} (there is: {known})") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
    return parse_environment(name, text, str(path))


def declared_at(environment: Environment, integration: str) -> tuple[int, int]:
    """Line and column (from 1) where the environment's file declares the integration; its beginning if it is gone."""
    try:
        tree = yaml.compose(Path(environment.path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, yaml.YAMLError):
        return 1, 1
    named = _child(_child(tree, "config"), f"{PREFIX}integrations")
    pairs = named.value if isinstance(named, yaml.MappingNode) else []
    mark = next((key.start_mark for key, _ in pairs if key.value == integration), None)
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def parse_environment(name: str, text: str, path: str) -> Environment:
    """The same from text; `path` is only for messages."""
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        raise ConfigurationError(f"{where}: this is not YAML: {error.problem}") from error
    except yaml.reader.ReaderError as error:
        raise ConfigurationError(f"{path}: this is not YAML: a character at {error.position} is not allowed") from error
    if twice := _repeated_key(tree):
        line, column = twice.start_mark.line + 1, twice.start_mark.column + 1
        raise ConfigurationError(f"{path}:{line}:{column}: the key {twice.value!r} stands here for the second time")
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise ConfigurationError(f"{path}:1:1: there is no `config:` map")
    values = {key.removeprefix(PREFIX): value for key, value in config.items() if str(key).startswith(PREFIX)}
    try:
        return Environment(name, settings_from(name, values), path)
    except ConfigurationError as error:
        trail = re.search(r" - at `\$(.*)`$", str(error))
        keys = [a or b for a, b in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", trail[1])] if trail else []
        keys += re.findall(r"there is no field `([\w-]+)`", str(error))
        line, column = _position(tree, keys)
        raise ConfigurationError(f"{path}:{line}:{column}: {error}") from error


def settings_from(name: str, values: dict[str, Any]) -> Settings:
    """Check plain values, as the file or Pulumi's own configuration holds them."""
    named = values.get("integrations")
    if not isinstance(named, dict):
        raise ConfigurationError("`integrations` is a map from a name to one integration - at `$.integrations`")
    integrations = {key: _integration(str(key), body) for key, body in named.items()}
    settings = _convert({**values, "integrations": {}}, Settings, "$")
    settings = msgspec.structs.replace(settings, integrations=integrations)
    if settings.disposable and not re.fullmatch(r"sandbox(-.+)?", name):
        raise ConfigurationError(
            f"environment {name!r} cannot be disposable: its buckets would be emptied and deleted with it;"
            " only `sandbox` and `sandbox-…` can be - at `$.disposable`"
        )
    return settings


def _integration(key: str, body: object) -> Integration:
    at = f"$.integrations.{key}"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", key):
        raise ConfigurationError(f"an integration's name is 1 to 40 of a-z, 0-9 and -, a letter first - at `{at}`")
    if isinstance(body, dict) and "name" in body:
        raise ConfigurationError(f"an integration's name is its key: remove `name` - at `{at}.name`")
    kind = cast("type[Any]", Integration)  # a union is no type to mypy
    found: Integration = _convert({**body, "name": key} if isinstance(body, dict) else body, kind, at)
    return found


def _convert(value: object, type_: type[T], at: str) -> T:
    """msgspec's check, with its words turned into those of the file."""
    try:
        with _ONE_AT_A_TIME:
            return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        message, _, trail = str(error).partition(" - at `$")
        for wrong, right in WORDS.items():
            message = message.replace(wrong, right)
        raise ConfigurationError(f"{message} - at `{at}{trail.removesuffix('`')}`") from error


def _position(tree: yaml.Node | None, keys: list[str]) -> tuple[int, int]:
    """Line and column (from 1) of the deepest node on the way to `keys` under `config:`."""
    node = _child(tree, "config") or tree
    for depth, key in enumerate(keys):
        step = _child(node, key if depth else PREFIX + key)
        if step is None:
            break
        node = step
    return (node.start_mark.line + 1, node.start_mark.column + 1) if node else (1, 1)


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
        item: yaml.Node = node.value[int(key)]
        return item
    return None


def _repeated_key(node: yaml.Node | None) -> yaml.ScalarNode | None:
    """The first key that a map holds twice; YAML's loader would keep the last one without a word."""
    if isinstance(node, yaml.SequenceNode):
        return next(filter(None, map(_repeated_key, node.value)), None)
    if not isinstance(node, yaml.MappingNode):
        return None
    seen: set[str] = set()
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                return key
            seen.add(key.value)
        if found := _repeated_key(value):
            return found
    return None
