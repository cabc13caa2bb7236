"""One run of a deployment: each registration becomes one step, the end of the run deletes what is left over.

A stand-in for the Pulumi engine, and a small one: what it does not know it refuses by
name (`monitor`). Before anything is called the same it has been looked at in the cloud.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from integrations_sandbox.deploy import plan, wire
from integrations_sandbox.deploy.given import Plan
from integrations_sandbox.deploy.handler import DYNAMIC, Handler, Target
from integrations_sandbox.deploy.plan import Decision
from integrations_sandbox.deploy.records import (
    AlreadyExistsError,
    Change,
    HaltedError,
    Op,
    Step,
    StepError,
    Violation,
)
from integrations_sandbox.deploy.state import Resource, State
from integrations_sandbox.deploy.wire import Props

STACK = "pulumi:pulumi:Stack"
T = TypeVar("T")
LIMIT = 600.0  # seconds, where the program sets no custom timeout


class Run:
    """The run itself. `register` is called from many threads; the cloud is asked outside of the lock."""

    def __init__(self, given: Plan, state: State) -> None:
        self.plan = given
        self.state = state
        self.seen: dict[str, Resource] = {}
        self.steps: list[Step] = []
        self.violations: list[Violation] = []
        self.errors: list[str] = []
        self.secrets = {given.project.config[key] for key in given.project.secret_keys} - {""}
        self._before = {resource.urn: resource for resource in state.resources if resource.is_provider}
        self._gone: set[tuple[str, str]] = set()  # type and id of what a preview would have deleted by now
        self._clouds: dict[str, Any] = {}
        self._clouds_lock = threading.Lock()

    # What a program registers ------------------------------------------------

    def urn(self, type_: str, name: str, parent: str) -> str:
        """The name of a resource in the stack, with its ancestors' types except the stack's."""
        above = parent.split("::")[2] if parent else STACK
        qualified = type_ if above == STACK else f"{above}${type_}"
        return f"urn:pulumi:{self.plan.stack}::{self.plan.project.name}::{qualified}::{name}"

    def register(self, new: Resource, *, custom: bool, secret_outputs: Iterable[str] = ()) -> Resource:
        """Do the one step that `new` needs, and give it back with its id and outputs."""
        with self.state.lock:
            if self.errors:
                raise HaltedError(f"{new.label} was not tried, because another step failed")
            if new.urn in self.seen:
                raise StepError("the program registers two resources of this type and name")
            self.seen[new.urn] = new
            self.secrets.update(s for s in wire.secrets_in(new.inputs) if isinstance(s, str) and s)
        self._judge(new)
        if new.is_provider:
            done = self._provider(new)
        elif custom:
            done = self._custom(new)
        else:
            done = new
        outputs = {**done.outputs, **{k: wire.secret(done.outputs[k]) for k in secret_outputs if k in done.outputs}}
        done = replace(done, outputs=outputs)
        with self.state.lock:
            self.seen[new.urn] = done
            if custom:
                self.state.put(done, self.state.live(new.urn))
        return done

    def _provider(self, new: Resource) -> Resource:
        old = self.state.live(new.urn)
        users = [r.label for r in self.state.resources if r.provider_urn == new.urn]
        if old and users and (changed := plan.differences(wire.plain(old.inputs), wire.plain(new.inputs))):
            raise StepError(
                f"{', '.join(changed)} of it changed, and whether {', '.join(users)} would still be found there"
                " the sandbox cannot tell: destroy the stack and bring it up again"
            )
        given_id = old.id if old else "" if self.plan.dry_run else new.name
        return replace(new, id=given_id, outputs=new.inputs)

    def _custom(self, new: Resource) -> Resource:
        handler = self._handler(new)
        inputs = wire.plain(new.inputs)
        _understood(handler, inputs)
        if self.plan.dry_run and wire.has_unknown(self._provider_inputs(new)):
            self._step("create", new, note="its provider is not known yet")
            return replace(new, outputs=new.inputs)
        old = self.state.live(new.urn)
        known = {key: value for key, value in inputs.items() if not wire.has_unknown(value)}
        target = self._target(new, "update", old)
        seen = self._ask(handler, handler.read, target) if old else None
        was = wire.plain(old.inputs) if old else {}
        decision = plan.decide(
            old,
            new,
            seen,
            handler.desired(replace(target, inputs=known)),
            lambda keys: handler.replacing(target, was, keys),
        )
        if old is None or decision.op == "create":
            return self._create(handler, new, decision, gone=old)
        if decision.op == "replace":
            return self._replace(handler, new, old, decision)
        if decision.op == "update":
            return self._update(handler, new, old, decision)
        self._step("same", new)
        return replace(new, id=old.id, outputs={**(seen.outputs if seen else {}), **new.inputs})

    def _create(
        self, handler: Handler, new: Resource, decision: Decision, *,
        gone: Resource | None = None, successor_of: Resource | None = None,
    ) -> Resource:  # fmt: skip
        target = self._target(new, "create")
        new = replace(new, id=self._ask(handler, handler.identify, target))
        target = replace(target, id=new.id)
        half = self.state.half_made(new.urn)
        ours = half is not None and half.id == new.id
        found = None
        looked_for = new.id and (ours or handler.exclusive) and (new.type, new.id) not in self._gone
        if looked_for and not wire.has_unknown(new.id):
            found = self._ask(handler, handler.read, target)
        if found and not ours and handler.exclusive:
            raise AlreadyExistsError(f"{new.id} exists already, and this stack did not make it")
        with self.state.lock:
            begun = self.state.put(replace(new, pending="create"), gone, half if ours else None)
        if self.plan.dry_run:
            new, outputs = replace(new, id=""), new.inputs
        else:
            new, outputs = self._make(handler, new, target, begun, there=found is not None)
        with self.state.lock:
            # In this order: a run that is killed in between finds its own work again.
            if successor_of:
                self.state.put(replace(successor_of, doomed=True), successor_of)
            self.state.put(new, begun)
        self._step(decision.op, new, decision.changes, plan.ADOPTED if found else decision.note)
        return replace(new, outputs={**outputs, **new.inputs})

    def _make(
        self, handler: Handler, new: Resource, target: Target, begun: Resource, *, there: bool
    ) -> tuple[Resource, Props]:
        """Create it, or finish what an interrupted run began."""
        try:
            if there:
                return new, self._ask(handler, handler.update, target)
            new_id, outputs = self._ask(handler, handler.create, target)
            return replace(new, id=new_id), outputs
        except AlreadyExistsError:
            self.state.drop(begun)
            raise
        except StepError:
            self._forget_unmade(handler, target, begun)
            raise

    def _forget_unmade(self, handler: Handler, target: Target, begun: Resource) -> None:
        """After a failure: what is not in the cloud was not begun. If that cannot be seen, it stays pending."""
        try:
            if not target.id or self._ask(handler, handler.read, target) is None:
                self.state.drop(begun)
        except StepError:
            return  # the failure that led here is the one to report

    def _update(self, handler: Handler, new: Resource, old: Resource, decision: Decision) -> Resource:
        outputs = old.outputs
        if not self.plan.dry_run:
            self.state.put(replace(old, pending="update"), old)
            outputs = self._ask(handler, handler.update, self._target(new, "update", old))
        self._step("update", new, decision.changes, decision.note)
        return replace(new, id=old.id, outputs={**outputs, **new.inputs})

    def _replace(self, handler: Handler, new: Resource, old: Resource, decision: Decision) -> Resource:
        if old.protect or new.protect:
            paths = ", ".join(change.path for change in decision.changes)
            raise StepError(f"{_protected(handler, old)}, and {paths} can only change by replacing it")
        # Two of the same name cannot stand side by side.
        same_name = self._ask(handler, handler.identify, self._target(new, "create")) == old.id
        if new.delete_before_replace or same_name:
            self._delete_first(old)
            return self._create(handler, new, decision)
        return self._create(handler, new, decision, successor_of=old)

    def _delete_first(self, old: Resource) -> None:
        """Delete `old`, and before it whatever needs it; that is made anew when the program comes to it."""
        others = [r for r in plan.dependants(self.state.resources, old.urn) if r.urn not in self.seen]
        self._refuse_protected(others)
        for resource in plan.deletion_order([*others, old]):
            self._delete(resource, plan.REPLACED if resource is old else f"needs {old.name!r}, which is replaced")

    # What is left over ---------------------------------------------------------

    def finish(self) -> None:
        """Delete what the program no longer registers, and what was replaced; then judge the stack."""
        gone = [r for r in self.state.resources if r.urn not in self.seen or r.doomed or r.pending == "create"]
        self._refuse_protected(gone)
        for resource in plan.deletion_order(gone):
            self._delete(resource, plan.REPLACED if resource.doomed else "")
        for pack in self.plan.policies:
            self.violations += pack.analyze_stack(list(self.seen.values()))

    def destroy(self) -> None:
        """Delete everything, unless something is protected."""
        self._refuse_protected(self.state.resources)
        for resource in plan.deletion_order(self.state.resources):
            self._delete(resource)
        self.state.set_outputs({})

    def _refuse_protected(self, resources: Iterable[Resource]) -> None:
        protected = [r for r in resources if r.protect and not (r.is_provider or r.doomed or r.pending == "create")]
        if protected:
            raise StepError("; ".join(_protected(self._handler(r), r) for r in protected))

    def _delete(self, resource: Resource, note: str = "") -> None:
        op: Op = "retain" if resource.retain_on_delete else "delete"
        if resource.is_provider:
            self.state.drop(resource)
            return
        if not resource.id:
            op, note = "retain", "its creation was interrupted: whether the cloud has it is unknown"
        if op == "delete" and not self.plan.dry_run:
            handler = self._handler(resource)
            begun = resource if resource.pending else self.state.put(replace(resource, pending="delete"), resource)
            try:
                self._ask(handler, handler.delete, self._target(resource, "delete", resource))
            except StepError as error:
                raise StepError(f"{resource.label} could not be deleted: {error}") from error
            resource = begun
        elif op == "delete":
            self._gone.add((resource.type, resource.id))
        self.state.drop(resource)
        self._step(op, resource, note=note)

    # Handlers and their clouds -------------------------------------------------

    def _handler(self, resource: Resource) -> Handler:
        key = DYNAMIC if resource.type.startswith(DYNAMIC) else resource.type
        try:
            return self.plan.handlers[key]
        except KeyError:
            raise StepError(f"the sandbox has no resource type {resource.type}") from None

    def _target(self, resource: Resource, operation: str, old: Resource | None = None) -> Target:
        """`resource` as its handler is asked about it; `old` is what is known of it."""
        known = wire.plain({**old.outputs, **old.inputs}) if old else {}
        limit = resource.limits.get(operation, LIMIT)
        return Target(self._cloud(resource), wire.plain(resource.inputs), old.id if old else "", known, limit)

    def _cloud(self, resource: Resource) -> Any:
        """The connection of the resource's provider, made once; None for packages without one."""
        package = resource.type.partition(":")[0]
        if package not in self.plan.connect:
            return None
        with self._clouds_lock:
            key = resource.provider_urn or package
            if key not in self._clouds:
                self._clouds[key] = self.plan.connect[package](wire.plain(self._provider_inputs(resource)))
            return self._clouds[key]

    def _provider_inputs(self, resource: Resource) -> Props:
        """What configures the resource's provider: its explicit one's inputs, or the stack's configuration."""
        if urn := resource.provider_urn:
            return (self.seen.get(urn) or self._before[urn]).inputs
        prefix = resource.type.partition(":")[0] + ":"
        config = self.plan.project.config
        return {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}

    def _ask(self, handler: Handler, question: Callable[[Target], T], target: Target) -> T:
        """Ask the cloud; what it says against it is the step's failure."""
        try:
            return question(target)
        except StepError:
            raise
        except Exception as error:
            if (sentence := handler.explain(error)) is None:
                raise
            raise StepError(sentence) from error

    # Reports -------------------------------------------------------------------

    def _judge(self, resource: Resource) -> None:
        found = [violation for pack in self.plan.policies for violation in pack.analyze(resource)]
        with self.state.lock:
            self.violations += found
        blocking = [violation.policy for violation in found if violation.mandatory]
        if blocking and not self.plan.dry_run:
            raise StepError(f"a mandatory policy forbids it: {', '.join(blocking)}")

    def _step(self, op: Op, resource: Resource, changes: tuple[Change, ...] = (), note: str = "") -> None:
        step = Step(op, resource.urn, resource.type, resource.name, changes, note)
        with self.state.lock:
            self.steps.append(step)
        self.plan.on_step(step)


def _understood(handler: Handler, inputs: Props) -> None:
    unknown = set(inputs) - handler.understands if handler.understands is not None else set()
    if unknown:
        raise StepError(f"the sandbox does not know its input {', '.join(sorted(unknown))}")
    missing = handler.required - set(inputs)
    if missing:
        raise StepError(f"it has no {', '.join(sorted(missing))}, and the sandbox invents no names")


def _protected(handler: Handler, resource: Resource) -> str:
    lost = f" (with it would go: {handler.loss})" if handler.loss else ""
    return f"{resource.label} is protected{lost}"
