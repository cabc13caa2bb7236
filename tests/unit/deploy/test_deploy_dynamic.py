"""Python's own dynamic resources."""

from __future__ import annotations

import json
from typing import Any

import pulumi
from memory_cloud import did
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

SHELF: dict[str, dict[str, Any]] = {}


class Blind(ResourceProvider):
    """A provider that cannot look. Its resources stand on the shelf by their name."""

    serialize_as_secret_always = False

    def create(self, props):
        if props["name"] == "bad":
            raise ValueError("no such name")
        SHELF[props["name"]] = dict(props)
        return CreateResult(props["name"], {**props, "made": len(SHELF)})

    def diff(self, _id, _olds, _news):
        return DiffResult(replaces=["name"])

    def update(self, _id, _olds, _news):
        SHELF[_id] = dict(_news)
        return UpdateResult(_news)

    def delete(self, _id, _props):
        del SHELF[_id]


class Seeing(Blind):
    def read(self, id_, props):
        return ReadResult(id_, SHELF[id_]) if id_ in SHELF else ReadResult()


class Item(Resource, module="test", name="Item"):
    made: pulumi.Output[int]

    def __init__(self, label, provider, **props):
        super().__init__(provider, label, {"made": None, **props})


def item(provider, **props):
    return lambda: Item("i", provider, **props)


def test_a_dynamic_resource_is_made_seen_changed_replaced_and_deleted(stack):
    SHELF.clear()
    assert did(stack.up(item(Seeing(), name="a", size=1))) == ["create i"]
    assert did(stack.up(item(Seeing(), name="a", size=1))) == ["same i"]
    assert did(stack.up(item(Seeing(), name="a", size=2))) == ["update i"]
    assert SHELF == {"a": {"name": "a", "size": 2}}
    assert did(stack.up(item(Seeing(), name="b", size=2))) == ["replace i", "delete i"]
    assert did(stack.destroy()) == ["delete i"]
    assert SHELF == {}


def test_what_is_gone_or_changed_is_healed(stack):
    SHELF.clear()
    stack.up(item(Seeing(), name="a", size=1))
    SHELF["a"]["size"] = 5
    assert did(stack.up(item(Seeing(), name="a", size=1))) == ["update i"]
    SHELF.clear()
    assert did(stack.up(item(Seeing(), name="a", size=1))) == ["create i"]


def test_a_provider_that_cannot_look_is_never_the_same(stack):
    SHELF.clear()
    stack.up(item(Blind(), name="a"))
    outcome = stack.up(item(Blind(), name="a"))
    assert did(outcome) == ["update i"]
    assert outcome.steps[0].note == "cannot be looked at, so it is applied again"


def test_its_error_is_the_step_s_failure(stack):
    (error,) = stack.up(item(Blind(), name="bad")).errors
    assert error == "pulumi-python:dynamic/test:Item 'i': its provider failed: ValueError: no such name"
    assert json.loads(stack.state.read_text())["resources"] == []


def test_its_outputs_come_back(stack):
    SHELF.clear()
    outcome = stack.up(lambda: pulumi.export("made", Item("i", Blind(), name="a").made))
    assert outcome.outputs["made"].value == 1


def test_its_pickled_code_is_encrypted_if_it_is_secret(stack):
    SHELF.clear()

    class Secretive(Blind):
        serialize_as_secret_always = True

    stack.up(item(Secretive(), name="a"))
    (found,) = json.loads(stack.state.read_text())["resources"]
    assert "ciphertext" in found["inputs"]["__provider"]
    assert did(stack.destroy()) == ["delete i"]
