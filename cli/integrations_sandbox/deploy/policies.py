"""Runs an unmodified CrossGuard policy pack as Pulumi does: as an Analyzer plugin, a process on loopback.

The start line and the environment are those of pulumi-language-python (`RunPlugin`); the
pack says on its first line of output on which port it listens.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import grpc
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from integrations.errors import ConfigurationError
from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.project import Project
from integrations_sandbox.deploy.records import Violation
from integrations_sandbox.deploy.state import Resource

STOP_SECONDS = 5.0


class PolicyPack:
    """A running pack, as a context. Raises ConfigurationError if it does not start."""

    def __init__(self, folder: Path, project: Project, stack: str, *, dry_run: bool) -> None:
        self._folder = folder
        self._configuration = analyzer_pb2.AnalyzerStackConfigureRequest(
            stack=stack, project=project.name, organization="organization", dry_run=dry_run, config=project.config
        )
        self._environment = {
            **os.environ,
            "PULUMI_PROJECT": project.name,
            "PULUMI_STACK": stack,
            "PULUMI_DRY_RUN": json.dumps(dry_run),
            "PULUMI_CONFIG": json.dumps(project.config),
        }
        self._providers: dict[str, Resource] = {}

    def __enter__(self) -> PolicyPack:
        with tempfile.TemporaryFile() as log:
            self._process = subprocess.Popen(
                [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(self._folder)],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
            try:
                self._connect(log)
            except BaseException:
                self._stop()
                raise
        return self

    def _connect(self, log: IO[bytes]) -> None:
        said = self._process.stdout.readline().decode().strip() if self._process.stdout else ""
        if not said.isdecimal():
            self._process.wait(STOP_SECONDS)
            log.seek(0)
            last = (log.read().decode(errors="replace").strip() or said or "it said nothing").splitlines()[-1]
            raise ConfigurationError(f"the policy pack {self._folder} did not start: {last}")
        # The environment's proxy is for the clouds.
        self._channel = grpc.insecure_channel(f"127.0.0.1:{said}", [("grpc.enable_http_proxy", 0)])
        self._stub = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        self._stub.ConfigureStack(self._configuration)

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._stop()

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def analyze(self, resource: Resource) -> list[Violation]:
        """What the pack objects to in the resource's inputs, before anything is done with them."""
        if resource.is_provider:
            self._providers[resource.urn] = resource
        request = analyzer_pb2.AnalyzeRequest(
            type=resource.type,
            urn=resource.urn,
            name=resource.name,
            properties=wire.dump(wire.plain(resource.inputs)),
            options=_options(resource),
            provider=self._provider(resource),
        )
        return [_violation(found, resource.urn) for found in self._stub.Analyze(request).diagnostics]

    def analyze_stack(self, resources: Sequence[Resource]) -> list[Violation]:
        """What it objects to in the stack as a whole, with everybody's outputs."""
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[
                analyzer_pb2.AnalyzerResource(
                    type=resource.type,
                    urn=resource.urn,
                    name=resource.name,
                    properties=wire.dump(wire.plain({**resource.inputs, **resource.outputs})),
                    options=_options(resource),
                    provider=self._provider(resource),
                    parent=resource.parent,
                    dependencies=resource.dependencies,
                )
                for resource in resources
            ]
        )
        return [_violation(found, found.urn) for found in self._stub.AnalyzeStack(request).diagnostics]

    def _provider(self, resource: Resource) -> analyzer_pb2.AnalyzerProviderResource | None:
        provider = self._providers.get(resource.provider_urn)
        if provider is None:
            return None
        properties = wire.dump(wire.plain(provider.inputs))
        return analyzer_pb2.AnalyzerProviderResource(
            type=provider.type, urn=provider.urn, name=provider.name, properties=properties
        )


def _options(resource: Resource) -> analyzer_pb2.AnalyzerResourceOptions:
    return analyzer_pb2.AnalyzerResourceOptions(
        protect=resource.protect, parent=resource.parent, deleteBeforeReplace=resource.delete_before_replace
    )


def _violation(found: analyzer_pb2.AnalyzeDiagnostic, urn: str) -> Violation:
    mandatory = found.enforcementLevel == analyzer_pb2.MANDATORY
    return Violation(found.policyName, urn, found.message, mandatory)
