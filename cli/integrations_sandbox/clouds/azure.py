"""The local Azure: Azurite for the blobs, and in front of it what Azurite has not: sign-in, Azure Resource Manager,
roles and the account's settings.

Azurite comes from npm (package.json pins it). Where Node or it is missing, `available` says so and the rest of the
sandbox works without Azure.
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

import msgspec
import requests
from msgspec import Struct

from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds.azure_arm import HOST as ARM_HOST
from integrations_sandbox.clouds.azure_entra import GRAPH_HOST, GRAPH_READ, LOGIN_HOST
from integrations_sandbox.clouds.azure_front import ADMIN, Directory, Front
from integrations_sandbox.clouds.azure_roles import BUILT_IN, Assignment
from integrations_sandbox.clouds.azure_state import BLOB_SUFFIX, Application, ServicePrincipal, digest, replace
from integrations_sandbox.clouds.edge import Route

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
AZURITE_VERSION = "3.37.0"  # held to package.json by a test
CERTIFICATE = "azure"
NODE_MAJOR = 20  # Azurite 3.37 declares 22, and passed everything here on 20

TENANT = "5a6db000-0000-4000-8000-000000000001"
ENCORD_TENANT = "5a6db000-0000-4000-8000-000000000002"
SUBSCRIPTION = "5a6db000-0000-4000-8000-000000000010"
DEPLOYER = "deployer"
CHECKER = "checker"
ENCORD = "cord-integrator"
# Application id and object id in the customer's tenant: two different ids of one identity.
PEOPLE = {
    DEPLOYER: ("5a6db000-0000-4000-8000-0000000000a1", "5a6db000-0000-4000-8000-0000000000b1"),
    CHECKER: ("5a6db000-0000-4000-8000-0000000000a2", "5a6db000-0000-4000-8000-0000000000b2"),
    ENCORD: ("5a6db000-0000-4000-8000-0000000000a3", "5a6db000-0000-4000-8000-0000000000b3"),
}
# What each may do. Encord's rights must all come from what the stacks grant.
GRANTS = {DEPLOYER: "Owner", CHECKER: "Reader"}


class Ports(Struct, frozen=True):
    """The loopback ports of the two processes; only the front is for clients."""

    front: int
    azurite: int


class Credentials(Struct, frozen=True):
    """What somebody signs in with. object_id: what roles are assigned to."""

    name: str
    tenant: str
    client_id: str
    client_secret: str
    object_id: str

    def environment(self) -> dict[str, str]:
        """The variables that azure-identity reads."""
        return {
            "AZURE_TENANT_ID": self.tenant,
            "AZURE_CLIENT_ID": self.client_id,
            "AZURE_CLIENT_SECRET": self.client_secret,
        }


@cache
def available() -> str | None:
    """Why there is no Azure in this sandbox, in one sentence; None if there is."""
    node = shutil.which("node")
    if node is None:
        return f"Azure is left out of the sandbox: Node.js {NODE_MAJOR} or newer is not installed"
    said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    if not said.startswith("v") or int(said[1:].partition(".")[0]) < NODE_MAJOR:
        return f"Azure is left out of the sandbox: Node.js {NODE_MAJOR} or newer is needed, and this is {said or node}"
    package = _azurite() / "package.json"
    if not package.exists():
        return "Azure is left out of the sandbox: Azurite is not installed; run `npm ci` in the project's folder"
    found = json.loads(package.read_text())["version"]
    if found != AZURITE_VERSION:
        return f"Azure is left out of the sandbox: Azurite {found} is installed, not {AZURITE_VERSION}; run `npm ci`"
    return None


def hosts() -> list[str]:
    """Every host name that the front plays, as its certificate must name them."""
    return ["localhost", LOGIN_HOST, GRAPH_HOST, ARM_HOST, f"*.{BLOB_SUFFIX}"]


def routes(ports: Ports) -> tuple[Route, ...]:
    """What the edge must lead to the front."""
    return tuple(Route(host, ports.front) for host in (LOGIN_HOST, GRAPH_HOST, ARM_HOST, BLOB_SUFFIX))


def start(folder: Path, tls: Path, ports: Ports) -> tuple[processes.Process, ...]:
    """Start both processes, with their data in `folder` and a certificate from the authority in `tls`.

    Ask `available` first. Raises UnreachableError if one of them does not start.
    """
    started = start_front(folder, tls, ports)
    try:
        return started, start_azurite(folder, tls, ports)
    except BaseException:
        processes.stop(started)
        raise


def start_front(folder: Path, tls: Path, ports: Ports) -> processes.Process:
    """Start the front: before Azurite, because it issues the certificate and writes the file of accounts."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = certificates.issue(tls, CERTIFICATE, hosts())
    token = folder / "admin.token"
    if not token.exists():
        replace(token, secrets.token_urlsafe(32).encode())
    front = Front(str(folder), ports.front, ports.azurite, str(certificate), str(key), str(tls / "ca.pem"))
    settings = folder / "front.json"
    settings.write_bytes(msgspec.json.format(msgspec.json.encode(front), indent=2))
    command = [sys.executable, "-m", "integrations_sandbox.clouds.azure_front", str(settings)]
    return processes.start("azure", command, folder / "log.txt", ports.front)


