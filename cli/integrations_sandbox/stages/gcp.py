"""The sandbox's Google Cloud: the customer's project and Encord's, and the key files of those who work there."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import google.auth
from google.auth.credentials import Credentials

from integrations import google_cloud
from integrations.access import gcp as access
from integrations.environment.model import Environment, GcpIntegration
from integrations_sandbox.clouds import gcp as local_gcp
from integrations_sandbox.clouds.edge import Door, Route
from integrations_sandbox.deploy.handlers.gcp import SCOPE
from integrations_sandbox.platform.clouds.gcp import GcpIntegration as AtPlatform
from integrations_sandbox.stages import DEPLOYER, Servers

FOLDER = "gcp"


class GcpStage:
    """See Stage."""

    cloud = "gcp"
    ports: tuple[str, ...] = ("gcp", "gcp-browser")

    def available(self) -> str | None:
        return None

    def servers(self, folder: Path, ports: Mapping[str, int]) -> Servers:
        return {"gcp": lambda: local_gcp.start(folder / FOLDER, folder / "tls", ports["gcp"])}

    def routes(self, ports: Mapping[str, int]) -> tuple[Route, ...]:
        return local_gcp.routes(ports["gcp"])

    def doors(self, ports: Mapping[str, int]) -> tuple[Door, ...]:
        return (Door(ports["gcp-browser"], ports["gcp"], "localhost"),)

    def seed(self, folder: Path, environment: Environment, *, fresh: bool) -> None:  # noqa: ARG002 - it forgets nobody
        """Everybody, and the check principals that the environment names, which the checker may become."""
        local_gcp.seed(folder / FOLDER)
        binding = {"role": access.IMPERSONATE_ROLE, "members": [access.member(local_gcp.CI_ACCOUNT)]}
        for integration in environment.integrations:
            if isinstance(integration, GcpIntegration) and (account := integration.check_principal):
                local_gcp.add_account(folder / FOLDER, account, local_gcp.CUSTOMER_PROJECT, bindings=[binding])

    def variables(self, folder: Path, person: str) -> dict[str, str]:
        who = local_gcp.DEPLOYER_ACCOUNT if person == DEPLOYER else local_gcp.CI_ACCOUNT
        return {
            "GOOGLE_APPLICATION_CREDENTIALS": str(local_gcp.key_path(folder / FOLDER, who)),
            "GOOGLE_CLOUD_PROJECT": local_gcp.CUSTOMER_PROJECT,
        }

    def deployer(self) -> Credentials:
        found: Credentials = google.auth.default(scopes=[SCOPE])[0]
        return found

    def put_objects(
        self, integration: GcpIntegration, objects: Iterable[tuple[str, bytes]], *, everywhere: bool
    ) -> int:
        client, put = google_cloud.client(self.deployer(), integration.project), list(objects)
        buckets = integration.buckets if everywhere else integration.buckets[:1]
        for bucket in buckets:
            for key, body in put:
                kind = mimetypes.guess_type(key)[0] or "application/octet-stream"
                client.bucket(bucket.name).blob(key).upload_from_string(body, content_type=kind)
        return len(put) * len(buckets)

    def at_platform(
        self,
        integration: GcpIntegration,
        outputs: Mapping[str, Any],  # noqa: ARG002 - Encord asks for nothing that the stack makes
        identity: str,
        folder: Path,
    ) -> AtPlatform:
        return AtPlatform(
            uuid=identity,
            title=integration.encord.title or integration.name,
            key_file=local_gcp.key_path(folder / FOLDER, local_gcp.ENCORD_ACCOUNT).read_text(encoding="utf-8"),
        )
