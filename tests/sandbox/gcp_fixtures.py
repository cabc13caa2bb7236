"""The fixtures of the tests with Google Cloud, as a plugin: each test module that wants them says so.

Google Cloud is started once, and stopped by process id.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from gcp_stage import CONTENT, CORS, DEPLOYER, OBJECT, Gcp, enter, storage

from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds import gcp as local_gcp
from integrations_sandbox.clouds.edge import Door, Routes
from integrations_sandbox.clouds.network import settings, start_edge


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
        made.blob(OBJECT).upload_from_string(CONTENT, content_type="image/jpeg")
        yield made
        made.delete(force=True)
