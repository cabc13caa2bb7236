"""What a stack exports, held against the file it was made from: the same says nothing, and each difference is named."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from integrations.access.outputs import ACCESS_POINT, differences, outputs
from integrations.environment.load import load_environment

ROOT = Path(__file__).parents[3]
SETTINGS = load_environment("sandbox", ROOT).settings
EVERY = tuple(SETTINGS.integrations.values())


def exported(integration):
    """As the stack exports it: with what only the cloud knows."""
    point = {ACCESS_POINT: {"arn": "arn", "alias": "a.mrap"}} if integration.name == "global" else {}
    return {**copy.deepcopy(outputs(integration, SETTINGS)), **point}


@pytest.mark.parametrize("integration", EVERY, ids=lambda one: one.name)
def test_what_was_just_deployed_does_not_differ(integration):
    assert differences(exported(integration), integration, SETTINGS) == []


@pytest.mark.parametrize("integration", EVERY, ids=lambda one: one.name)
def test_each_value_that_differs_is_named_with_both(integration):
    for name, value in outputs(integration, SETTINGS).items():
        if not isinstance(value, dict):
            other = {**exported(integration), name: "another"}
            assert differences(other, integration, SETTINGS) == [f"{name} is another there and {value} in the file"]


@pytest.mark.parametrize("integration", EVERY, ids=lambda one: one.name)
def test_a_bucket_that_is_missing_or_more_is_named(integration):
    have = exported(integration)
    name, value = next(iter(have["buckets"].items()))
    have["buckets"] = {**{k: v for k, v in have["buckets"].items() if k != name}, "old": value}
    told = differences(have, integration, SETTINGS)
    assert any(one.startswith(f"buckets.{name}.") and "missing there" in one for one in told)
    assert any(one.startswith("buckets.old.") and "missing in the file" in one for one in told)


def test_an_access_point_on_one_side_only_is_told():
    behind, plain = (SETTINGS.integrations[name] for name in ("global", "media"))
    assert differences(outputs(behind, SETTINGS), behind, SETTINGS) == [
        "an access point is missing there and in the file"
    ]
    more = {**exported(plain), ACCESS_POINT: {"alias": "a.mrap"}}
    assert differences(more, plain, SETTINGS) == ["an access point is there and not in the file"]
