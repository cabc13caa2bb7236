"""The Pulumi program under Pulumi's own unit-test mocks, with nothing of our deploy engine."""

from __future__ import annotations

import asyncio
import contextvars
import json
import runpy
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.runtime import mocks, run_in_stack, set_all_config
from pulumi.runtime.rpc import deserialize_properties
from pulumi.runtime.settings import ROOT

REPOSITORY = Path(__file__).parents[3]
STACKS = REPOSITORY / "stacks"
PROJECT = "encord-integrations"


@dataclass
class Made:
    """One registered resource: its arguments, and the options that Pulumi's mocks do not pass on."""

    type: str
    name: str
    inputs: dict[str, Any]
    protect: bool
    retain: bool
    replaced_first: bool
    create_timeout: str


def label(urn: str) -> str:
    """The type and name of a resource, such as `Bucket images-acme-eu`."""
    kind, _, name = urn.rpartition("::")
    return f"{kind.rpartition(':')[2]} {name}"


class Monitor(mocks.MockMonitor):
    """Pulumi's mock monitor, which also keeps each registration's options and the stack's outputs."""

    def __init__(self, given: mocks.Mocks) -> None:
        super().__init__(given)
        self.made: list[Made] = []
        self.outputs: dict[str, Any] = {}
        self.needs: dict[str, set[str]] = {}
        self.providers: dict[str, dict[str, Any]] = {}

    def RegisterResource(self, request: Any) -> Any:
        inputs = deserialize_properties(request.object)
        made = Made(
            request.type, request.name, inputs, request.protect, request.retainOnDelete, request.deleteBeforeReplace,
            request.customTimeouts.create,
        )  # fmt: skip
        urn = self.make_urn(request.parent, request.type, request.name)
        self.needs[label(urn)] = {label(other) for other in (*request.dependencies, request.parent) if other}
        if request.type.startswith("pulumi:providers:"):
            self.providers[request.name] = inputs
        elif request.custom:
            self.made.append(made)
        return super().RegisterResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if request.urn.rpartition("::")[0].endswith("pulumi:pulumi:Stack"):
            self.outputs = deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)


class Cloud(mocks.Mocks):
    """What a cloud invents: ids, ARNs, and an access point's alias."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        invented = {"arn": f"arn:mock:{args.name}", "alias": "mock.mrap"}
        return f"id-{args.name}", {**invented, **args.inputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program asks the cloud: {args.token}")


@dataclass
class Stack:
    """What a run of the program registered and exported."""

    made: list[Made]
    outputs: dict[str, Any]
    needs: dict[str, set[str]]
    providers: dict[str, dict[str, Any]]

    def of(self, kind: str) -> dict[str, Made]:
        """Everything of a kind, such as `Role`, by name."""
        return {one.name: one for one in self.made if one.type.rpartition(":")[2] == kind}

    def one(self, kind: str) -> Made:
        (made,) = self.of(kind).values()
        return made

    def waits_for(self, name: str) -> set[str]:
        """Everything that must be there before the resource `name` is made, and stays until it is gone."""
        found, waiting = set[str](), [name]
        while waiting:
            for needed in self.needs.get(waiting.pop(), set()) - found:
                found.add(needed)
                waiting.append(needed)
        return found


def deploy(config: dict[str, Any], stack: str, *, preview: bool = False) -> Stack:
    """Run stacks/ with this configuration, in a context, a loop and a folder of its own."""
    given = {
        f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }
    monitor = Monitor(Cloud())
    path, modules = list(sys.path), set(sys.modules)

    threads = asyncio.new_event_loop()

    def work() -> None:
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            asyncio.set_event_loop(loop)
            # The mock monitor works in a thread, with a loop of the thread's own.
            loop.set_default_executor(ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(threads,)))
            ROOT.set(None)
            mocks.set_mocks(Cloud(), PROJECT, stack, preview, monitor=monitor)
            set_all_config(given)
            ROOT.set(None)
            program = run_in_stack(lambda: runpy.run_path(str(STACKS), run_name="__main__") and None)
            runner.run(program, context=contextvars.copy_context())

    try:
        contextvars.copy_context().run(work)
    finally:
        asyncio.set_event_loop(None)
        threads.close()
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            if (file := getattr(sys.modules[name], "__file__", None)) and Path(file).is_relative_to(
                REPOSITORY / "stacks"
            ):
                del sys.modules[name]
    return Stack(monitor.made, monitor.outputs, monitor.needs, monitor.providers)


def configuration(environment: str) -> dict[str, Any]:
    """What Pulumi.<environment>.yaml configures."""
    config = yaml.safe_load((REPOSITORY / f"Pulumi.{environment}.yaml").read_text())["config"]
    return {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()}


@pytest.fixture
def up() -> Callable[..., Stack]:
    """Runs the program with one integration; `changes` are fields of it, `settings` stand beside it."""

    def go(
        changes: dict[str, Any] | None = None, *, stack: str = "prod", preview: bool = False, **settings: Any
    ) -> Stack:
        integration = {
            "cloud": "aws",
            "account": "123456789012",
            "role": "encord-images",
            "buckets": [{"name": "acme-eu", "region": "eu-west-2", "ownership": "create"}],
            "encord": {"principal": "arn:aws:iam::111122223333:root", "externalId": "id-1"},
            **(changes or {}),
        }
        given = {"corsOrigins": ["https://app.encord.com"], "integrations": {"images": integration}, **settings}
        return deploy(given, stack, preview=preview)

    return go


@pytest.fixture
def example() -> Callable[[str], Stack]:
    """Runs the program with one of the project's own environments."""
    return lambda name: deploy(configuration(name), name)
