"""The local Google Cloud: Cloud Storage with its rules enforced, and the people who work in it.

Two projects of two organisations, as in production: the customer's, and the one that plays Encord's.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from msgspec import Struct

from integrations.errors import UnreachableError
from integrations_sandbox.clouds import certificates, gcp_admin, processes
from integrations_sandbox.clouds.edge import Route
from integrations_sandbox.clouds.gcp_front import CREDENTIALS, STORAGE, TOKENS, prepare
from integrations_sandbox.clouds.gcp_oauth import TOKEN_URI

CUSTOMER_PROJECT = "acme-media"
CUSTOMER_DOMAIN = "acme.example"
PLATFORM_PROJECT = "encord-platform"
PLATFORM_DOMAIN = "encord.example"


def account(name: str, project: str) -> str:
    """The e-mail of a service account."""
    return f"{name}@{project}.iam.gserviceaccount.com"


DEPLOYER_ACCOUNT = account("deployer", CUSTOMER_PROJECT)
CI_ACCOUNT = account("ci", CUSTOMER_PROJECT)
ENCORD_ACCOUNT = account("encord", PLATFORM_PROJECT)

# What everybody may do in a whole project. CI's and Encord's rights must come from what the stacks grant.
PROJECTS: tuple[tuple[str, str, list[dict[str, Any]]], ...] = (
    (CUSTOMER_PROJECT, CUSTOMER_DOMAIN, [{"role": "roles/owner", "members": [f"serviceAccount:{DEPLOYER_ACCOUNT}"]}]),
    (PLATFORM_PROJECT, PLATFORM_DOMAIN, []),
)
ACCOUNTS = (
    (DEPLOYER_ACCOUNT, CUSTOMER_PROJECT),
    (CI_ACCOUNT, CUSTOMER_PROJECT),
    (ENCORD_ACCOUNT, PLATFORM_PROJECT),
)


class Key(Struct, frozen=True):
    """A service account and the file with its key, for GOOGLE_APPLICATION_CREDENTIALS."""

    email: str
    project: str
    path: Path


def hosts() -> list[str]:
    """Every host name that the local Google Cloud plays, as its certificate must name them."""
    return ["localhost", STORAGE, f"*.{STORAGE}", TOKENS, CREDENTIALS]


def routes(port: int) -> tuple[Route, ...]:
    """What the edge must lead to it."""
    return tuple(Route(host, port) for host in (STORAGE, TOKENS, CREDENTIALS))


def start(folder: Path, tls: Path, port: int) -> processes.Process:
    """Start it on `port`, with its data in `folder` and a certificate from the authority in `tls`.

    Raises UnreachableError if it does not start.
    """
    prepare(folder)
    certificate, key = certificates.issue(tls, "gcp", hosts())
    command = [sys.executable, "-m", "integrations_sandbox.clouds.gcp_front", str(folder), str(port)]
    command += [str(certificate), str(key)]
    return processes.start("gcp", command, folder / "log.txt", port)


def seed(folder: Path) -> tuple[Key, ...]:
    """Make both projects and every service account, with a key file each. Needs the edge in the environment.

    Key files that are there already are kept. Raises UnreachableError.
    """
    for project, domain, bindings in PROJECTS:
        put_project(folder, project, domain=domain, bindings=bindings)
    return tuple(add_account(folder, email, project) for email, project in ACCOUNTS)


def key_path(folder: Path, email: str) -> Path:
    """Where the key file of a service account is, once it is made."""
    return folder / "keys" / f"{email}.json"


def add_account(folder: Path, email: str, project: str, **more: Any) -> Key:
    """Make a service account, with a key file of mode 0600 under `folder`. more: see gcp_admin."""
    path = key_path(folder, email)
    if not path.exists():
        _write_key(path, email, project)
    key = load_pem_private_key(json.loads(path.read_text())["private_key"].encode(), None)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    _put(folder, f"accounts/{email}", {"project": project, "public_keys": [public], **more})
    return Key(email, project, path)


def put_project(folder: Path, project: str, **record: Any) -> None:
    """Say what a project is; `allowed_domains` turns domain restricted sharing on. See gcp_records.Project."""
    _put(folder, f"projects/{project}", record)


def _put(folder: Path, what: str, body: dict[str, Any]) -> None:
    token = prepare(folder).admin_token
    url = f"https://{STORAGE}{gcp_admin.ROOT}{what}"
    try:
        answer = requests.put(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=10)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise UnreachableError(f"the local Google Cloud did not take {what}: {error}") from error


def _write_key(path: Path, email: str, project: str) -> None:
    """https://cloud.google.com/iam/docs/keys-create-delete#creating"""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    content = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": secrets.token_hex(20),
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": email,
        "client_id": str(secrets.randbelow(10**21)),
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": TOKEN_URI,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "universe_domain": "googleapis.com",
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
