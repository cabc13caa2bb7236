"""The sandbox as a whole: start what is not running, deploy the stacks into it, introduce the integrations to the platform.

`up` may be said at any time: what runs is left alone, what was killed comes back, and what
an emulator forgot when it was killed is made again.
"""

from __future__ import annotations

import json
import shutil
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import yaml
from msgspec import Struct, structs

from integrations.environment.load import environment_path, load_environment
from integrations.environment.model import PROJECT, Environment
from integrations.errors import ConfigurationError
from integrations_sandbox import people, web_app
from integrations_sandbox.clouds import certificates, network, processes
from integrations_sandbox.clouds.edge import Routes
from integrations_sandbox.deploy import Credentials, Outcome, Step, deploy, stack_outputs
from integrations_sandbox.deploy.records import Verb
from integrations_sandbox.files import write_private
from integrations_sandbox.layout import ENVIRONMENT, Layout, Record
from integrations_sandbox.media import pictures
from integrations_sandbox.platform import control
from integrations_sandbox.stages import CHECKER, DEPLOYER, Servers, Stage, stage_of, stages

POLICIES = "policies"


class Sandbox(Struct, frozen=True):
    """A running sandbox, and how to work in it.

    environment: without the integrations of clouds that this machine cannot play. left_out: why it cannot.
    """

    root: Path
    layout: Layout
    environment: Environment
    stages: tuple[Stage, ...]
    ports: dict[str, int]
    left_out: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """Where the platform answers, as the SDK wants it."""
        return control.base_url(self.ports["platform"])

    def variables(self, person: str = CHECKER) -> dict[str, str]:
        """What makes a command work here as that person."""
        return people.settings(self.layout, self.ports["edge"], self.domain, self.stages, person)

    @property
    def browsers(self) -> dict[str, str]:
        """Where a person's browser finds each cloud's objects: loopback, path style."""
        return {stage.cloud: f"http://127.0.0.1:{self.ports[f'{stage.cloud}-browser']}" for stage in self.stages}

    def admin(self) -> control.AdminDoor:
        """The platform's door for set-up."""
        return control.AdminDoor(self.layout.platform, self.ports["platform"])


def open_sandbox(root: Path) -> Sandbox:
    """The sandbox of the project in `root`, started or not. Raises as load_environment does."""
    if not (root / "Pulumi.yaml").exists():
        raise ConfigurationError(f"{root} is no project: there is no Pulumi.yaml; run this where the stacks are")
    layout = Layout(root / ".sandbox")
    environment = load_environment(ENVIRONMENT, root)
    clouds = {integration.cloud for integration in environment.integrations}
    reasons = {stage: stage.available() for stage in stages() if stage.cloud in clouds}
    needed = tuple(stage for stage, reason in reasons.items() if reason is None)
    played = {stage.cloud for stage in needed}
    here = {name: one for name, one in environment.settings.integrations.items() if one.cloud in played}
    environment = structs.replace(environment, settings=structs.replace(environment.settings, integrations=here))
    known = layout.read().ports
    names = ("edge", "platform", web_app.PORT, *(name for stage in needed for name in stage.ports))
    ports = {name: known.get(name) or processes.free_port() for name in names}
    return Sandbox(root, layout, environment, needed, ports, tuple(filter(None, reasons.values())))


def start(sandbox: Sandbox, say: Callable[[str], None]) -> list[str]:
    """Start every server that is not running. Returns the names of those that were started."""
    layout, ports = sandbox.layout, sandbox.ports
    for reason in sandbox.left_out:
        say(reason)
    record = layout.read()
    record.ports = ports
    layout.write(record)
    bundle = certificates.authority(layout.tls)
    reach = network.settings(ports["edge"], bundle)
    servers = {name: begin for stage in sandbox.stages for name, begin in stage.servers(layout.folder, ports).items()}
    servers["edge"] = lambda: network.start_edge(layout.edge, _routes(sandbox, bundle))
    servers["platform"] = lambda: control.start(layout.platform, ports["platform"], reach, sandbox.browsers)
    missing = {name: begin for name, begin in servers.items() if not _runs(record.processes.get(name))}
    with people.working_as(reach):  # whoever somebody is elsewhere is nobody's business here
        _start_all(missing, record, layout, say)
    started = list(missing)
    _introduce_people(sandbox, started)
    return started


def _runs(process: processes.Process | None) -> bool:
    return process is not None and process.find() is not None


def _start_all(servers: Servers, record: Record, layout: Layout, say: Callable[[str], None]) -> None:
    """Start servers side by side; each is on record as soon as it runs, so that `stop` knows of it."""
    recording = threading.Lock()

    def start_one(name: str) -> None:
        if known := record.processes.get(name):
            processes.stop(known)
        process = servers[name]()
        with recording:
            record.processes[name] = process
            layout.write(record)

    with ThreadPoolExecutor(max(len(servers), 1)) as pool:
        if servers:
            say(f"starting {', '.join(servers)}")
        starting = [pool.submit(start_one, name) for name in servers]
        try:
            for one in starting:
                one.result()
        finally:  # Ctrl-C too: what is about to run will be on record
            wait(starting)


