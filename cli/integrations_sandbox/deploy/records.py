"""What a deployment reports: steps, violations, outputs, and how it ended."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from integrations.errors import IntegrationsError

Verb = Literal["preview", "up", "destroy"]
Op = Literal["create", "same", "update", "replace", "delete", "retain"]
MASK = "[secret]"


class StepError(IntegrationsError):
    """A step that cannot be done; the text says what and why."""


class AlreadyExistsError(StepError):
    """The cloud has something of that name already, and this stack did not make it."""


class HaltedError(StepError):
    """A step that was not tried, because another one had failed."""


class Change(Struct, frozen=True):
    """One property that differs. path: such as `corsRules[0].allowedOrigins`. Secrets are masked in old and new."""

    path: str
    old: Any
    new: Any


class Step(Struct, frozen=True):
    """One resource, and what was done with it (in a preview: what would be).

    `retain` means: taken out of the state, left in the cloud. note says why, where it is
    not the program's doing.
    """

    op: Op
    urn: str
    type: str
    name: str
    changes: tuple[Change, ...] = ()
    note: str = ""


class Violation(Struct, frozen=True):
    """What a policy objects to. urn is empty if it objects to the stack as a whole."""

    policy: str
    urn: str
    message: str
    mandatory: bool


class Output(Struct, frozen=True):
    """A stack output. In a preview the value may be unknown, and then is None."""

    value: Any
    secret: bool = False
    known: bool = True

    @property
    def shown(self) -> str:
        """The value as it may be printed."""
        if self.secret:
            return MASK
        return str(self.value) if self.known else "unknown until it is applied"


class Outcome(Struct, frozen=True):
    """How a deployment ended. messages: what the program logged, as (severity, text)."""

    verb: Verb
    steps: tuple[Step, ...] = ()
    violations: tuple[Violation, ...] = ()
    errors: tuple[str, ...] = ()
    messages: tuple[tuple[str, str], ...] = ()
    outputs: dict[str, Output] = {}

    @property
    def changed(self) -> bool:
        """Whether anything was changed, or in a preview would be."""
        return any(step.op != "same" for step in self.steps)

    @property
    def ok(self) -> bool:
        """Whether everything was done, and no mandatory policy is violated."""
        return not self.errors and not any(violation.mandatory for violation in self.violations)
