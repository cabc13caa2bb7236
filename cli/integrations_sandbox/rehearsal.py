"""Fault rules for the whole sandbox: the platform takes its own, and a detour is laid for those of the clouds."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
import requests
import yaml

from integrations.errors import ConfigurationError, UnreachableError
from integrations_sandbox.clouds import processes
from integrations_sandbox.clouds.detour import DOOR, Detour
from integrations_sandbox.clouds.edge import DETOUR, Routes
from integrations_sandbox.decoding import convert
from integrations_sandbox.faults import Fault
from integrations_sandbox.files import write_private
from integrations_sandbox.sandbox import Sandbox, running


def read_rules(text: str, source: str) -> list[Fault]:
    """Rules from YAML, and so from JSON. Raises ConfigurationError that says which rule is wrong, and how."""
    try:
        return convert(yaml.safe_load(text) or [], list[Fault])
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{source} holds no list of fault rules: {error} (docs/sandbox.md)") from error


def stage_faults(sandbox: Sandbox, rules: Sequence[Fault]) -> None:
    """These faults from now on, and no others; none ends the rehearsal. Tunnels that are open stay as they are.

    Raises UnreachableError if the sandbox does not run.
    """
    _require_running(sandbox)
    of_clouds = [rule for rule in rules if rule.host]
    sandbox.admin().put_faults(*(rule for rule in rules if not rule.host))
    if not of_clouds:
        _close_detour(sandbox)
        return
    detour = _detour(sandbox) or _open_detour(sandbox)
    _call(sandbox, detour, "PUT", of_clouds)


def faults(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Every rule in force, with how often it has struck. Raises UnreachableError if the sandbox does not run."""
    _require_running(sandbox)
    detour = _detour(sandbox)
    return [*sandbox.admin().list_faults(), *(_call(sandbox, detour, "GET") if detour else [])]


def _require_running(sandbox: Sandbox) -> None:
    if not running(sandbox)["platform"]:
        raise UnreachableError("the sandbox does not run: integrations sandbox up")


def _detour(sandbox: Sandbox) -> Detour | None:
    """The detour that is laid, if it runs."""
    process = sandbox.layout.read().processes.get(DETOUR)
    if process is None or process.find() is None:
        return None
    return msgspec.json.decode(sandbox.layout.detour.read_bytes(), type=Detour)


def _open_detour(sandbox: Sandbox) -> Detour:
    layout = sandbox.layout
    routes = msgspec.json.decode((layout.edge / "routes.json").read_bytes(), type=Routes)
    detour = Detour(processes.free_port(), secrets.token_urlsafe(32), str(layout.tls), routes)
    write_private(layout.detour, msgspec.json.encode(detour).decode())
    command = [sys.executable, "-m", "integrations_sandbox.clouds.detour", str(layout.detour)]
    process = processes.start(DETOUR, command, layout.edge / "detour.log", detour.port)
    record = layout.read()
    record.processes[DETOUR] = process
    layout.write(record)
    (layout.edge / DETOUR).write_text(str(detour.port))
    return detour


def _close_detour(sandbox: Sandbox) -> None:
    layout, record = sandbox.layout, sandbox.layout.read()
    (layout.edge / DETOUR).unlink(missing_ok=True)
    if process := record.processes.pop(DETOUR, None):
        processes.stop(process)
        layout.write(record)


def _call(sandbox: Sandbox, detour: Detour, method: str, body: object = None) -> list[dict[str, Any]]:
    answer = requests.request(
        method,
        f"https://localhost:{detour.port}{DOOR}",
        data=msgspec.json.encode(body),
        headers={"Authorization": f"Bearer {detour.token}"},
        verify=str(sandbox.layout.tls / "ca.pem"),
        timeout=30,
    )
    if not answer.ok:
        raise UnreachableError(f"the detour refused {method} {DOOR}: {answer.text}")
    found: list[dict[str, Any]] = answer.json()
    return found
