"""What the sandbox's Azure knows besides the blobs: directory, subscriptions, resources, role assignments.

One JSON file, replaced atomically after every change, so that it is whole after a kill.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from integrations_sandbox.clouds.azure_roles import Assignment

BLOB_SUFFIX = "blob.core.windows.net"


class Application(Struct, frozen=True):
    """An application registered in the tenant `tenant`. secrets: SHA-256 digests of its client secrets."""

    id: str
    name: str
    tenant: str
    secrets: tuple[str, ...] = ()


class ServicePrincipal(Struct, frozen=True):
    """What an application is in one tenant, once that tenant has consented: `id` is its object id there.

    graph: its application permissions on Microsoft Graph, such as Application.Read.All.
    """

    id: str
    application: str
    tenant: str
    graph: tuple[str, ...] = ()


class Group(Struct, frozen=True):
    """A resource group."""

    subscription: str
    name: str
    location: str
    tags: dict[str, str] = {}

    @property
    def id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.name}"


class Account(Struct, frozen=True):
    """A storage account. properties and service hold what Azure Resource Manager was told, by its names;
    CORS and containers are not here, because the blob service itself knows them. retention: days that each container
    with an immutability policy keeps what is in it. lifecycle: the properties of the lifecycle policy, empty without one."""

    subscription: str
    group: str
    name: str
    location: str
    sku: str
    kind: str
    created: str
    keys: tuple[str, str]
    tags: dict[str, str] = {}
    properties: dict[str, Any] = {}
    service: dict[str, Any] = {}
    retention: dict[str, int] = {}
    lifecycle: dict[str, Any] = {}

    @property
    def id(self) -> str:
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/Microsoft.Storage/storageAccounts/{self.name}"

    @property
    def host(self) -> str:
        return f"{self.name}.{BLOB_SUFFIX}"


class State(Struct):
    """Everything, by id. tenants: id to name. subscriptions: id to tenant. Groups by their lower-case id."""

    tenants: dict[str, str] = field(default_factory=dict)
    subscriptions: dict[str, str] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    principals: dict[str, ServicePrincipal] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)

    def principal_of(self, application: str, tenant: str) -> ServicePrincipal | None:
        """The application's service principal in a tenant, or None without that tenant's consent."""
        found = (p for p in self.principals.values() if (p.application, p.tenant) == (application, tenant))
        return next(found, None)


class Store:
    """The state and its file; `emulator_accounts` is the file from which Azurite takes its accounts."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state.json"
        self.emulator_accounts = folder / "accounts"
        self.state = msgspec.json.decode(self._path.read_bytes(), type=State) if self._path.exists() else State()
        self.save()

    def save(self) -> None:
        """Write it down. To be called after every change, before the change is answered for."""
        replace(self._path, msgspec.json.encode(self.state))
        # https://github.com/Azure/Azurite#customized-storage-accounts--keys
        accounts = ";".join(":".join((account.name, *account.keys)) for account in self.state.accounts.values())
        replace(self.emulator_accounts, accounts.encode())


def digest(secret: str) -> str:
    """How a client secret is kept: it is long and random, so a plain hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()


def replace(path: Path, content: bytes) -> None:
    """Put a file in place, readable by its owner only, so that it is never seen half-written."""
    new = path.with_name(path.name + ".new")
    new.touch(mode=0o600)
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
