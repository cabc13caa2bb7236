"""The sandbox as a whole: start what is not running, deploy the stacks into it, introduce the integrations to the platform.

`up` may be said at any time: what runs is left alone, what was killed comes back, and what
an emulator forgot when it was killed is made again.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import boto3
from msgspec import Struct

from integrations.environment.load import load_environment
from integrations.environment.model import AwsIntegration, Environment
from integrations.errors import ConfigurationError
from integrations_sandbox import people
from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.clouds import certificates, network, processes
from integrations_sandbox.clouds.edge import Door, Routes
from integrations_sandbox.deploy import Outcome, Step, deploy, stack_outputs
from integrations_sandbox.deploy.records import Verb
from integrations_sandbox.layout import ENVIRONMENT, Layout, Record
from integrations_sandbox.media import pictures
from integrations_sandbox.platform import control
from integrations_sandbox.platform.clouds.aws import AwsIntegration as PlatformAws

PORTS = ("aws", "edge", "platform", "browser")
POLICIES = "policies"


class Sandbox(Struct, frozen=True):
    """A running sandbox, and how to work in it."""

    root: Path
    layout: Layout
    environment: Environment
    ports: dict[str, int]

    @property
    def domain(self) -> str:
        """Where the platform answers, as the SDK wants it."""
        return control.base_url(self.ports["platform"])

    @property
    def browser(self) -> str:
        """Where a person's browser finds the objects: loopback, path style."""
        return f"http://127.0.0.1:{self.ports['browser']}"

    def variables(self, profile: str) -> dict[str, str]:
        """What makes a command work here as the person `profile`."""
        return people.settings(self.layout, self.ports["edge"], self.domain, profile)

    def admin(self) -> control.AdminDoor:
        """The platform's door for set-up."""
        return control.AdminDoor(self.layout.platform, self.ports["platform"])


def open_sandbox(root: Path) -> Sandbox:
    """The sandbox of the project in `root`, started or not. Raises as load_environment does."""
    if not (root / "Pulumi.yaml").exists():
        raise ConfigurationError(f"{root} is no project: there is no Pulumi.yaml; run this where the stacks are")
    layout = Layout(root / ".sandbox")
    record = layout.read()
    ports = {name: record.ports.get(name) or processes.free_port() for name in PORTS}
    return Sandbox(root, layout, load_environment(ENVIRONMENT, root), ports)


def start(sandbox: Sandbox, say: Callable[[str], None]) -> list[str]:
    """Start every server that is not running. Returns the names of those that were started."""
    layout, ports = sandbox.layout, sandbox.ports
    record = layout.read()
    record.ports = ports
    layout.write(record)
    bundle = certificates.authority(layout.tls)
    reach = network.settings(ports["edge"], bundle)
    doors = (Door(ports["browser"], ports["aws"], f"s3.{local_aws.SUFFIX}"),)
    routes = Routes(ports["edge"], local_aws.routes(ports["aws"]), str(bundle), doors)
    servers: dict[str, Callable[[], processes.Process]] = {
        "aws": lambda: local_aws.start(layout.folder / "aws", layout.tls, ports["aws"]),
        "edge": lambda: network.start_edge(layout.folder / "edge", routes),
        "platform": lambda: control.start(layout.platform, ports["platform"], reach, {"aws": sandbox.browser}),
    }
    started = []
    for name, begin in servers.items():
        if (known := record.processes.get(name)) and known.find():
            continue
        say(f"starting {name}")
        record.processes[name] = begin()
        layout.write(record)
        started.append(name)
    _introduce_people(sandbox, fresh="aws" in started)
    return started


