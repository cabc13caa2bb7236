"""Local stores that speak S3: Open Telekom Cloud's OBS, and one that stands for all others.

Each is a ministack of its own with authorisation enforced, behind the host names of the store. OBS has besides what
it demands and AWS does not (otc_server). The people: who deploys may do everything; Encord's user, the check
principal and the checker have no rights of their own, so everything comes from what the stacks grant.
"""

from __future__ import annotations

from pathlib import Path

import boto3
from msgspec import Struct

from integrations_sandbox.clouds import ministack, processes
from integrations_sandbox.clouds.edge import Route
from integrations_sandbox.clouds.ministack import EVERYTHING, Key

ENCORD_USER = "encord"
DEPLOYER_USER = "deployer"
CHECK_USER = "check"
CHECKER_USER = "checker"
USERS = ((DEPLOYER_USER, EVERYTHING), (ENCORD_USER, None), (CHECK_USER, None), (CHECKER_USER, None))


class LocalStore(Struct, frozen=True):
    """One of them. name: as integrations spell the cloud. account: the emulator's number for the customer."""

    name: str
    host: str
    region: str
    account: str
    application: str

    def hosts(self) -> list[str]:
        """Every host name that it plays."""
        return ["localhost", self.host, f"*.{self.host}"]

    def routes(self, port: int) -> tuple[Route, ...]:
        """What the edge must lead to it."""
        return (Route(self.host, port),)

    def start(self, folder: Path, tls: Path, port: int) -> processes.Process:
        """Start it on `port`, with its data in `folder`. Raises as ministack.start does."""
        settings = {"MINISTACK_HOST": self.host, "MINISTACK_REGION": self.region}
        return ministack.start(self.name, self.application, folder, tls, port, self.hosts(), settings)

    def seed(self) -> tuple[Key, ...]:
        """Make everybody that is missing, with a fresh access key each. Needs the edge in the environment."""
        # A root user, for seeding: ministack takes the account id as its key and does not judge it.
        root = boto3.Session(self.account, "root", region_name=self.region)
        iam = root.client("iam", endpoint_url=f"https://{self.host}")
        return tuple(ministack.person(iam, user, grant) for user, grant in USERS)


# The domain id of the customer, as it stands in OBS's principals, and the number that stands for it in the emulator.
OTC_DOMAIN = "5f0c1d2e3b4a59687786a5b4c3d2e1f0"
OTC_ACCOUNT = "333333333333"
OTC = LocalStore("otc", "obs.eu-de.otc.t-systems.com", "eu-de", OTC_ACCOUNT, "otc_server")
S3 = LocalStore("s3", "objects.store.example", "us-east-1", "444444444444", "aws_server")
