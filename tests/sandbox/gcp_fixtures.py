"""The fixtures of the tests with Google Cloud, as a plugin: each test module that wants them says so.

Google Cloud is started once, and stopped by process id.
"""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds import gcp as local_gcp
from integrations_sandbox.clouds.edge import Door, Routes
from integrations_sandbox.clouds.network import settings, start_edge

with warnings.catch_warnings():
    # Google's libraries warn, while they are imported, of what they do without (grpcio-status)
    # and of when they will stop knowing this Python.
    warnings.simplefilter("ignore")
    from google.cloud import storage

ORIGIN = "https://app.encord.com"
CORS = [{"origin": [ORIGIN], "method": ["GET"], "responseHeader": ["Content-Type", "ETag"], "maxAgeSeconds": 600}]
UNSET = ("http_proxy", "https_proxy", "all_proxy", "STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True)
class Gcp:
    """A running local Google Cloud. browser: a plain loopback base URL for it."""

    folder: Path
    port: int
    keys: dict[str, local_gcp.Key]
    browser: str

    def key(self, who: str) -> dict[str, Any]:
        """The content of a person's key file."""
        content: dict[str, Any] = json.loads(self.keys[who].path.read_text())
        return content

    def credentials(self, who: str, *scopes: str) -> service_account.Credentials:
        return service_account.Credentials.from_service_account_file(self.keys[who].path, scopes=scopes or [SCOPE])

    def client(self, who: str) -> storage.Client:
        """A person's client, unmodified and with default options."""
        return storage.Client.from_service_account_json(str(self.keys[who].path))

    def session(self, who: str | None = None, *scopes: str) -> requests.Session:
        """Plain HTTP with a person's token, or as nobody in particular."""
        session = requests.Session()
        if who is not None:
            credentials = self.credentials(who, *scopes)
            credentials.refresh(Request())
            session.headers["Authorization"] = f"Bearer {credentials.token}"
        return session


DEPLOYER, CI, ENCORD = local_gcp.DEPLOYER_ACCOUNT, local_gcp.CI_ACCOUNT, local_gcp.ENCORD_ACCOUNT


def enter(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name in UNSET:
        patch.delenv(name, raising=False)
    for name, value in environment.items():
        patch.setenv(name, value)


@pytest.fixture(scope="session")
def gcp_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gcp, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("gcp")
    bundle = certificates.authority(folder / "tls")
    port, edge_port, door_port = processes.free_port(), processes.free_port(), processes.free_port()
    doors = (Door(door_port, port, "localhost"),)
    started = [local_gcp.start(folder / "gcp", folder / "tls", port)]
    try:
        started.append(start_edge(folder / "edge", Routes(edge_port, local_gcp.routes(port), str(bundle), doors)))
        environment = settings(edge_port, bundle)
        with pytest.MonkeyPatch.context() as patch:
            enter(patch, environment)
            keys = {key.email: key for key in local_gcp.seed(folder / "gcp")}
        yield Gcp(folder / "gcp", port, keys, f"http://127.0.0.1:{door_port}"), environment
    finally:
        for process in reversed(started):
            processes.stop(process)


@pytest.fixture
def gcp(gcp_cloud: tuple[Gcp, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Gcp:
    """The local Google Cloud, with the environment that leads there; other clouds' tests have their own."""
    found, environment = gcp_cloud
    enter(monkeypatch, environment)
    return found


@pytest.fixture
def bucket(gcp: Gcp) -> Iterator[storage.Bucket]:
    """A private bucket of the deployer's with one object, and nobody's rights but theirs."""
    with gcp.client(DEPLOYER) as client:
        made = client.bucket(f"acme-{uuid.uuid4().hex[:12]}")
        made.iam_configuration.uniform_bucket_level_access_enabled = True
        made.iam_configuration.public_access_prevention = "enforced"
        made.cors = CORS
        client.create_bucket(made, location="europe-west2")
        made.blob("images/1 (32).jpg").upload_from_string(b"a picture", content_type="image/jpeg")
        yield made
        made.delete(force=True)


def grant(bucket: storage.Bucket, who: str, *roles: str) -> None:
    """Give a service account roles on the bucket, keeping everybody else's."""
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings += [{"role": role, "members": {f"serviceAccount:{who}"}} for role in roles]
    bucket.set_iam_policy(policy)
