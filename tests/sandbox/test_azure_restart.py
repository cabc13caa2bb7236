"""The local Azure after a kill: what was written down is there again, and nothing else has changed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests
from azure.storage.blob import BlobServiceClient
from azure_stage import Azure, signed_in

from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds.azure_roles import BUILT_IN
from integrations_sandbox.clouds.edge import Routes
from integrations_sandbox.clouds.network import settings, start_edge

SAVED_WITHIN = 2.0  # seconds; the emulator saves its index twice a second


def test_everything_survives_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := local_azure.available():
        pytest.skip(reason)
    bundle = certificates.authority(tmp_path / "tls")
    ports = local_azure.Ports(processes.free_port(), processes.free_port())
    edge_port = processes.free_port()
    started = [start_edge(tmp_path / "edge", Routes(edge_port, local_azure.routes(ports), str(bundle)))]
    for name, value in settings(edge_port, bundle).items():
        monkeypatch.setenv(name, value)
    try:
        first = local_azure.start(tmp_path / "azure", tmp_path / "tls", ports)
        started += first
        people = {person.name: person for person in local_azure.seed(tmp_path / "azure")}
        azure = Azure(tmp_path / "azure", ports, people, "")
        url = make(azure)
        time.sleep(SAVED_WITHIN)
        for process in first:
            kill(process)
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(url, timeout=10)
        started += local_azure.start(tmp_path / "azure", tmp_path / "tls", ports)
        encord = BlobServiceClient(url, credential=signed_in(people[local_azure.ENCORD]), retry_total=0)
        assert encord.get_blob_client("media", "a").download_blob().readall() == b"kept"
        assert azure.arm("GET", f"{PATH}/blobServices/default").json()["properties"]["cors"]["corsRules"] == [RULE]
    finally:
        for process in reversed(started):
            processes.stop(process)


def kill(process: processes.Process) -> None:
    """End it without a warning, which `processes.stop` never does."""
    child = processes._children.pop(process.pid)
    child.kill()
    child.wait()


PATH = "resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acmekept"
RULE = {
    "allowedOrigins": ["https://app.encord.com"],
    "allowedMethods": ["GET"],
    "allowedHeaders": ["*"],
    "exposedHeaders": ["*"],
    "maxAgeInSeconds": 60,
}


def make(azure: Azure) -> str:
    """An account with an object, CORS and a grant to Encord; its URL."""
    azure.arm("PUT", "resourceGroups/rg", {"location": "westeurope"})
    azure.arm("PUT", PATH, {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"})
    azure.arm("PUT", f"{PATH}/blobServices/default", {"properties": {"cors": {"corsRules": [RULE]}}})
    azure.arm("PUT", f"{PATH}/blobServices/default/containers/media", {})
    reader = next(role.id for role in BUILT_IN if role.name == "Storage Blob Data Reader")
    properties = {"roleDefinitionId": reader, "principalId": azure.people[local_azure.ENCORD].object_id}
    grant = f"{PATH}/providers/Microsoft.Authorization/roleAssignments/5a6db000-0000-4000-8000-00000000aaaa"
    assert azure.arm("PUT", grant, {"properties": properties}).status_code == 201
    key = azure.arm("POST", f"{PATH}/listKeys").json()["keys"][0]["value"]
    url = "https://acmekept.blob.core.windows.net"
    BlobServiceClient(url, credential=key).get_blob_client("media", "a").upload_blob(b"kept")
    return url
