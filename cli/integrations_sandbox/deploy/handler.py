"""What the engine asks of a resource type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from msgspec import Struct

from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.wire import Props

DYNAMIC = "pulumi-python:dynamic"  # what the types of all dynamic resources begin with


class Target(Struct, frozen=True):
    """One resource, as its handler is asked about it.

    cloud: the connection of the resource's provider. inputs: what the program wants, plain
    values by Pulumi's wire names. id: how the cloud knows it, empty before it exists.
    known: outputs and inputs as they were last seen. limit: seconds that an operation may
    take until it has taken effect.
    """

    cloud: Any
    inputs: Props
    id: str = ""
    known: Props = {}
    limit: float = 600.0


class Handler(ABC):
    """One resource type: what it understands, and how it is made, seen, changed and removed.

    understands: the inputs it knows; any other is refused by name. required: those without
    which it cannot be made. replace_on: inputs that only change by replacing the resource.
    exclusive: whether creating it where it already exists would take somebody else's.
    loss: what goes with it, for a refusal to delete it.
    """

    understands: frozenset[str] | None = None
    required: frozenset[str] = frozenset()
    replace_on: frozenset[str] = frozenset()
    exclusive: bool = False
    loss: str = ""

    def identify(self, target: Target) -> str:  # noqa: ARG002 - for those that can tell
        """The id that the resource will have, or empty if only the cloud can tell."""
        return ""

    def desired(self, target: Target) -> Props:
        """What `read` will show as inputs when the target's inputs are in force.

        In a preview, inputs that cannot be known yet are left out.
        """
        return target.inputs

    def replacing(self, target: Target, old: Props, changed: set[str]) -> set[str]:  # noqa: ARG002 - for those that ask
        """Those of the changed inputs that ask for a replacement; `old` is what the inputs were."""
        return changed & self.replace_on

    def explain(self, error: Exception) -> str | None:  # noqa: ARG002 - by default every error is a bug
        """The sentence for an error that the cloud raised; None if the error is none of the cloud's."""
        return None

    @abstractmethod
    def read(self, target: Target) -> Seen | None:
        """Look at the resource in the cloud; None if it is not there."""

    @abstractmethod
    def create(self, target: Target) -> tuple[str, Props]:
        """Make it, wait until it is in force, and say its id and its outputs."""

    @abstractmethod
    def update(self, target: Target) -> Props:
        """Bring the existing resource to the target's inputs, whatever it is like now; its outputs."""

    @abstractmethod
    def delete(self, target: Target) -> None:
        """Remove it and wait until it is gone. That it is gone already is no error."""
