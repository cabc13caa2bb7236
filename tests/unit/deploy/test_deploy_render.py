"""An outcome as text."""

from __future__ import annotations

from integrations_sandbox.deploy.records import Change, Outcome, Output, Step, Violation
from integrations_sandbox.deploy.render import outcome_lines

URN = "urn:pulumi:t::d::aws:s3/bucket:Bucket::eu"


def step(op, *changes, note=""):
    return Step(op, URN, "aws:s3/bucket:Bucket", "eu", changes, note)


def test_what_changes_is_shown_and_what_stays_is_counted():
    steps = (step("same"), step("update", Change("tags.x", None, "1"), note="was changed outside of this stack"))
    assert list(outcome_lines(Outcome("up", steps))) == [
        " ~ update   Bucket eu  (was changed outside of this stack)",
        "      tags.x: nothing -> 1",
        "up: 1 same, 1 update",
    ]


def test_steps_that_were_shown_already_are_not_shown_again():
    assert list(outcome_lines(Outcome("up", (step("create"),)), steps=False)) == ["up: 1 create"]


def test_violations_errors_messages_and_outputs_follow():
    outcome = Outcome(
        "preview",
        violations=(Violation("no-star", URN, "too open", mandatory=True), Violation("few", "", "too many", mandatory=False)),
        errors=("it broke",),
        messages=(("warning", "careful"),),
        outputs={"b": Output("x"), "a": Output("hush", secret=True), "c": Output(None, known=False)},
    )  # fmt: skip
    assert list(outcome_lines(outcome)) == [
        "warning: careful",
        "policy no-star (mandatory) on eu: too open",
        "policy few (advisory) on the stack: too many",
        "error: it broke",
        "preview: nothing to do",
        "  a: [secret]",
        "  b: x",
        "  c: unknown until it is applied",
    ]


def test_long_values_are_cut():
    lines = list(outcome_lines(Outcome("up", (step("update", Change("p", "x" * 500, "y")),))))
    assert lines[1] == f"      p: {'x' * 99}… -> y"


def test_an_outcome_is_ok_and_unchanged_only_if_it_is():
    assert Outcome("up", (step("same"),)).ok and not Outcome("up", (step("same"),)).changed
    assert Outcome("up", (step("retain"),)).changed
    assert not Outcome("up", errors=("x",)).ok
    assert not Outcome("up", violations=(Violation("p", "", "m", mandatory=True),)).ok
    assert Outcome("up", violations=(Violation("p", "", "m", mandatory=False),)).ok
