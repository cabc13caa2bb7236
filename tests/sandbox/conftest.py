"""The local clouds that the tests of this folder share: started once, stopped by process id."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import botocore.session
import pytest

from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds.edge import Door, Routes
from integrations_sandbox.clouds.network import settings, start_edge

# Each boto3 session reads Amazon's descriptions of its services anew, 30 ms for each; here all share one reading.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)


@dataclass(frozen=True)
class Aws:
    """A running local AWS. `session(user)` is that person's session; `browser` a plain loopback base URL for it."""

    keys: dict[str, local_aws.Key]
    browser: str

    def session(self, user: str = local_aws.DEPLOYER_USER, region: str = "eu-west-2") -> boto3.Session:
        key = self.keys[user]
        return boto3.Session(key.access_key, key.secret_key, region_name=region)

    def root(self, account: str = local_aws.CUSTOMER_ACCOUNT, region: str = "eu-west-2") -> boto3.Session:
        return local_aws.root_session(account, region)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    folder = tmp_path_factory.mktemp("aws")
    bundle = certificates.authority(folder / "tls")
    port, edge_port, door_port = processes.free_port(), processes.free_port(), processes.free_port()
    doors = (Door(door_port, port, f"s3.{local_aws.SUFFIX}"),)
    started = [local_aws.start(folder / "aws", folder / "tls", port)]
    patch = pytest.MonkeyPatch()
    try:
        started.append(start_edge(folder / "edge", Routes(edge_port, local_aws.routes(port), str(bundle), doors)))
        for name, value in settings(edge_port, bundle).items():
            patch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "http_proxy"):
            patch.delenv(name, raising=False)
        keys = {key.user: key for key in local_aws.seed()}
        yield Aws(keys, f"http://127.0.0.1:{door_port}")
    finally:
        patch.undo()
        for process in reversed(started):
            processes.stop(process)