def _introduce_people(sandbox: Sandbox, *, fresh: bool) -> None:
    """Keys for everybody; new ones for those in AWS if it was started, because it forgets people when it is killed."""
    layout = sandbox.layout
    public = people.encord_key(layout)
    if fresh or not layout.aws_credentials.exists():
        with people.working_as(network.settings(sandbox.ports["edge"], layout.tls / "ca.pem")):
            people.write_aws_profiles(layout, local_aws.seed(), sandbox.environment)
    sandbox.admin().put_user(people.OPERATOR, "admin", [public])
    layout.write_private(layout.settings, people.shell_lines(sandbox.variables(people.CHECKER)))


def provision(sandbox: Sandbox, verb: Verb, on_step: Callable[[Step], None] = lambda _: None) -> Outcome:
    """Preview, bring up or destroy the stacks in the local clouds, with the policies in force."""
    with people.working_as(sandbox.variables(local_aws.DEPLOYER_USER)):
        outcome = deploy(
            verb, sandbox.root, ENVIRONMENT, aws=boto3.Session(), state=sandbox.layout.state,
            policy_packs=[sandbox.root / POLICIES], on_step=on_step,
        )  # fmt: skip
    if verb == "up" and outcome.ok:
        values = {name: output.value for name, output in stack_outputs(sandbox.layout.state).items()}
        sandbox.layout.outputs.write_text(json.dumps(values, indent=2))
        _introduce_integrations(sandbox)
        _put_probe_objects(sandbox)
    return outcome


def _introduce_integrations(sandbox: Sandbox) -> None:
    """What a person does in Encord's dialog: each integration with its role and external ID."""
    door = sandbox.admin()
    with people.working_as(sandbox.variables(local_aws.ENCORD_USER)):
        credentials = boto3.Session().get_credentials()
        assert credentials is not None  # noqa: S101 - write_aws_profiles has written them
        for integration in sandbox.environment.integrations:
            if not integration.awaiting_encord:
                access_key, secret_key = credentials.access_key, credentials.secret_key
                door.put_integration(at_platform(integration, sandbox, access_key, secret_key))


def at_platform(integration: AwsIntegration, sandbox: Sandbox, access_key: str, secret_key: str) -> PlatformAws:
    """The integration as the platform keeps it."""
    arn = json.loads(sandbox.layout.outputs.read_text())[integration.name]["roleArn"]
    return PlatformAws(
        uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, f"encord-integrations-sandbox/{integration.name}")),
        title=integration.encord.title or integration.name,
        role_arn=arn,
        external_id=str(integration.encord.external_id),
        access_key=access_key,
        secret_key=secret_key,
        region=integration.buckets[0].region,
    )


def _put_probe_objects(sandbox: Sandbox) -> None:
    """A team puts its own probe object; here it is a small picture, in every bucket."""
    picture = pictures.png("probe", (32, 32), "seagreen")
    with people.working_as(sandbox.variables(local_aws.DEPLOYER_USER)):
        for integration in sandbox.environment.integrations:
            if (key := integration.probe_object) is None:
                continue
            for bucket in integration.buckets:
                # A session of its own: boto3's default one would remember whose it was first.
                s3 = boto3.Session().client("s3", region_name=bucket.region)
                s3.put_object(Bucket=bucket.name, Key=key, Body=picture, ContentType="image/png")


def stop(sandbox: Sandbox) -> list[str]:
    """Stop every server that runs; what it holds is kept. Returns their names."""
    record: Record = sandbox.layout.read()
    stopped = []
    for name in reversed(record.processes):
        if record.processes[name].find():
            stopped.append(name)
        processes.stop(record.processes[name])
    record.processes = {}
    if sandbox.layout.folder.exists():
        sandbox.layout.write(record)
    return stopped


def forget(sandbox: Sandbox) -> None:
    """Remove everything that the sandbox has on disk. Only after `stop`."""
    shutil.rmtree(sandbox.layout.folder, ignore_errors=False)


def running(sandbox: Sandbox) -> dict[str, bool]:
    """Which servers run."""
    known = sandbox.layout.read().processes
    return {name: bool((process := known.get(name)) and process.find()) for name in ("aws", "edge", "platform")}
