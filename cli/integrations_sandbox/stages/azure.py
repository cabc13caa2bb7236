"""The sandbox's Azure: one tenant with one subscription for the customer, Encord's application, and who works there."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from azure.identity import EnvironmentCredential
from azure.storage.blob import BlobServiceClient, ContentSettings, generate_account_sas

from integrations.access import azure as access
from integrations.environment.azure import AzureIntegration
from integrations.environment.model import Environment
from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.clouds.edge import Door, Route
from integrations_sandbox.deploy.handlers.azure import Cloud
from integrations_sandbox.files import write_private
from integrations_sandbox.platform.clouds.azure import AzureIntegration as AtPlatform
from integrations_sandbox.stages import DEPLOYER, Servers

FOLDER, PEOPLE = "azure", "azure-people.json"


class AzureStage:
    """See Stage."""

    cloud = "azure"
    ports: tuple[str, ...] = ("azure", "azurite", "azure-browser")

    def available(self) -> str | None:
        return local_azure.available()

    def servers(self, folder: Path, ports: Mapping[str, int]) -> Servers:
        here = (folder / FOLDER, folder / "tls", _ports(ports))
        return {
            "azure": lambda: local_azure.start_front(*here),
            "azurite": lambda: local_azure.start_azurite(*here),
        }

    def routes(self, ports: Mapping[str, int]) -> tuple[Route, ...]:
        return local_azure.routes(_ports(ports))

    def doors(self, ports: Mapping[str, int]) -> tuple[Door, ...]:
        return (Door(ports["azure-browser"], ports["azure"], "localhost"),)

    def seed(self, folder: Path, environment: Environment, *, fresh: bool) -> None:  # noqa: ARG002 - it forgets nobody
        """Everybody once. The checker's roles are those that the stacks give it."""
        if not (folder / PEOPLE).exists():
            people = local_azure.seed(
                folder / FOLDER, {local_azure.DEPLOYER: "Owner"}, (local_azure.DEPLOYER, local_azure.CHECKER)
            )
            write_private(folder / PEOPLE, msgspec.json.encode({one.name: one for one in people}).decode())

    def variables(self, folder: Path, person: str) -> dict[str, str]:
        if not (folder / PEOPLE).exists():
            return {}  # before the first start there is nobody yet
        return _person(folder, local_azure.DEPLOYER if person == DEPLOYER else local_azure.CHECKER).environment()

    def deployer(self) -> EnvironmentCredential:
        return EnvironmentCredential()

    def put_objects(
        self, integration: AzureIntegration, objects: Iterable[tuple[str, bytes]], *, everywhere: bool
    ) -> int:
        put = list(objects)
        containers = integration.containers if everywhere else integration.containers[:1]
        with BlobServiceClient(_address(integration), credential=self._key(integration)) as service:
            for container in containers:
                for key, body in put:
                    kind = ContentSettings(content_type=mimetypes.guess_type(key)[0])
                    service.get_blob_client(container.name, key).upload_blob(
                        body, overwrite=True, content_settings=kind
                    )
        return len(put) * len(containers)

    def at_platform(
        self,
        integration: AzureIntegration,
        outputs: Mapping[str, Any],  # noqa: ARG002 - Encord asks for nothing that only the stack knows
        identity: str,
        folder: Path,
    ) -> AtPlatform:
        known = AtPlatform(
            uuid=identity, title=integration.encord.title or integration.name, account=integration.account.name
        )
        if integration.encord.access == "account-sas":
            return msgspec.structs.replace(known, signature=self.signature(integration))
        encord = _person(folder, local_azure.ENCORD)
        return msgspec.structs.replace(
            known, tenant=integration.tenant, client_id=encord.client_id, client_secret=encord.client_secret
        )

    def signature(self, integration: AzureIntegration) -> str:
        """The account SAS that its holder, here the deployer, pastes into Encord's dialog."""
        terms = access.sas_terms(integration)
        return generate_account_sas(
            integration.account.name, self._key(integration),
            terms["resourceTypes"], terms["permissions"],
            datetime.fromisoformat(terms["expiry"]).astimezone(UTC), protocol=terms["protocol"],
        )  # fmt: skip

    def _key(self, integration: AzureIntegration) -> str:
        """The account's key, as who may manage the account gets it: managing is no right to the data."""
        cloud = Cloud(self.deployer(), integration.subscription, integration.account.location)
        answer = cloud.call("POST", f"{access.account_id(integration)}/listKeys", access.API_VERSION)
        return str(answer.json()["keys"][0]["value"])


def _ports(ports: Mapping[str, int]) -> local_azure.Ports:
    return local_azure.Ports(ports["azure"], ports["azurite"])


def _person(folder: Path, name: str) -> local_azure.Credentials:
    people = msgspec.json.decode((folder / PEOPLE).read_bytes(), type=dict[str, local_azure.Credentials])
    return people[name]


def _address(integration: AzureIntegration) -> str:
    return f"https://{integration.account.name}.blob.core.windows.net"
