"""A bucket's settings: what is given, what is left open, what a change leaves alone."""

from __future__ import annotations

import pytest

from integrations_sandbox.clouds.gcp_buckets import change, fault_of_name, merge, settle
from integrations_sandbox.clouds.gcp_refusals import Refusal

CREATED = "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("location", "kind"),
    [("us", "multi-region"), ("EU", "multi-region"), ("EUR4", "dual-region"), ("europe-west2", "region")],
)
def test_a_location_is_of_a_kind(location, kind):
    made = settle({"location": location}, CREATED)
    assert (made["location"], made["locationType"]) == (location.upper(), kind)


def test_what_nobody_may_choose_is_left_out():
    made = settle({"projectNumber": "1", "etag": "x", "labels": {"a": "1"}}, CREATED)
    assert made["labels"] == {"a": "1"}
    assert not {"projectNumber", "etag"} & made.keys()


def test_a_document_is_laid_over_another():
    old = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merge(old, {"a": {"c": [3]}, "d": None, "e": {"f": None}}) == {"a": {"b": 1, "c": [3]}, "e": {}}
    assert old == {"a": {"b": 1, "c": [1, 2]}, "d": 1}


def test_a_change_leaves_what_it_does_not_name():
    before = settle({"iamConfiguration": {"publicAccessPrevention": "enforced"}, "labels": {"a": "1"}}, CREATED)
    after = change(before, {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}, "name": "other"})
    assert after["iamConfiguration"] == {
        "publicAccessPrevention": "enforced",
        "uniformBucketLevelAccess": {"enabled": True},
    }
    assert after["labels"] == {"a": "1"}
    assert "name" not in after


@pytest.mark.parametrize("seconds", ["0", 0, 604_800, "7776000"])
def test_soft_delete_is_off_or_lasts_a_week_to_three_months(seconds):
    made = settle({"softDeletePolicy": {"retentionDurationSeconds": seconds}}, CREATED)
    assert made["softDeletePolicy"]["retentionDurationSeconds"] == str(seconds)


@pytest.mark.parametrize("seconds", [1, 604_799, 7_776_001, -604_800])
def test_soft_delete_of_another_length_is_refused(seconds):
    with pytest.raises(Refusal, match="Soft delete retention"):
        settle({"softDeletePolicy": {"retentionDurationSeconds": seconds}}, CREATED)


@pytest.mark.parametrize(("name", "right"), [("acme-media", True), ("a.b_c", True), ("Acme", False), (None, False)])
def test_names_of_buckets(name, right):
    assert (fault_of_name(name) is None) is right
