"""A local AWS that is killed: what it had saved is still there, and what it forgot is made again by the next up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError
from test_deploy_aws import EU, ROLE, Stack, did, everything

from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds.edge import Routes
from integrations_sandbox.clouds.network import settings, start_edge

# clouds/aws_server.py saves this long after a change. Not imported: that would load ministack into the tests.
SAVE_SECONDS = 0.5


class MortalAws:
    """A local AWS of one's own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, processes.free_port()
        self.start()

    def start(self) -> None:
        self.process = local_aws.start(self.folder / "aws", self.folder / "tls", self.port)

    def kill(self) -> None:
        server = psutil.Process(self.process.pid)
        server.kill()
        server.wait(10)


@pytest.fixture
def mortal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MortalAws]:
    bundle = certificates.authority(tmp_path / "tls")
    edge_port = processes.free_port()
    cloud = MortalAws(tmp_path)
    edge = start_edge(tmp_path / "edge", Routes(edge_port, local_aws.routes(cloud.port), str(bundle)))
    for name, value in settings(edge_port, bundle).items():
        monkeypatch.setenv(name, value)
    try:
        yield cloud
    finally:
        processes.stop(edge)
        processes.stop(cloud.process)


def deployer(state: Path) -> Stack:
    local_aws.seed()
    return Stack(local_aws.root_session(local_aws.CUSTOMER_ACCOUNT, "eu-west-2"), state)


def test_a_local_aws_that_was_killed_has_forgotten_nothing_that_was_a_moment_old(mortal, tmp_path):
    stack = deployer(tmp_path / "s.json")
    assert stack.up(everything).errors == ()
    stack.client("s3").put_object(Bucket=EU, Key="kept", Body=b"x")
    time.sleep(2 * SAVE_SECONDS)
    mortal.kill()
    mortal.start()
    stack = deployer(tmp_path / "s.json")
    assert not stack.up(everything).changed
    assert stack.client("s3").get_object(Bucket=EU, Key="kept")["Body"].read() == b"x"
    assert stack.destroy().errors == ()
    assert stack.buckets() == set()


def test_what_was_forgotten_all_the_same_is_made_again(mortal, tmp_path):
    stack = deployer(tmp_path / "s.json")
    assert stack.up(everything).errors == ()
    mortal.kill()
    (tmp_path / "aws" / "state" / "iam.json").unlink(missing_ok=True)  # it may not have been saved yet
    mortal.start()
    stack = deployer(tmp_path / "s.json")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        stack.client("iam").get_role(RoleName=ROLE)
    assert {"create role", "create reads"} <= set(did(stack.up(everything)))
    assert stack.client("iam").get_role(RoleName=ROLE)["Role"]["RoleName"] == ROLE
    assert stack.destroy().errors == ()
