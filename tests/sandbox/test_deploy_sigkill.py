"""A local AWS that is killed keeps buckets with objects and forgets the rest: the next up heals it.

It also forgets in which region a bucket is, and then takes it for one of its home region.
A region cannot be changed: such a bucket is made anew, others stay with their objects.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from botocore.exceptions import ClientError
from test_deploy_aws import EU, ORIGINS, ROLE, US, Stack, did, everything

from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds.edge import Routes
from integrations_sandbox.clouds.network import settings, start_edge


class MortalAws:
    """A local AWS of one's own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, processes.free_port()
        self.start()

    def start(self) -> None:
        self.process = local_aws.start(self.folder / "aws", self.folder / "tls", self.port)

    def kill(self) -> None:
        """Its server is a child of the process that was started."""
        server = psutil.Process(self.process.pid)
        family = [*server.children(recursive=True), server]
        for process in family:
            process.kill()
        _, alive = psutil.wait_procs(family, timeout=10)
        assert not alive


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


def test_up_heals_a_local_aws_that_was_killed(mortal, tmp_path):
    stack = deployer(tmp_path / "s.json")
    assert stack.up(everything).errors == ()
    for bucket in (EU, US):
        stack.client("s3").put_object(Bucket=bucket, Key="kept", Body=b"x")
    mortal.kill()
    mortal.start()
    stack = deployer(tmp_path / "s.json")
    with pytest.raises(ClientError, match="NoSuchEntity"):
        stack.client("iam").get_role(RoleName=ROLE)
    healed = stack.up(everything)
    assert {"create role", "create reads", "create point", "replace eu"} <= set(did(healed))
    (moved,) = [step for step in healed.steps if (step.op, step.name) == ("replace", "eu")]
    assert moved.note == "was changed outside of this stack"
    assert [(change.path, change.old, change.new) for change in moved.changes] == [("region", "us-east-1", "eu-west-2")]
    assert "us" in {step.name for step in healed.steps if step.op == "same"}
    assert stack.client("s3", "us-east-1").get_object(Bucket=US, Key="kept")["Body"].read() == b"x"
    assert stack.client("iam").get_role(RoleName=ROLE)["Role"]["RoleName"] == ROLE
    assert stack.client("s3").get_bucket_cors(Bucket=EU)["CORSRules"][0]["AllowedOrigins"] == ORIGINS
    assert not stack.up(everything).changed
    assert stack.destroy().errors == ()
    assert stack.buckets() == set()
