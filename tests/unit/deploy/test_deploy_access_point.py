"""Multi-Region Access Points: what is asynchronous in AWS is waited for, against a control plane that takes its time."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from integrations_sandbox.deploy.handler import Target
from integrations_sandbox.deploy.handlers import aws
from integrations_sandbox.deploy.handlers.s3control import AccessPoint, AccessPointPolicy
from integrations_sandbox.deploy.records import StepError

INPUTS = {"details": {"name": "p", "regions": [{"bucket": "b"}, {"bucket": "a"}]}}


class Control:
    """S3 Control, in which every operation takes `rounds` questions to end, with `status`."""

    def __init__(self, rounds: int = 2, status: str = "SUCCEEDED") -> None:
        self.rounds, self.status = rounds, status
        self.asked = 0
        self.point: dict[str, Any] | None = None
        self.lingers = 0

    def create_multi_region_access_point(self, AccountId, ClientToken, Details):  # noqa: N803
        if self.status == "SUCCEEDED":
            self.point = {**Details, "Alias": "x.mrap", "Status": "READY"}
        return {"RequestTokenARN": "token"}

    def delete_multi_region_access_point(self, AccountId, ClientToken, Details):  # noqa: N803
        return {"RequestTokenARN": "token"}

    def put_multi_region_access_point_policy(self, AccountId, ClientToken, Details):  # noqa: N803
        self.policy = Details["Policy"]
        return {"RequestTokenARN": "token"}

    def get_multi_region_access_point_policy(self, AccountId, Name):  # noqa: N803
        return {"Policy": {"Established": {"Policy": self.policy}}}

    def describe_multi_region_access_point_operation(self, AccountId, RequestTokenARN):  # noqa: N803
        self.asked += 1
        if self.asked < self.rounds:
            return {"AsyncOperation": {"RequestStatus": "INPROGRESS"}}
        details = {"ErrorDetails": {"Code": "NoSuchBucket", "Message": "b is missing"}}
        return {"AsyncOperation": {"RequestStatus": self.status, "ResponseDetails": details}}

    def get_multi_region_access_point(self, AccountId, Name):  # noqa: N803
        if self.lingers:
            self.lingers -= 1
            if not self.lingers:
                self.point = None
        if self.point is None:
            raise ClientError({"Error": {"Code": "NoSuchMultiRegionAccessPoint"}}, "GetMultiRegionAccessPoint")
        return {"AccessPoint": self.point}


class Cloud:
    account = "222222222222"

    def __init__(self, control: Control) -> None:
        self.control = control

    def client(self, service: str, region: str) -> Control:
        assert (service, region) == ("s3control", "us-west-2")
        return self.control


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(aws, "PAUSE_SECONDS", (0.001, 0.001))


def target(control, inputs=INPUTS, limit=5.0):
    return Target(Cloud(control), inputs, "222222222222:p", {}, limit)


def test_a_creation_is_waited_for():
    control = Control(rounds=3)
    new_id, outputs = AccessPoint().create(target(control))
    assert control.asked == 3
    assert (new_id, outputs["arn"]) == ("222222222222:p", "arn:aws:s3::222222222222:accesspoint/x.mrap")


@pytest.mark.parametrize("status", ["FAILED", "PARTIALLY_FAILED"])
def test_a_creation_that_failed_is_a_failure_in_aws_s_words(status):
    with pytest.raises(StepError, match=r"b is missing \(NoSuchBucket\)"):
        AccessPoint().create(target(Control(status=status)))


def test_a_creation_that_takes_too_long_is_a_failure():
    with pytest.raises(StepError, match=r"took longer than 0\.01 seconds"):
        AccessPoint().create(target(Control(rounds=10**6), limit=0.01))


def test_a_deletion_is_waited_for_until_the_point_is_gone():
    control = Control()
    AccessPoint().create(target(control))
    control.lingers = 4
    AccessPoint().delete(target(control))
    assert control.point is None


def test_a_deletion_that_failed_is_a_failure():
    control = Control()
    AccessPoint().create(target(control))
    control.asked, control.status = 0, "FAILED"
    with pytest.raises(StepError, match="NoSuchBucket"):
        AccessPoint().delete(target(control))


def test_a_point_that_is_gone_already_is_deleted():
    AccessPoint().delete(target(Control()))


def test_a_point_that_is_being_deleted_is_waited_for_and_then_gone():
    control = Control()
    AccessPoint().create(target(control))
    control.point["Status"], control.lingers = "DELETING", 3
    assert AccessPoint().read(target(control)) is None


def test_a_point_that_ends_up_in_another_state_is_not_called_made():
    control = Control()
    AccessPoint().create(target(control))
    control.point["Status"] = "PARTIALLY_CREATED"
    with pytest.raises(StepError, match="is PARTIALLY_CREATED and not READY"):
        AccessPoint().update(target(control))


def test_the_order_of_the_buckets_means_nothing_and_the_buckets_do():
    control = Control()
    AccessPoint().create(target(control))
    seen = AccessPoint().read(target(control))
    assert seen is not None
    assert seen.inputs == AccessPoint().desired(target(control))
    other = {"details": {"name": "p", "regions": [{"bucket": "b"}]}}
    assert seen.inputs != AccessPoint().desired(target(control, other))


def test_a_policy_is_waited_for_and_its_failure_told():
    inputs = {"details": {"name": "p", "policy": "{}"}}
    control = Control(rounds=3)
    assert AccessPointPolicy().create(target(control, inputs))[1]["established"] == "{}"
    assert control.asked == 3
    with pytest.raises(StepError, match="b is missing"):
        AccessPointPolicy().update(target(Control(status="FAILED"), inputs))


def test_a_policy_is_replaced_only_with_its_point():
    handler, old = AccessPointPolicy(), {"details": {"name": "p", "policy": "{}"}}
    other = {"details": {"name": "p", "policy": "[]"}}
    assert handler.replacing(target(Control(), other), old, {"details"}) == set()
    renamed = {"details": {"name": "q", "policy": "{}"}}
    assert handler.replacing(target(Control(), renamed), old, {"details"}) == {"details"}
