"""Python's own dynamic resources (`pulumi.dynamic`): the provider travels, pickled, in the inputs."""

from __future__ import annotations

import base64
from typing import Any

import dill
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import PROVIDER_KEY

from integrations_sandbox.deploy.handler import Handler, Target
from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.records import StepError
from integrations_sandbox.deploy.wire import Props


class Dynamic(Handler):
    """Asks the program's own provider. One without a `read` cannot be looked at: its resource is applied again."""

    def desired(self, target: Target) -> Props:
        return _own(target.inputs)

    def replacing(self, target: Target, old: Props, changed: set[str]) -> set[str]:
        if not changed:
            return set()
        difference = _provider(target).diff(target.id, _own({**target.known, **old}), _own(target.inputs))
        return changed & set(difference.replaces or ())

    def explain(self, error: Exception) -> str | None:
        return f"its provider failed: {type(error).__name__}: {error}"

    def read(self, target: Target) -> Seen | None:
        provider = _provider(target)
        if type(provider).read is ResourceProvider.read:
            return Seen({}, _own(target.known), complete=False)
        found = provider.read(target.id, _own(target.known))
        if not found.id:
            return None
        live = found.outs or {}
        return Seen({key: live[key] for key in _own(target.inputs) if key in live}, live)

    def create(self, target: Target) -> tuple[str, Props]:
        made = _provider(target).create(_own(target.inputs))
        return made.id, made.outs or {}

    def update(self, target: Target) -> Props:
        provider = _provider(target)
        if type(provider).update is ResourceProvider.update:
            raise StepError("its provider has no `update`")
        return provider.update(target.id, _own(target.known), _own(target.inputs)).outs or {}

    def delete(self, target: Target) -> None:
        _provider(target).delete(target.id, _own(target.known))


def _own(props: Props) -> Props:
    return {key: value for key, value in props.items() if key != PROVIDER_KEY}


def _provider(target: Target) -> Any:
    # The pickle is the program's, and the program runs in this process anyway.
    return dill.loads(base64.b64decode(target.inputs[PROVIDER_KEY]))  # noqa: S301
