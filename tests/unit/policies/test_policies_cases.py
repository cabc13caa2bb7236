"""Every rule has, for each cloud that it concerns, resources that break it and resources that keep it."""

from __future__ import annotations

from typing import Any

import cases_buckets  # noqa: F401 - fills CASES, as the next two do
import cases_people  # noqa: F401
import cases_writing  # noqa: F401
import pytest
from court import BY_ID, violations
from things import CASES, Case


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_case(case: Case) -> None:
    said = violations(case.rule, case.things, case.environment)
    if case.said:
        assert any(case.said in message for message in said), said
    else:
        assert said == []


@pytest.mark.parametrize("rule", BY_ID.values(), ids=lambda rule: rule.id)
def test_every_rule_is_broken_and_kept_in_each_cloud_that_it_concerns(rule: Any) -> None:
    for cloud in rule.demands:
        said = [bool(case.said) for case in CASES if (case.rule, case.cloud) == (rule.id, cloud)]
        assert {True, False} <= set(said), cloud
    assert {case.cloud for case in CASES if case.rule == rule.id} == set(rule.demands)