def _routes(sandbox: Sandbox, bundle: Path) -> Routes:
    """What the edge plays: every cloud's hosts, and those of Encord's web application."""
    layout, environment, ports = sandbox.layout, sandbox.environment, sandbox.ports
    return Routes(
        ports["edge"],
        (*web_app.routes(environment, ports), *(route for stage in sandbox.stages for route in stage.routes(ports))),
        str(bundle),
        tuple(door for stage in sandbox.stages for door in stage.doors(ports)),
        (web_app.front(layout.tls, environment, ports),) if web_app.hosts(environment) else (),
    )


def _introduce_people(sandbox: Sandbox, started: list[str]) -> None:
    """Keys for everybody: in every cloud, and for the operator at the platform."""
    layout = sandbox.layout
    with people.working_as(network.settings(sandbox.ports["edge"], layout.tls / "ca.pem")):
        for stage in sandbox.stages:
            fresh = any(name in started for name in stage.servers(layout.folder, sandbox.ports))
            stage.seed(layout.folder, sandbox.environment, fresh=fresh)
    sandbox.admin().put_user(people.OPERATOR, "admin", [people.encord_key(layout)])
    write_private(layout.settings, people.shell_lines(sandbox.variables()))


def provision(sandbox: Sandbox, verb: Verb, on_step: Callable[[Step], None] = lambda _: None) -> Outcome:
    """Preview, bring up or destroy the stacks in the local clouds, with the policies in force.

    Where data must last, a preview comes first, as with `pulumi up`: what is refused is refused before anything is done.
    """
    if verb == "up" and not sandbox.environment.settings.disposable:
        planned = provision(sandbox, "preview")
        if not planned.ok:
            return planned
    with people.working_as(sandbox.variables(DEPLOYER)):
        found = {stage.cloud: stage.deployer() for stage in sandbox.stages}
        credentials = Credentials(**{cloud: own for cloud, own in found.items() if own is not None})
        outcome = deploy(
            verb, sandbox.root, ENVIRONMENT, credentials=credentials, state=sandbox.layout.state,
            config=_played(sandbox), policy_packs=[sandbox.root / POLICIES], on_step=on_step,
        )  # fmt: skip
    if verb == "up" and outcome.ok:
        values = {name: output.value for name, output in stack_outputs(sandbox.layout.state).items()}
        sandbox.layout.outputs.write_text(json.dumps(values, indent=2))
        with people.working_as(sandbox.variables(DEPLOYER)):
            introduce(sandbox)
        put_probe_objects(sandbox)
    return outcome


def _played(sandbox: Sandbox) -> dict[str, str]:
    """What the program is told instead of the file, where clouds are left out."""
    if not sandbox.left_out:
        return {}
    key = f"{PROJECT}:integrations"
    document = yaml.safe_load(environment_path(ENVIRONMENT, sandbox.root).read_text(encoding="utf-8"))
    known = sandbox.environment.settings.integrations
    return {key: json.dumps({name: one for name, one in document["config"][key].items() if name in known})}


def introduce(sandbox: Sandbox) -> None:
    """What a person does in Encord's dialog: each integration, with what Encord needs to work through it."""
    door = sandbox.admin()
    outputs = json.loads(sandbox.layout.outputs.read_text())
    for integration in sandbox.environment.integrations:
        if not integration.awaiting_encord:
            identity = str(uuid.uuid5(uuid.NAMESPACE_URL, f"encord-integrations-sandbox/{integration.name}"))
            stage = stage_of(integration)
            door.put_integration(
                stage.at_platform(integration, outputs[integration.name], identity, sandbox.layout.folder)
            )


def put_probe_objects(sandbox: Sandbox) -> None:
    """A team puts its own probe object; here it is a small picture, in every bucket."""
    picture = pictures.png("probe", (32, 32), "seagreen")
    with people.working_as(sandbox.variables(DEPLOYER)):
        for integration in sandbox.environment.integrations:
            if integration.probe_object:
                stage_of(integration).put_objects(integration, [(integration.probe_object, picture)], everywhere=True)


def stop(sandbox: Sandbox) -> list[str]:
    """Stop every server that runs; what it holds is kept. Returns their names."""
    record: Record = sandbox.layout.read()
    stopped = []
    # Those that hold connections to the clouds end first: a server waits for the connections that it has.
    for name in sorted(record.processes, key=lambda name: name not in ("platform", "edge")):
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
    names = [name for stage in sandbox.stages for name in stage.servers(sandbox.layout.folder, sandbox.ports)]
    return {name: bool((process := known.get(name)) and process.find()) for name in (*names, "edge", "platform")}
