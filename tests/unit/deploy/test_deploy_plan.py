"""What is decided, before anything is done."""

from __future__ import annotations

import pytest

from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.plan import Decision, Seen, decide, deletion_order, dependants, differences
from integrations_sandbox.deploy.records import Change, StepError
from integrations_sandbox.deploy.state import Resource

TYPE = "memory:index:Thing"


def resource(name="a", needs=(), **given):
    return Resource(f"urn:pulumi:t::d::{TYPE}::{name}", TYPE, dependencies=tuple(r.urn for r in needs), **given)


def decided(old, new, seen, complete=True, replace_on=()):
    """The decision for a resource whose every input is managed."""
    was = None if old is None else resource(inputs=old)
    live = None if seen is None else Seen(seen, {}, complete)
    return decide(was, resource(inputs=new), live, wire.plain(new), lambda keys: keys & set(replace_on))


def test_what_never_was_is_created():
    assert decided(None, {"x": 1}, None) == Decision("create")


def test_what_is_gone_is_created_again():
    assert decided({"x": 1}, {"x": 1}, None) == Decision("create", note="was gone from the cloud")


def test_what_agrees_with_the_cloud_is_the_same():
    assert decided({"x": 1}, {"x": 1}, {"x": 1}) == Decision("same")


def test_what_could_not_be_looked_at_is_never_the_same():
    assert decided({"x": 1}, {"x": 1}, {}, complete=False).op == "update"


def test_a_change_of_the_program_is_an_update():
    assert decided({"x": 1}, {"x": 2}, {"x": 1}) == Decision("update", (Change("x", 1, 2),))


def test_a_change_in_the_cloud_is_an_update_with_a_note():
    assert decided({"x": 1}, {"x": 1}, {"x": 5}) == Decision(
        "update", (Change("x", 5, 1),), "was changed outside of this stack"
    )


def test_only_what_cannot_change_is_a_replacement():
    assert decided({"x": 1}, {"x": 2}, {"x": 1}, replace_on=["x"]).op == "replace"
    assert decided({"x": 1}, {"x": 1}, {"x": 5}, replace_on=["x"]) == Decision(
        "replace", (Change("x", 5, 1),), "was changed outside of this stack"
    )
    assert decided({"x": 1, "y": 1}, {"x": 1, "y": 2}, {"x": 1, "y": 1}, replace_on=["x"]).op == "update"


def test_what_the_handler_does_not_compare_is_compared_with_the_last_run_only():
    assert decided({"x": 1, "force": True}, {"x": 1, "force": True}, {"x": 1}).op == "same"
    assert decided({"x": 1, "force": False}, {"x": 1, "force": True}, {"x": 1}).op == "update"


def test_what_a_preview_cannot_know_may_change():
    decision = decided({"x": 1}, {"x": wire.UNKNOWN}, {"x": 1})
    assert decision == Decision("update", (Change("x", 1, "unknown"),))


def test_whatever_holds_a_secret_is_masked_on_both_sides():
    (change,) = decided({"x": "old"}, {"x": wire.secret("new")}, {"x": "old"}).changes
    assert change == Change("x", "[secret]", "[secret]")


def test_that_a_value_became_secret_changes_nothing():
    assert decided({"x": "v"}, {"x": wire.secret("v")}, {"x": "v"}).op == "same"


def test_an_external_id_is_masked_in_whatever_it_stands():
    (change,) = decided({}, {"x": {"sts:ExternalId": "id", "y": 1}}, {}).changes
    assert change == Change("x", None, {"sts:ExternalId": "[secret]", "y": 1})


def test_the_code_of_a_dynamic_provider_is_no_change():
    assert decided({"__provider": "abc", "x": 1}, {"__provider": "def", "x": 1}, {"x": 1}).op == "same"


def test_differences_are_named_by_their_paths():
    old = {"rules": [{"origins": ["a", "b"]}], "n": 1, "gone": 1}
    new = {"rules": [{"origins": ["a", "c"]}], "n": 1, "came": 1}
    assert differences(old, new) == {"came": (None, 1), "gone": (1, None), "rules[0].origins[1]": ("b", "c")}
    assert differences([1, 2], [1], "x") == {"x": ([1, 2], [1])}
    assert differences(old, old) == {}


def test_documents_are_compared_as_what_they_say():
    assert differences('{"a": 1, "b": [2]}', {"b": [2], "a": 1}) == {}
    assert differences('{"a": 1}', '{"a": 2}', "policy") == {"policy.a": (1, 2)}
    assert differences("{no document", "{no document}", "x") == {"x": ("{no document", "{no document}")}


def test_whoever_needs_another_goes_first_and_otherwise_the_newest():
    a = resource("a")
    b, c = resource("b", [a]), resource("c")
    assert deletion_order([b, a]) == deletion_order([a, b]) == [b, a]
    assert deletion_order([a, c]) == [c, a]


def test_a_provider_goes_after_what_it_provides():
    provider = resource("p")
    user = resource("u", provider=f"{provider.urn}::id")
    assert deletion_order([user, provider]) == [user, provider]


def test_a_circle_is_told():
    a, b = resource("a"), resource("b")
    with pytest.raises(StepError, match="in a circle"):
        deletion_order([resource("a", [b]), resource("b", [a])])


def test_dependants_are_found_by_way_of_others():
    a = resource("a")
    b = resource("b", [a])
    c, d = resource("c", [b]), resource("d")
    assert dependants([a, b, c, d], a.urn) == [b, c]
    assert dependants([a, b, c, d], c.urn) == []
