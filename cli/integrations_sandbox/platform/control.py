"""Start the platform and set it up, from another process."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import requests

from integrations.errors import UnreachableError
from integrations_sandbox.clouds import processes
from integrations_sandbox.faults import Fault
from integrations_sandbox.platform.clouds import Integration
from integrations_sandbox.platform.routes.admin import HEALTH, PREFIX
from integrations_sandbox.platform.settings import Settings, prepare, read_settings, write_settings


def base_url(port: int) -> str:
    """The address to give to the `encord` SDK as its domain."""
    return f"http://127.0.0.1:{port}"


def start(
    data: Path, port: int, environment: Mapping[str, str], browser_base: Mapping[str, str] | None = None
) -> processes.Process:
    """Start the platform of a data folder.

    environment: how it reaches the clouds (clouds.network.settings). browser_base: see Settings.
    Raises UnreachableError if it does not start.
    """
    settings = prepare(data)
    write_settings(data, Settings(settings.admin_token, dict(browser_base or {})))
    command = [
        *(sys.executable, "-m", "integrations_sandbox.platform"),
        *("--port", str(port), "--data", str(data)),
    ]
    return processes.start("platform", command, data / "log.txt", port, environment, lambda: healthy(port))


def healthy(port: int) -> bool:
    """Whether the platform answers."""
    try:
        return requests.get(f"{base_url(port)}{HEALTH}", timeout=2).ok
    except requests.RequestException:
        return False


class AdminDoor:
    """The calls of routes/admin.py. Each raises UnreachableError when the platform does not do it."""

    def __init__(self, data: Path, port: int) -> None:
        self._base = f"{base_url(port)}{PREFIX}"
        self._token = read_settings(data).admin_token

    def put_integration(self, integration: Integration) -> None:
        """Make or replace an integration."""
        self._call("PUT", "/integrations", msgspec.to_builtins(integration))

    def list_integrations(self) -> list[dict[str, Any]]:
        """Every integration, its secrets masked."""
        found: list[dict[str, Any]] = self._call("GET", "/integrations")
        return found

    def delete_integration(self, uuid: str) -> None:
        """Forget an integration."""
        self._call("DELETE", f"/integrations/{uuid}")

    def put_user(self, email: str, role: str, public_keys: list[str]) -> None:
        """Make a user, or replace role and keys."""
        self._call("PUT", "/users", {"email": email, "role": role, "public_keys": public_keys})

    def share_folder(self, folder: str, email: str, role: str) -> None:
        """Let a user into a folder."""
        self._call("PUT", f"/folders/{folder}/users", {"email": email, "role": role})

    def begin_session(self) -> str:
        """A new session of the console; returns its token."""
        token: str = self._call("POST", "/console/session")["token"]
        return token

    def put_faults(self, *rules: Fault) -> None:
        """Stage these faults from now on, and no others."""
        self._call("PUT", "/faults", msgspec.to_builtins(rules))

    def list_faults(self) -> list[dict[str, Any]]:
        """The faults in force, and how often each has struck."""
        found: list[dict[str, Any]] = self._call("GET", "/faults")
        return found

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            answer = requests.request(method, f"{self._base}{path}", json=body, headers=headers, timeout=30)
        except requests.RequestException as error:
            raise UnreachableError(f"the sandbox's platform does not answer at {self._base}: {error}") from error
        if not answer.ok:
            raise UnreachableError(f"the sandbox's platform refused {method} {path}: {answer.text}")
        return answer.json()
