"""What a run of a deployment is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from integrations_sandbox.deploy.handler import Handler
from integrations_sandbox.deploy.project import Project
from integrations_sandbox.deploy.records import Step, Verb, Violation
from integrations_sandbox.deploy.state import Resource
from integrations_sandbox.deploy.wire import Props


class Policies(Protocol):
    """A policy pack that judges resources."""

    def analyze(self, resource: Resource) -> list[Violation]: ...
    def analyze_stack(self, resources: Sequence[Resource]) -> list[Violation]: ...


class Plan(Struct, frozen=True):
    """One run of one stack.

    handlers: by resource type, `pulumi-python:dynamic` for all dynamic ones. connect: for
    each package (`aws`) the function from a provider's inputs to the connection that its
    handlers use.
    """

    verb: Verb
    project: Project
    stack: str
    handlers: Mapping[str, Handler]
    connect: Mapping[str, Callable[[Props], Any]] = {}
    policies: Sequence[Policies] = ()
    on_step: Callable[[Step], None] = lambda _step: None

    @property
    def dry_run(self) -> bool:
        return self.verb == "preview"
