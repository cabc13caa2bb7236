"""The whole path of Encord's getting-started page, in the sandbox, on sample media: provision, prove, register, see.

Every step is what a person would do with the command; only the sandbox itself is set up besides.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from integrations.checks.records import Result
from integrations.checks.runner import exit_code
from integrations.checks.suite import check_environment
from integrations.encord_client.connection import connect
from integrations.encord_client.folders import create_folder, open_folder
from integrations.encord_client.integrations import find_integration, list_integrations
from integrations.encord_client.jobs import JobState, await_job, start_job
from integrations.environment.model import AwsIntegration, Integration
from integrations.errors import ExitCode, IntegrationsError
from integrations.registration.load import load_items
from integrations.registration.locations import first_url
from integrations.registration.object_url import mrap_arn, mrap_url
from integrations.registration.validate import Validation, validate
from integrations.reports import checks as reports
from integrations_sandbox import people
from integrations_sandbox.examples import example
from integrations_sandbox.media import write_samples
from integrations_sandbox.sandbox import Sandbox, provision
from integrations_sandbox.stages import DEPLOYER, stage_of

REGISTRATION_SECONDS = 120
Say = Callable[[str], None]


class Registered(Struct, frozen=True):
    """One registration file, and what Encord made of it. findings: ids of validation, each with its count."""

    file: str
    integration: str
    findings: dict[str, int]
    state: JobState

    @property
    def ok(self) -> bool:
        return self.state.status == "DONE" and not self.state.failed


class Tour(Struct, frozen=True):
    """What the quickstart came to. pictures: objects that a browser could show."""

    folder: str
    results: tuple[Result, ...]
    registered: tuple[Registered, ...]
    pictures: int
    items: int

    @property
    def ok(self) -> bool:
        sound = exit_code(self.results) is ExitCode.CLEAN
        return sound and all(one.ok for one in self.registered) and 0 < self.pictures == self.items


def tour(sandbox: Sandbox, say: Say) -> Tour:
    """Walk the path in a running sandbox. Raises an IntegrationsError where it cannot go on."""
    say("1/6  provision: the Pulumi program in stacks/, with the policies in policies/")
    outcome = provision(sandbox, "up")
    if not outcome.ok:
        raise IntegrationsError(f"the deployment failed: {'; '.join(outcome.errors) or outcome.violations[0].message}")
    counts = Counter(step.op for step in outcome.steps)
    say("     " + ", ".join(f"{count} {op}" for op, count in counts.items()))

    say("2/6  sample media: pictures, videos, audio, PDF, text and scans, made here, put into the buckets")
    work = sandbox.layout.folder / "quickstart"
    say(f"     {_put_samples(sandbox, work / 'media')} objects")

    with people.working_as(sandbox.variables()):
        say("3/6  prove: integrations check")
        results = check_environment(sandbox.environment)
        say(_indented(reports.as_text(results)))

        say("4/6  folder: integrations folder create")
        client = connect(sandbox.domain)
        path = f"Quickstart/{datetime.now(UTC):%Y-%m-%d %H.%M.%S}"
        folder = create_folder(client, sandbox.domain, path).folder
        say(f"     {folder.path}  {folder.id}")

        say("5/6  register: integrations registration validate, then submit")
        known = list_integrations(client, sandbox.domain)
        target = open_folder(client, sandbox.domain, folder.id)
        registered = []
        for file, integration in _write_files(sandbox, work):
            # The repeated key and the + of Encord's own example are reported, and mended while reading.
            findings = _counts(validate([file]))
            at_encord = find_integration(known, integration)
            job = start_job(target, sandbox.domain, at_encord.id, load_items(file).as_dict())
            state = await_job(target, sandbox.domain, job, REGISTRATION_SECONDS)
            registered.append(Registered(file.name, integration.name, findings, state))
            say(_registered_line(registered[-1]))
            for error in state.unit_errors:
                say(f"       {error.error}")

        say("6/6  see: every item's signed URL, fetched as Encord's web application would")
        items, pictures = _see(target, sandbox)
        say(f"     {pictures} of {items} items can be shown")
    return Tour(folder.path, tuple(results), tuple(registered), pictures, items)


def _put_samples(sandbox: Sandbox, folder: Path) -> int:
    """Make the samples and put them into the first bucket of each integration; replication does the rest."""
    samples = [(sample.key, (folder / sample.key).read_bytes()) for sample in write_samples(folder)]
    with people.working_as(sandbox.variables(DEPLOYER)):
        return sum(stage_of(i).put_objects(i, samples, everywhere=False) for i in sandbox.environment.integrations)


def _write_files(sandbox: Sandbox, folder: Path) -> list[tuple[Path, Integration]]:
    """The registration files of the tour: Encord's own examples, about the buckets of the sandbox."""
    outputs = json.loads(sandbox.layout.outputs.read_text())
    written: list[tuple[Path, Integration]] = []
    for integration in sandbox.environment.integrations:
        base, names = first_url(integration, ""), ["mixed.json", "mixed.csv"]
        if isinstance(integration, AwsIntegration) and integration.multi_region_access_point is not None:
            alias = outputs[integration.name]["multiRegionAccessPoint"]["alias"]
            base, names = mrap_url(mrap_arn(integration.account, alias), ""), ["mixed.json"]
        elif isinstance(integration, AwsIntegration):
            names.append("media.json")
        for name in names:
            path = folder / f"{integration.name}-{name}"
            path.write_text(example(name, base), encoding="utf-8")
            written.append((path, integration))
    return written


def _counts(validation: Validation) -> dict[str, int]:
    return dict(Counter(finding.id.value for finding in validation.findings))


def _registered_line(one: Registered) -> str:
    found = ", ".join(f"{count}x {name}" for name, count in one.findings.items()) or "nothing to report"
    state = one.state
    return f"     {one.file}: validation {found}; {state.done} units registered, {state.failed} errors ({state.status})"


def _see(folder: object, sandbox: Sandbox) -> tuple[int, int]:
    """Fetch every item's signed URL with the origin of Encord's web application. Returns how many there are, and came."""
    import requests

    origin = sandbox.environment.settings.cors_origins[0]
    items = shown = 0
    for item in folder.list_items(get_signed_urls=True):  # type: ignore[attr-defined] # the SDK's own folder
        urls = [item.get_signed_url()]
        if urls == [None]:  # a group has no object of its own
            urls = [child.get_signed_url() for child in item.get_child_items(get_signed_urls=True)]
        items += 1
        answers = [requests.get(url, headers={"Origin": origin}, timeout=30) for url in urls if url]
        shown += bool(answers) and all(a.ok and a.headers.get("Access-Control-Allow-Origin") == origin for a in answers)
    return items, shown


def _indented(text: str) -> str:
    return "\n".join(f"     {line}" for line in text.splitlines())
