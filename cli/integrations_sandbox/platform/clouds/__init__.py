"""What Encord does with an integration, cloud by cloud: open a door to it and work through that."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from integrations_sandbox.platform.clouds.aws import AwsDoor, AwsIntegration
from integrations_sandbox.platform.clouds.azure import AzureDoor, AzureIntegration
from integrations_sandbox.platform.clouds.door import CloudDoor
from integrations_sandbox.platform.clouds.gcp import GcpDoor, GcpIntegration
from integrations_sandbox.platform.clouds.s3_compatible import S3CompatibleDoor, S3CompatibleIntegration

# A union by their `cloud` field.
Integration = AwsIntegration | AzureIntegration | GcpIntegration | S3CompatibleIntegration

# How encord.orm.storage.StorageLocationName names the cloud of an integration.
LOCATIONS: dict[type, str] = {
    AwsIntegration: "s3",
    AzureIntegration: "azure",
    GcpIntegration: "gcp",
    S3CompatibleIntegration: "s3Compatible",
}


def open_door(integration: Integration, browser_base: Mapping[str, str]) -> CloudDoor:
    """A new door, which has asked for nothing yet; `browser_base` is where signed URLs shall lead, by cloud."""
    match integration:
        case AwsIntegration():
            return AwsDoor(integration, browser_base.get("aws"))
        case AzureIntegration():
            return AzureDoor(integration, browser_base.get("azure"))
        case GcpIntegration():
            return GcpDoor(integration, browser_base.get("gcp"))
        case S3CompatibleIntegration():
            return S3CompatibleDoor(integration, browser_base.get(integration.browser))


class Doors:
    """Doors that stay open between requests, for signing. One is opened anew when its integration changes."""

    def __init__(self, browser_base: dict[str, str]) -> None:
        self._browser_base = browser_base
        self._open: dict[str, tuple[Integration, CloudDoor]] = {}
        self._lock = threading.Lock()

    def fresh(self, integration: Integration) -> CloudDoor:
        """A door of one's own: a job proves with it that the role can be assumed today."""
        return open_door(integration, self._browser_base)

    def shared(self, integration: Integration) -> CloudDoor:
        """The door that requests share."""
        with self._lock:
            known = self._open.get(integration.uuid)
            if known is None or known[0] != integration:
                known = (integration, self.fresh(integration))
                self._open[integration.uuid] = known
            return known[1]
