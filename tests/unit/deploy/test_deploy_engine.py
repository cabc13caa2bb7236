"""The rules of a deployment, on a cloud in memory."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi
import pytest
from memory_cloud import THING, Thing, did, thing

from integrations.errors import ConfigurationError
from integrations_sandbox.deploy import stack_outputs
from integrations_sandbox.deploy.engine import Run
from integrations_sandbox.deploy.given import Plan
from integrations_sandbox.deploy.project import Project
from integrations_sandbox.deploy.records import Change, HaltedError, Violation
from integrations_sandbox.deploy.state import Resource, State, locked


def Options(**given):
    return pulumi.ResourceOptions(**given)


# Create, same, update, delete


def test_the_first_up_creates_and_the_second_changes_nothing(stack):
    first = stack.up(lambda: thing("a"))
    assert did(first) == ["create a"]
    assert first.ok and first.changed
    second = stack.up(lambda: thing("a"))
    assert did(second) == ["same a"]
    assert second.ok and not second.changed


def test_a_changed_property_is_updated_and_both_values_are_told(stack):
    stack.up(lambda: thing("a", tags={"x": "1", "y": "1"}))
    outcome = stack.up(lambda: thing("a", tags={"x": "2", "y": "1"}))
    assert did(outcome) == ["update a"]
    assert outcome.steps[0].changes == (Change("tags.x", "1", "2"),)
    assert stack.cloud.things["a"]["tags"] == {"x": "2", "y": "1"}


def test_whole_numbers_arrive_as_whole_numbers(stack):
    stack.up(lambda: thing("a", seconds=3600, share=0.5))
    assert json.dumps(stack.cloud.things["a"], sort_keys=True) == '{"name": "a", "seconds": 3600, "share": 0.5}'


def test_what_the_program_no_longer_registers_is_deleted(stack):
    stack.up(lambda: (thing("a"), thing("b")))
    outcome = stack.up(lambda: thing("a"))
    assert did(outcome) == ["same a", "delete b"]
    assert set(stack.cloud.things) == {"a"}


def test_outputs_come_back_from_the_cloud(stack):
    assert stack.up(lambda: pulumi.export("id", thing("a").id)).outputs["id"].value == "a"
    assert stack_outputs(stack.state)["id"].value == "a"


def test_components_name_their_children_and_are_no_steps(stack):
    def program():
        component = pulumi.ComponentResource("x:y:Group", "g")
        thing("a", Options(parent=component))

    outcome = stack.up(program)
    assert [s.urn for s in outcome.steps] == [f"urn:pulumi:test::demo::x:y:Group${THING}::a"]


# Nothing is the same that was not just seen


def test_nothing_is_the_same_without_a_look_at_the_cloud(stack):
    stack.up(lambda: thing("a"))
    stack.cloud.calls.clear()
    stack.up(lambda: thing("a"))
    assert stack.cloud.calls == ["read a"]


def test_what_is_gone_is_created_again(stack):
    stack.up(lambda: thing("a"))
    del stack.cloud.things["a"]
    outcome = stack.up(lambda: thing("a"))
    assert (did(outcome), outcome.steps[0].note) == (["create a"], "was gone from the cloud")
    assert "a" in stack.cloud.things


def test_what_somebody_changed_is_set_back(stack):
    stack.up(lambda: thing("a", colour="red"))
    stack.cloud.things["a"]["colour"] = "blue"
    outcome = stack.up(lambda: thing("a", colour="red"))
    assert did(outcome) == ["update a"]
    assert outcome.steps[0].changes == (Change("colour", "blue", "red"),)
    assert outcome.steps[0].note == "was changed outside of this stack"
    assert stack.cloud.things["a"]["colour"] == "red"


def test_documents_that_say_the_same_are_the_same(stack):
    stack.up(lambda: thing("a", policy='{"x": 1, "y": 2}'))
    stack.cloud.things["a"]["policy"] = '{"y":2,"x":1}'
    assert did(stack.up(lambda: thing("a", policy='{"x": 1, "y": 2}'))) == ["same a"]
    assert did(stack.up(lambda: thing("a", policy='{"x": 1, "y": 3}'))) == ["update a"]


def test_what_exists_and_is_not_ours_is_not_taken(stack):
    stack.cloud.things["a"] = {"name": "a"}
    for outcome in (stack.preview(lambda: thing("a")), stack.up(lambda: thing("a"))):
        assert outcome.errors == (f"{THING} 'a': a exists already, and this stack did not make it",)
    assert stack.destroy().ok
    assert "a" in stack.cloud.things


# Replace


def test_a_replacement_is_made_before_the_old_one_is_deleted(stack):
    stack.up(lambda: thing("a", name="one"))
    stack.cloud.calls.clear()
    outcome = stack.up(lambda: thing("a", name="two"))
    assert did(outcome) == ["replace a", "delete a"]
    assert outcome.steps[0].changes == (Change("name", "one", "two"),)
    assert outcome.steps[1].note == "replaced"
    assert stack.cloud.calls == ["read one", "read two", "create two", "delete one"]
    assert did(stack.up(lambda: thing("a", name="two"))) == ["same a"]


def test_the_program_may_ask_to_delete_first(stack):
    stack.up(lambda: thing("a", name="one"))
    outcome = stack.up(lambda: thing("a", Options(delete_before_replace=True), name="two"))
    assert did(outcome) == ["delete a", "replace a"]
    assert set(stack.cloud.things) == {"two"}


def test_two_of_one_name_cannot_stand_side_by_side_so_the_old_one_goes_first(stack):
    stack.up(lambda: thing("a", kind="x"))
    outcome = stack.up(lambda: thing("a", kind="y"))
    assert did(outcome) == ["delete a", "replace a"]
    assert stack.cloud.things["a"]["kind"] == "y"


def test_deleting_first_takes_along_what_needs_it_and_makes_it_anew(stack):
    def program(kind):
        first = thing("a", kind=kind)
        thing("b", of=first.id)

    stack.up(lambda: program("x"))
    outcome = stack.up(lambda: program("y"))
    assert did(outcome) == ["delete b", "delete a", "replace a", "create b"]
    assert outcome.ok
    assert set(stack.cloud.things) == {"a", "b"}


def test_a_preview_of_deleting_first_says_what_up_will_do_and_touches_nothing(stack):
    def program(kind):
        first = thing("a", kind=kind)
        thing("b", of=first.id)

    stack.up(lambda: program("x"))
    preview = stack.preview(lambda: program("y"))
    assert (preview.errors, did(preview)) == ((), ["delete b", "delete a", "replace a", "create b"])
    assert stack.cloud.things["a"]["kind"] == "x"
    assert set(stack.cloud.things) == {"a", "b"}


def test_a_preview_still_finds_that_the_new_name_is_somebody_elses(stack):
    stack.up(lambda: thing("a", name="one"))
    stack.cloud.things["two"] = {"name": "two"}
    (error,) = stack.preview(lambda: thing("a", name="two")).errors
    assert error.endswith("two exists already, and this stack did not make it")


def test_a_replacement_that_fails_leaves_the_old_one(stack):
    stack.up(lambda: thing("a", name="one"))
    stack.cloud.refuses = {"create two"}
    outcome = stack.up(lambda: thing("a", name="two"))
    assert outcome.errors == (f"{THING} 'a': create two is refused",)
    assert set(stack.cloud.things) == {"one"}
    assert did(stack.up(lambda: thing("a", name="one"))) == ["same a"]


# Order


def test_whoever_needs_another_is_deleted_before_it(stack):
    def program(*, turned):
        first, second = ("b", "a") if turned else ("a", "b")
        thing(second, Options(depends_on=[thing(first)]))

    stack.up(lambda: program(turned=True))
    stack.up(lambda: program(turned=False))
    assert did(stack.destroy()) == ["delete b", "delete a"]
    stack.up(lambda: program(turned=True))
    assert did(stack.destroy()) == ["delete a", "delete b"]


# Protect and retain


def test_protected_resources_are_not_deleted_and_all_are_named_with_what_would_be_lost(stack):
    stack.up(lambda: (thing("a", Options(protect=True)), thing("b", Options(protect=True)), thing("c")))
    for outcome in (stack.up(lambda: None), stack.preview(lambda: None), stack.destroy()):
        (error,) = outcome.errors
        for name in "ab":
            assert f"{THING} '{name}' is protected (with it would go: all that is in it)" in error
        assert outcome.steps == ()
    assert set(stack.cloud.things) == {"a", "b", "c"}


def test_a_protected_resource_is_not_replaced(stack):
    stack.up(lambda: thing("a", Options(protect=True), name="one"))
    for run in (stack.preview, stack.up):
        outcome = run(lambda: thing("a", Options(protect=True), name="two"))
        (error,) = outcome.errors
        assert "is protected" in error and "name can only change by replacing it" in error
    assert set(stack.cloud.things) == {"one"}


def test_a_resource_is_deleted_once_its_protection_is_taken_off(stack):
    stack.up(lambda: thing("a", Options(protect=True)))
    stack.up(lambda: thing("a"))
    assert did(stack.up(lambda: None)) == ["delete a"]


def test_a_retained_resource_leaves_the_state_and_stays_in_the_cloud(stack):
    stack.up(lambda: (thing("a", Options(retain_on_delete=True)), thing("b")))
    outcome = stack.destroy()
    assert sorted(did(outcome)) == ["delete b", "retain a"]
    assert set(stack.cloud.things) == {"a"}
    assert json.loads(stack.state.read_text())["resources"] == []


# Failure half-way


def test_a_failure_half_way_is_resumed_by_the_next_up(stack):
    def program():
        thing("b", Options(depends_on=[thing("a")]))

    stack.cloud.refuses = {"create b"}
    outcome = stack.up(program)
    assert (did(outcome), outcome.errors) == (["create a"], (f"{THING} 'b': create b is refused",))
    assert not outcome.ok
    stack.cloud.refuses = set()
    assert did(stack.up(program)) == ["same a", "create b"]


def test_nothing_is_deleted_by_a_run_that_failed(stack):
    stack.up(lambda: thing("a"))
    stack.cloud.refuses = {"create b"}
    assert did(stack.up(lambda: thing("b"))) == []
    assert set(stack.cloud.things) == {"a"}


def test_after_a_failure_nothing_else_is_tried(stack):
    run = Run(Plan("up", Project("demo", Path(), {}), "test", {THING: Thing(stack.cloud)}), State(stack.state))
    first, second = (Resource(run.urn(THING, name, ""), THING, inputs={"name": name}) for name in "ab")
    assert run.register(first, custom=True).id == "a"
    run.errors.append("another step failed")
    with pytest.raises(HaltedError, match="'b' was not tried"):
        run.register(second, custom=True)
    assert set(stack.cloud.things) == {"a"}


def test_what_an_interrupted_run_made_is_adopted(stack):
    stack.cloud.breaks = {"create a"}
    assert stack.up(lambda: thing("a", colour="red")).errors == (f"{THING} 'a': create a broke off",)
    (begun,) = json.loads(stack.state.read_text())["resources"]
    assert (begun["id"], begun["pending"]) == ("a", "create")
    outcome = stack.up(lambda: thing("a", colour="red"))
    assert (did(outcome), outcome.steps[0].note) == (["create a"], "an interrupted run had begun it")
    assert did(stack.up(lambda: thing("a", colour="red"))) == ["same a"]


class Killed(BaseException):
    """Ends a run wherever it is, as a signal does."""


@pytest.mark.timeout(30)
def test_a_run_that_is_killed_between_the_cloud_and_the_state_is_taken_up(stack, monkeypatch):
    create = Thing.create

    def killed(self, target):
        create(self, target)
        raise Killed

    def resumed(program):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(Thing, "create", killed)
            stack.up(program)
        outcome = stack.up(program)
        assert outcome.steps[0].note == "an interrupted run had begun it"
        return did(outcome), set(stack.cloud.things)

    assert resumed(lambda: thing("a", name="one")) == (["create a"], {"one"})
    assert resumed(lambda: thing("a", name="two")) == (["replace a", "delete a"], {"two"})


def test_what_was_refused_and_then_made_by_somebody_else_is_not_adopted(stack):
    stack.cloud.refuses = {"create a"}
    stack.up(lambda: thing("a"))
    stack.cloud.refuses = set()
    stack.cloud.things["a"] = {"name": "a"}
    assert "this stack did not make it" in stack.up(lambda: thing("a")).errors[0]


def test_what_an_interrupted_run_made_is_deleted_if_nobody_wants_it_any_more(stack):
    stack.cloud.breaks = {"create a"}
    stack.up(lambda: thing("a"))
    assert did(stack.up(lambda: None)) == ["delete a"]
    assert stack.cloud.things == {}


def test_an_interrupted_replacement_is_finished_and_leaves_one(stack):
    stack.up(lambda: thing("a", name="one"))
    stack.cloud.breaks = {"create two"}
    stack.up(lambda: thing("a", name="two"))
    stack.cloud.breaks = set()
    assert did(stack.up(lambda: thing("a", name="two"))) == ["replace a", "delete a"]
    assert set(stack.cloud.things) == {"two"}


def test_an_interrupted_replacement_that_is_given_up_leaves_the_old_one(stack):
    stack.up(lambda: thing("a", name="one"))
    stack.cloud.breaks = {"create two"}
    stack.up(lambda: thing("a", name="two"))
    assert did(stack.up(lambda: thing("a", name="one"))) == ["same a", "delete a"]
    assert set(stack.cloud.things) == {"one"}


def test_an_interrupted_deletion_is_finished(stack):
    stack.up(lambda: thing("a"))
    stack.cloud.refuses = {"delete a"}
    assert stack.destroy().errors == (f"{THING} 'a' could not be deleted: delete a is refused",)
    stack.cloud.refuses = set()
    assert did(stack.destroy()) == ["delete a"]


def test_two_runs_do_not_share_one_state(stack):
    with locked(stack.state), pytest.raises(ConfigurationError, match="somebody else is deploying"):
        stack.up(lambda: None)
    assert stack.up(lambda: None).ok


# Preview


def test_a_preview_does_nothing_and_writes_nothing(stack):
    outcome = stack.preview(lambda: thing("a"))
    assert did(outcome) == ["create a"]
    assert stack.cloud.things == {}
    assert not stack.state.exists()


def test_a_preview_tells_what_up_will_do(stack):
    def program(name, *others):
        thing("a", name=name, colour="red")
        for other in others:
            thing(other)

    stack.up(lambda: program("one", "b"))
    before = stack.state.read_bytes()
    preview = stack.preview(lambda: program("two", "c"))
    assert stack.state.read_bytes() == before
    assert sorted(did(preview)) == sorted(did(stack.up(lambda: program("two", "c"))))


def test_a_preview_leaves_unknown_what_only_the_cloud_can_tell(stack):
    ran = []

    def program():
        first = thing("a")
        first.id.apply(ran.append)
        thing("b", of=first.id)
        pulumi.export("id", first.id)

    outcome = stack.preview(program)
    assert (ran, outcome.outputs["id"].shown) == ([], "unknown until it is applied")
    assert not stack.up(program).errors
    assert ran == ["a"]
    assert stack.preview(program).outputs["id"].value == "a"


def test_a_preview_of_something_gone_says_so(stack):
    stack.up(lambda: thing("a"))
    del stack.cloud.things["a"]
    assert stack.preview(lambda: thing("a")).steps[0].note == "was gone from the cloud"


# Secrets


def test_a_secret_is_masked_in_steps_outputs_and_errors_and_is_not_in_the_state(stack):
    stack.config, stack.secret_keys = {"demo:key": "hush-1"}, frozenset({"demo:key"})

    def program():
        key = pulumi.Config().require_secret("key")
        thing("a", key=key, inner={"deep": [key]}, plain="seen")
        pulumi.export("key", key)

    first = stack.up(program)
    assert (first.outputs["key"].secret, first.outputs["key"].shown) == (True, "[secret]")
    assert stack.cloud.things["a"]["inner"] == {"deep": ["hush-1"]}
    assert did(stack.up(program)) == ["same a"]
    stack.config = {"demo:key": "hush-2"}
    second = stack.up(program)
    assert second.steps[0].changes == (
        Change("inner.deep[0]", "[secret]", "[secret]"), Change("key", "[secret]", "[secret]"),
    )  # fmt: skip
    text = stack.state.read_text()
    assert "hush" not in text and "seen" in text
    assert (stack.state.parent / "test.json.key").stat().st_mode & 0o777 == 0o600
    assert stack_outputs(stack.state)["key"].value == "hush-2"


def test_a_secret_in_the_cloud_s_words_is_masked(stack):
    stack.config, stack.secret_keys = {"demo:key": "hush"}, frozenset({"demo:key"})
    stack.cloud.refuses = {"create hush"}
    (error,) = stack.up(lambda: thing("a", name=pulumi.Config().require_secret("key"))).errors
    assert error == f"{THING} 'a': create [secret] is refused"


def test_an_external_id_is_masked_though_it_is_no_secret(stack):
    def program(external_id):
        document = {"Condition": {"StringEquals": {"sts:ExternalId": external_id}}}
        thing("a", trust=json.dumps(document))

    stack.up(lambda: program("id-1"))
    (change,) = stack.up(lambda: program("id-2")).steps[0].changes
    assert change == Change("trust.Condition.StringEquals.sts:ExternalId", "[secret]", "[secret]")


def test_a_lost_key_is_told_and_not_guessed_around(stack):
    stack.up(lambda: thing("a", key=pulumi.Output.secret("hush")))
    (stack.state.parent / "test.json.key").unlink()
    with pytest.raises(ConfigurationError, match="take the sandbox down and up again"):
        stack.up(lambda: thing("a"))


# Policies


class Judge:
    """Objects to things called bad; to the stack if it has more than two."""

    def __init__(self, *, mandatory):
        self.mandatory = mandatory

    def analyze(self, resource):
        bad = resource.inputs.get("name") == "bad"
        return [Violation("no-bad", resource.urn, "it is bad", self.mandatory)] if bad else []

    def analyze_stack(self, resources):
        many = len([r for r in resources if r.type == THING]) > 2
        return [Violation("few", "", "too many", self.mandatory)] if many else []


def test_a_mandatory_policy_blocks_the_step(stack):
    stack.policies = (Judge(mandatory=True),)
    outcome = stack.up(lambda: thing("bad"))
    assert (did(outcome), outcome.errors) == ([], (f"{THING} 'bad': a mandatory policy forbids it: no-bad",))
    assert stack.cloud.things == {}
    preview = stack.preview(lambda: thing("bad"))
    assert (did(preview), preview.errors, preview.ok) == (["create bad"], (), False)
    assert stack.up(lambda: thing("good")).ok


def test_an_advisory_policy_is_told_and_blocks_nothing(stack):
    stack.policies = (Judge(mandatory=False),)
    outcome = stack.up(lambda: thing("bad"))
    assert outcome.ok and did(outcome) == ["create bad"]
    assert [v.policy for v in outcome.violations] == ["no-bad"]


def test_a_policy_may_judge_the_stack_as_a_whole(stack):
    stack.policies = (Judge(mandatory=True),)
    assert not stack.preview(lambda: [thing(n) for n in "abc"]).ok
    assert stack.preview(lambda: [thing(n) for n in "ab"]).ok


# The program's own mistakes, and ours


def test_an_error_of_the_program_is_told_with_its_place(stack):
    def program():
        raise ValueError("no such colour")

    (error,) = stack.up(program).errors
    assert error.startswith("the program failed: ValueError: no such colour (")
    assert "test_deploy_engine.py:" in error


def test_a_program_that_ends_itself_is_told(stack):
    assert stack.up(lambda: exit(3)).errors == ("the program ended itself with exit code 3",)


def test_an_error_that_is_not_the_cloud_s_is_raised(stack, monkeypatch):
    monkeypatch.setattr("memory_cloud.Thing.create", lambda self, target: {}["bug"])
    with pytest.raises(KeyError, match="bug"):
        stack.up(lambda: thing("a"))


def test_one_name_is_registered_once(stack):
    (error,) = stack.up(lambda: (thing("a"), thing("a"))).errors
    assert error == f"{THING} 'a': the program registers two resources of this type and name"


def test_what_the_program_logs_is_kept(stack):
    assert stack.up(lambda: pulumi.log.warn("careful")).messages == (("warning", "careful"),)


def test_many_registrations_at_once_lose_nothing(stack):
    outcome = stack.up(lambda: [thing(f"t{n}") for n in range(60)])
    assert len(outcome.steps) == len(stack.cloud.things) == 60
    assert len(json.loads(stack.state.read_text())["resources"]) == 60
    assert not stack.up(lambda: [thing(f"t{n}") for n in range(60)]).changed
