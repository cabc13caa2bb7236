"""What to do with a resource, decided from what was, what is wanted and what was just seen in the cloud.

Every function is pure: nothing is asked and nothing is done here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.records import MASK, Change, Op, StepError
from integrations_sandbox.deploy.state import Resource
from integrations_sandbox.deploy.wire import Props

GONE = "was gone from the cloud"
DRIFTED = "was changed outside of this stack"
ADOPTED = "an interrupted run had begun it"
UNSEEN = "cannot be looked at, so it is applied again"
REPLACED = "replaced"


@dataclass(frozen=True)
class Seen:
    """What the cloud shows of a resource.

    inputs: the properties that are compared with the program's, as they are in force.
    outputs: what the cloud adds (ARN, alias …). complete: False if the resource's kind
    cannot be looked at; then nothing can be said of it.
    """

    inputs: Props
    outputs: Props
    complete: bool = True


@dataclass(frozen=True)
class Decision:
    op: Op
    changes: tuple[Change, ...] = ()
    note: str = ""


def decide(
    old: Resource | None, new: Resource, seen: Seen | None, desired: Props, replacing: Callable[[set[str]], set[str]]
) -> Decision:
    """The one operation that makes the cloud what the program wants.

    seen: what the cloud shows of `old`, None if it is not there. desired: what the cloud
    will show when the inputs of `new` are in force. replacing: which of some changed
    top-level properties can only change by replacing the resource.
    """
    if old is None:
        return Decision("create")
    if seen is None:
        return Decision("create", note=GONE)
    program = _by_key(_inputs(old), _inputs(new))
    known = {key for key in seen.inputs if not wire.has_unknown(desired.get(key))}
    cloud = _by_key({k: seen.inputs[k] for k in known}, {k: desired.get(k) for k in known})
    hidden = {key for key in {*program, *cloud} if _holds_secret(key, old, new)}
    changes = tuple(_change(path, *pair, hidden) for path, pair in {**_flat(cloud), **_flat(program)}.items())
    replaced = replacing({*program, *cloud})
    note = DRIFTED if cloud and not program else ""
    if replaced:
        return Decision("replace", tuple(c for c in changes if _key(c.path) in replaced), note)
    if program or cloud:
        return Decision("update", changes, note)
    return Decision("same") if seen.complete else Decision("update", note=UNSEEN)


def _inputs(resource: Resource) -> Props:
    """Without the pickled code of a dynamic provider, which differs though it does the same."""
    return {k: v for k, v in wire.plain(resource.inputs).items() if k != "__provider"}


def _holds_secret(key: str, old: Resource, new: Resource) -> bool:
    return wire.has_secret(old.inputs.get(key)) or wire.has_secret(new.inputs.get(key))


def _by_key(old: Props, new: Props) -> dict[str, dict[str, tuple[Any, Any]]]:
    """The differences under each top-level property that differs."""
    found = {key: differences(old.get(key), new.get(key), key) for key in sorted(old.keys() | new.keys())}
    return {key: difference for key, difference in found.items() if difference}


def _flat(by_key: dict[str, dict[str, tuple[Any, Any]]]) -> dict[str, tuple[Any, Any]]:
    return {path: pair for found in by_key.values() for path, pair in found.items()}


def _key(path: str) -> str:
    return path.split(".", 1)[0].split("[", 1)[0]


def differences(old: Any, new: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Every path at which two values differ, with both sides; JSON documents are compared as what they say."""
    old, new = _parsed(old), _parsed(new)
    pairs: list[tuple[str, Any, Any]] = []
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = [(f"{path}.{key}" if path else key, old.get(key), new.get(key)) for key in sorted(old.keys() | new)]
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(old, new, strict=True))]
    elif old != new:
        return {path: (old, new)}
    return {where: pair for place, a, b in pairs for where, pair in differences(a, b, place).items()}


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _change(path: str, old: Any, new: Any, hidden: set[str]) -> Change:
    if _key(path) in hidden or _is_external_id(path):
        return Change(path, old and MASK, new and MASK)
    return Change(path, _masked(old), _masked(new))


def _is_external_id(name: str) -> bool:
    """External IDs are no secrets, and are not printed either."""
    return "externalid" in name.lower()


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: MASK if _is_external_id(key) else _masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return "unknown" if value == wire.UNKNOWN else value


def deletion_order(resources: Iterable[Resource]) -> list[Resource]:
    """Whoever needs another goes before it; of those that need nobody, the newest first.

    Raises StepError if they need each other in a circle.
    """
    listed = list(resources)
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for index, resource in enumerate(listed):
        needs = {*resource.dependencies, resource.provider_urn}
        sorter.add(index, *(i for i, other in enumerate(listed) if other.urn in needs and i != index))
    try:
        return [listed[index] for index in reversed(list(sorter.static_order()))]
    except CycleError as error:
        names = ", ".join(sorted({listed[index].label for index in error.args[1]}))
        raise StepError(f"cannot delete resources that need each other in a circle: {names}") from error


def dependants(resources: Iterable[Resource], urn: str) -> list[Resource]:
    """Every resource that needs `urn`, by way of others too."""
    listed = list(resources)
    reached = {urn}
    while more := {r.urn for r in listed if reached & {*r.dependencies, r.provider_urn}} - reached:
        reached |= more
    return [r for r in listed if r.urn in reached and r.urn != urn]
