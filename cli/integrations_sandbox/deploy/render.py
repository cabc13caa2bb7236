"""An outcome as lines of text. Pure: nothing is printed here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from integrations_sandbox.deploy.records import Op, Outcome, Step

SIGNS: dict[Op, str] = {"create": "+", "same": " ", "update": "~", "replace": "+-", "delete": "-", "retain": "="}
WIDTH = 100  # of a value in a change; the rest is cut


def step_lines(step: Step) -> Iterator[str]:
    """One line for the step, and one for each property that changes."""
    note = f"  ({step.note})" if step.note else ""
    yield f"{SIGNS[step.op]:>2} {step.op:<8} {step.type.rpartition(':')[2]} {step.name}{note}"
    for change in step.changes:
        yield f"      {change.path}: {_short(change.old)} -> {_short(change.new)}"


def outcome_lines(outcome: Outcome, *, steps: bool = True) -> Iterator[str]:
    """The whole outcome; without the steps if they were shown as they were done. What stays the same is only counted."""
    for step in outcome.steps if steps else ():
        if step.op != "same":
            yield from step_lines(step)
    for severity, text in outcome.messages:
        yield f"{severity}: {text}"
    for violation in outcome.violations:
        level = "mandatory" if violation.mandatory else "advisory"
        where = violation.urn.rpartition("::")[2] or "the stack"
        yield f"policy {violation.policy} ({level}) on {where}: {violation.message}"
    for error in outcome.errors:
        yield f"error: {error}"
    counts = Counter(step.op for step in outcome.steps)
    yield f"{outcome.verb}: " + (", ".join(f"{counts[op]} {op}" for op in SIGNS if counts[op]) or "nothing to do")
    for name, output in sorted(outcome.outputs.items()):
        yield f"  {name}: {output.shown}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
