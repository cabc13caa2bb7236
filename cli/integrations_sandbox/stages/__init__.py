"""What the sandbox does for each cloud: its servers, its people, its objects, and how the platform reaches it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from integrations.environment.model import Environment, Integration
from integrations_sandbox.clouds.edge import Door, Route
from integrations_sandbox.clouds.processes import Process
from integrations_sandbox.platform.clouds import Integration as PlatformIntegration

DEPLOYER = "deployer"
CHECKER = "checker"
Servers = dict[str, Callable[[], Process]]


class Stage(Protocol):
    """One cloud on this machine. `folder` is the sandbox's, `ports` has every port by name."""

    cloud: str  # as integrations spell it
    ports: tuple[str, ...]  # the names of the ports it needs; the one for browsers is `<cloud>-browser`

    def available(self) -> str | None:
        """None, or why this cloud cannot be had on this machine, in one sentence."""

    def servers(self, folder: Path, ports: Mapping[str, int]) -> Servers:
        """Its servers by name, each with how to start it; they are started side by side."""

    def routes(self, ports: Mapping[str, int]) -> tuple[Route, ...]:
        """Which hosts the edge must lead to it."""

    def doors(self, ports: Mapping[str, int]) -> tuple[Door, ...]:
        """Its plain loopback ports for browsers."""

    def seed(self, folder: Path, environment: Environment, *, fresh: bool) -> None:
        """Make its people and write their credentials; `fresh` if its servers were started just now."""

    def variables(self, folder: Path, person: str) -> dict[str, str]:
        """The standard variables that make a command work there as that person: DEPLOYER or CHECKER."""

    def deployer(self) -> Any:
        """Whose credentials deploy there, by the variables in force; None if its provider finds them itself."""

    def put_objects(self, integration: Any, objects: Iterable[tuple[str, bytes]], *, everywhere: bool) -> int:
        """Put objects by key as the deployer, into the first bucket or into every one. Returns how many were put."""

    def at_platform(
        self, integration: Any, outputs: Mapping[str, Any], identity: str, folder: Path
    ) -> PlatformIntegration:
        """The integration as the platform keeps it, with the keys that Encord would have. identity: its uuid there."""


def stages() -> tuple[Stage, ...]:
    """Every cloud that the sandbox can play."""
    from integrations_sandbox.clouds import s3_store
    from integrations_sandbox.stages.aws import AwsStage
    from integrations_sandbox.stages.azure import AzureStage
    from integrations_sandbox.stages.gcp import GcpStage
    from integrations_sandbox.stages.s3_compatible import S3CompatibleStage

    return (AwsStage(), AzureStage(), GcpStage(), S3CompatibleStage(s3_store.OTC), S3CompatibleStage(s3_store.S3))


def stage_of(integration: Integration) -> Stage:
    """The stage of an integration's cloud."""
    return next(stage for stage in stages() if stage.cloud == integration.cloud)
