"""The fixtures of the tests with Azure, as a plugin: each test module that wants them says so.

Azure is started once, and stopped by process id.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from azure_stage import CONTAINER, CONTENT, OBJECT, UNSET, Account, Azure

from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds.edge import Door, Routes
from integrations_sandbox.clouds.network import settings, start_edge


@pytest.fixture(scope="session")
def azure_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Azure, dict[str, str]]]:
    reason = local_azure.available()
    if reason is not None:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("azure")
    bundle = certificates.authority(folder / "tls")
    ports = local_azure.Ports(processes.free_port(), processes.free_port())
    edge_port, door_port = processes.free_port(), processes.free_port()
    door = Door(door_port, ports.front, "localhost")
    started = list(local_azure.start(folder / "azure", folder / "tls", ports))
    try:
        routes = Routes(edge_port, local_azure.routes(ports), str(bundle), (door,))
        started.append(start_edge(folder / "edge", routes))
        environment = settings(edge_port, bundle)
        with pytest.MonkeyPatch.context() as patch:
            enter(patch, environment)
            people = {person.name: person for person in local_azure.seed(folder / "azure")}
        yield Azure(folder / "azure", ports, people, f"http://127.0.0.1:{door_port}"), environment
    finally:
        for process in reversed(started):
            processes.stop(process)


@pytest.fixture
def azure(azure_cloud: tuple[Azure, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Azure:
    """The local Azure, with the environment that leads there; other clouds' tests have their own."""
    found, environment = azure_cloud
    enter(monkeypatch, environment)
    return found


def enter(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name in UNSET:
        patch.delenv(name, raising=False)
    for name, value in environment.items():
        patch.setenv(name, value)


@pytest.fixture
def account(azure: Azure) -> Iterator[Account]:
    """A storage account with one container and one object, and nobody's rights but the deployer's."""
    name = f"acme{uuid.uuid4().hex[:12]}"
    group = f"rg-{name}"
    assert azure.arm("PUT", f"resourceGroups/{group}", {"location": "westeurope"}).status_code == 201
    made = Account(azure, group, name)
    assert made.put().status_code == 202
    assert made.arm("PUT", f"/blobServices/default/containers/{CONTAINER}", {}).status_code == 201
    blob = made.service(made.key()).get_blob_client(CONTAINER, OBJECT)
    blob.upload_blob(CONTENT)
    blob.close()
    yield made
    assert azure.arm("DELETE", f"resourceGroups/{group}").status_code == 202