def start_azurite(folder: Path, tls: Path, ports: Ports) -> processes.Process:
    """Start Azurite, behind a front that was started."""
    data, azurite = folder / "azurite", _azurite()
    command = [
        *("node", "--require", str(HERE / "azure_azurite.cjs"), str(azurite / "dist/src/blob/main.js")),
        *("--blobHost", "127.0.0.1", "--blobPort", str(ports.azurite), "--location", str(data)),
        *("--cert", str(tls / f"{CERTIFICATE}.pem"), "--key", str(tls / f"{CERTIFICATE}.key"), "--oauth", "basic"),
        *("--skipApiVersionCheck", "--disableTelemetry", "--silent"),
    ]
    environment = {"SANDBOX_AZURITE": str(azurite), "SANDBOX_AZURITE_ACCOUNTS": str(folder / "accounts")}
    return processes.start("azurite", command, folder / "azurite.log", ports.azurite, environment)


def _azurite() -> Path:
    return ROOT / "node_modules" / "azurite"


def seed(
    folder: Path, grants: Mapping[str, str] = GRANTS, directory: Collection[str] = (DEPLOYER,)
) -> tuple[Credentials, ...]:
    """Make the tenant, its subscription and everybody in it, each with a fresh secret. Needs the edge in the
    environment; `folder` is the one given to `start`. grants: roles on the subscription. directory: who may read the
    tenant's directory."""
    people = tuple(
        Credentials(name, TENANT, application, secrets.token_urlsafe(30), principal)
        for name, (application, principal) in PEOPLE.items()
    )
    role_ids = {role.name: role.id for role in BUILT_IN}
    admit(
        folder,
        Directory(
            tenants={TENANT: "acme", ENCORD_TENANT: "encord"},
            subscriptions={SUBSCRIPTION: TENANT},
            applications=tuple(
                Application(p.client_id, p.name, _home(p.name), (digest(p.client_secret),)) for p in people
            ),
            principals=tuple(
                ServicePrincipal(p.object_id, p.client_id, TENANT, (GRAPH_READ,) if p.name in directory else ())
                for p in people
            ),
            assignments=tuple(
                Assignment(p.object_id, f"/subscriptions/{SUBSCRIPTION}", role_ids[grants[p.name]], p.object_id)
                for p in people
                if p.name in grants
            ),
        ),
    )
    return people


def _home(name: str) -> str:
    """The tenant that an application is registered in: Encord's is a guest in the customer's."""
    return ENCORD_TENANT if name == ENCORD else TENANT


def admit(folder: Path, directory: Directory) -> None:
    """Add to what Azure knows, by the admin door. Raises requests.HTTPError if it does not open."""
    token = (folder / "admin.token").read_text()
    answer = requests.post(
        f"https://{ARM_HOST}{ADMIN}",
        data=msgspec.json.encode(directory),
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    answer.raise_for_status()
