"""What the program registers, for every environment of the project and every cloud, keeps every rule of the pack."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from integrations.environment.load import environment_names, load_environment

# The provider deprecates functions of its own while it is imported.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_gcp")

ROOT = Path(__file__).parents[3]


@pytest.fixture
def rules(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "policies")])
    from kinds import kind_of
    from rules import RULES

    def judge(stack, settings):
        """Every finding, as (rule, resource, message)."""
        resources = [
            SimpleNamespace(
                resource_type=made.type, props=made.inputs, urn=made.name, name=made.name,
                opts=SimpleNamespace(protect=made.protect),
            )
            for made in stack.made
        ]  # fmt: skip
        for rule in RULES:
            mine = [one for one in resources if kind_of(one.resource_type) in rule.kinds]
            if rule.judge_stack:
                yield from [(rule.id, finding.urn, finding.message) for finding in rule.judge_stack(mine, settings)]
            else:
                yield from [(rule.id, one.name, message) for one in mine for message in rule.judge(one, settings)]

    return judge


@pytest.mark.parametrize("name", environment_names(ROOT))
def test_no_environment_of_the_project_breaks_a_rule(example, rules, name):
    assert list(rules(example(name), load_environment(name, ROOT).settings)) == []


def test_the_same_resources_break_rules_of_another_environment(example, rules):
    """Otherwise the test above could not fail."""
    settings = load_environment("prod", ROOT).settings
    broken = {rule for rule, _, _ in rules(example("sandbox"), settings)}
    assert {"data-is-protected", "writing-needs-image-sequences"} <= broken
