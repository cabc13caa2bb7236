"""A cloud in memory, a handler for it, and a stack that is deployed to it by small programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi

from integrations_sandbox.deploy import Outcome, carry_out
from integrations_sandbox.deploy.given import Plan
from integrations_sandbox.deploy.handler import DYNAMIC, Handler, Target
from integrations_sandbox.deploy.handlers.dynamic import Dynamic
from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.program import run_callable
from integrations_sandbox.deploy.project import Project
from integrations_sandbox.deploy.records import Step

THING = "memory:index:Thing"


class CloudError(Exception):
    """What the cloud in memory raises against a call."""


@dataclass
class Cloud:
    """things: what is there, by name. calls: what was asked, in order. refuses: calls that fail, such as `create a`;
    breaks: those that fail although they were carried out."""

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    breaks: set[str] = field(default_factory=set)

    def ask(self, call: str) -> None:
        self.calls.append(call)
        if call in self.refuses:
            raise CloudError(f"{call} is refused")

    def after(self, call: str) -> None:
        if call in self.breaks:
            raise CloudError(f"{call} broke off")


class Thing(Handler):
    """A thing with a name, a kind that cannot change, and anything else that can."""

    required = frozenset({"name"})
    replace_on = frozenset({"name", "kind"})
    exclusive = True
    loss = "all that is in it"

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def identify(self, target: Target) -> str:
        return str(target.inputs["name"])

    def explain(self, error: Exception) -> str | None:
        return str(error) if isinstance(error, CloudError) else None

    def read(self, target: Target) -> Seen | None:
        self.cloud.ask(f"read {target.id}")
        found = self.cloud.things.get(target.id)
        return None if found is None else Seen(found, {"arn": f"arn:{target.id}"})

    def create(self, target: Target) -> tuple[str, dict[str, Any]]:
        self.cloud.ask(f"create {target.id}")
        self.cloud.things[target.id] = dict(target.inputs)
        self.cloud.after(f"create {target.id}")
        return target.id, {"arn": f"arn:{target.id}"}

    def update(self, target: Target) -> dict[str, Any]:
        self.cloud.ask(f"update {target.id}")
        self.cloud.things[target.id] = dict(target.inputs)
        self.cloud.after(f"update {target.id}")
        return {"arn": f"arn:{target.id}"}

    def delete(self, target: Target) -> None:
        self.cloud.ask(f"delete {target.id}")
        self.cloud.things.pop(target.id, None)


def thing(label: str, opts: pulumi.ResourceOptions | None = None, **props: Any) -> pulumi.CustomResource:
    """Register a thing; its cloud name is its label unless given."""
    return pulumi.CustomResource(THING, label, {"name": label, "arn": None, **props}, opts)


@dataclass
class Stack:
    """One stack with its state file, on a cloud in memory."""

    cloud: Cloud
    state: Path
    config: dict[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()
    policies: tuple[Any, ...] = ()

    def run(self, verb: Any, program: Callable[[], object] = lambda: None, **given: Any) -> Outcome:
        project = Project("demo", Path(__file__).parent, self.config, self.secret_keys)
        handlers = {THING: Thing(self.cloud), DYNAMIC: Dynamic()}
        plan = Plan(verb, project, "test", handlers, policies=self.policies, **given)
        return carry_out(plan, self.state, lambda monitor: run_callable(program, monitor))

    def preview(self, program: Callable[[], object]) -> Outcome:
        return self.run("preview", program)

    def up(self, program: Callable[[], object]) -> Outcome:
        return self.run("up", program)

    def destroy(self) -> Outcome:
        return self.run("destroy")


def did(outcome: Outcome) -> list[str]:
    """The steps as `op name`, in order."""
    return [f"{step.op} {step.name}" for step in outcome.steps]


def step(outcome: Outcome, name: str) -> Step:
    (found,) = [step for step in outcome.steps if step.name == name]
    return found
