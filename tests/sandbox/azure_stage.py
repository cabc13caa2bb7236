"""The running local Azure of the tests: who signs in, and a storage account of one test."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.clouds.azure_front import Directory
from integrations_sandbox.clouds.azure_roles import BUILT_IN

CONTAINER = "media"
OBJECT = "a b/ü+1.txt"
CONTENT = b"what is in it"
READER, CONTRIBUTOR = "Storage Blob Data Reader", "Storage Blob Data Contributor"
DELEGATOR = "Storage Blob Delegator"
UNSET = ("HTTP_PROXY", "http_proxy", "https_proxy", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")


@dataclass(frozen=True)
class Azure:
    """A running local Azure. `people` sign in; `browser` is a plain loopback base URL for signed URLs."""

    folder: Path
    ports: local_azure.Ports
    people: dict[str, local_azure.Credentials]
    browser: str

    def credential(self, name: str = local_azure.DEPLOYER) -> Any:
        return signed_in(self.people[name])

    def admit(self, **directory: Any) -> None:
        local_azure.admit(self.folder, Directory(**directory))

    def arm(
        self, method: str, path: str, body: Any = None, *, who: str = local_azure.DEPLOYER, **query: str
    ) -> requests.Response:
        """A call to Azure Resource Manager; `path` is below the subscription unless it starts with /."""
        token = self.credential(who).get_token("https://management.azure.com/.default").token
        path = path if path.startswith("/") else f"/subscriptions/{local_azure.SUBSCRIPTION}/{path}"
        headers = {"Authorization": f"Bearer {token}"}
        url = f"https://management.azure.com{path}"
        return requests.request(
            method, url, json=body, params={"api-version": "2023-05-01", **query}, headers=headers, timeout=30
        )


@cache
def signed_in(person: local_azure.Credentials) -> Any:
    """The real credential of azure-identity, which keeps its tokens."""
    from azure.identity import ClientSecretCredential

    return ClientSecretCredential(person.tenant, person.client_id, person.client_secret)


@dataclass(frozen=True)
class Account:
    """A storage account of one test."""

    azure: Azure
    group: str
    name: str

    @property
    def id(self) -> str:
        group = f"/subscriptions/{local_azure.SUBSCRIPTION}/resourceGroups/{self.group}"
        return f"{group}/providers/Microsoft.Storage/storageAccounts/{self.name}"

    @property
    def url(self) -> str:
        return f"https://{self.name}.blob.core.windows.net"

    @property
    def container_id(self) -> str:
        return f"{self.id}/blobServices/default/containers/{CONTAINER}"

    def arm(self, method: str, path: str = "", body: Any = None, **more: Any) -> requests.Response:
        return self.azure.arm(method, self.id + path, body, **more)

    def put(self, location: str = "westeurope", **properties: Any) -> requests.Response:
        sku = {"name": "Standard_LRS"}
        body = {"location": location, "sku": sku, "kind": "StorageV2", "properties": properties}
        return self.arm("PUT", body=body)

    def key(self) -> str:
        return str(self.arm("POST", "/listKeys").json()["keys"][0]["value"])

    def service(self, credential: Any) -> Any:
        from azure.storage.blob import BlobServiceClient

        return BlobServiceClient(self.url, credential=credential, retry_total=0)

    def as_person(self, name: str) -> Any:
        """The object, as this person sees it."""
        return self.service(self.azure.credential(name)).get_blob_client(CONTAINER, OBJECT)

    def grant(self, name: str, role: str, scope: str | None = None) -> requests.Response:
        """Assign a role to a person at the account, or at another scope."""
        definition = next(found.id for found in BUILT_IN if found.name == role)
        properties = {
            "roleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{definition}",
            "principalId": self.azure.people[name].object_id,
            "principalType": "ServicePrincipal",
        }
        path = f"/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
        return self.azure.arm("PUT", (scope or self.id) + path, {"properties": properties})


def code_of(call: Callable[[], object]) -> tuple[int, str]:
    """Status and error code of a refusal of the blob service."""
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError) as caught:
        call()
    code = getattr(caught.value, "error_code", "")
    return caught.value.status_code, getattr(code, "value", code)
