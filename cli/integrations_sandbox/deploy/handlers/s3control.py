"""Multi-Region Access Points. Their calls only start an operation: it is waited for, and its failure is the step's.

All their control calls go to one region:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRestrictions.html
"""

from __future__ import annotations

import uuid
from typing import Any

from integrations_sandbox.deploy.handler import Handler, Target
from integrations_sandbox.deploy.handlers.aws import AwsHandler, unless, wait_until
from integrations_sandbox.deploy.plan import Seen
from integrations_sandbox.deploy.records import StepError
from integrations_sandbox.deploy.wire import Props

HOME_REGION = "us-west-2"
NO_POINT = "NoSuchMultiRegionAccessPoint"
NO_POLICY = "NoSuchMultiRegionAccessPointPolicy"
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_MultiRegionAccessPointReport.html
ON_THE_WAY = ("CREATING", "DELETING")
BLOCKS = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


class Point:
    """One access point as the calls name it, from an id `account:name`."""

    def __init__(self, target: Target) -> None:
        self.account, self.name = target.id.split(":", 1)
        self._control = target.cloud.client("s3control", HOME_REGION)
        self._limit = target.limit

    def begin(self, call: str, **details: Any) -> None:
        """Start an operation and wait for its end. Raises StepError with AWS's words if it failed."""
        started = getattr(self._control, call)(
            AccountId=self.account, ClientToken=uuid.uuid4().hex, Details={"Name": self.name, **details}
        )
        operation: Props = {}

        def ended() -> bool:
            operation.update(
                self._control.describe_multi_region_access_point_operation(
                    AccountId=self.account, RequestTokenARN=started["RequestTokenARN"]
                )["AsyncOperation"]
            )
            return operation.get("RequestStatus") in ("SUCCEEDED", "FAILED", "PARTIALLY_FAILED")

        wait_until(ended, self._limit, f"{call} of {self.name}")
        if operation["RequestStatus"] != "SUCCEEDED":
            said = operation.get("ResponseDetails", {}).get("ErrorDetails", {})
            raise StepError(
                f"{operation.get('Operation', call)}: {said.get('Message', 'no reason given')}"
                f" ({said.get('Code', operation['RequestStatus'])})"
            )

    def report(self) -> Props | None:
        """What AWS says of the point; None if there is none."""
        with unless(NO_POINT):
            got = self._control.get_multi_region_access_point(AccountId=self.account, Name=self.name)
            return dict(got["AccessPoint"])
        return None

    def settled(self) -> Props | None:
        """The same once it is neither being made nor being deleted."""
        found: list[Props | None] = []

        def still() -> bool:
            found[:] = [self.report()]
            return found[0] is None or found[0].get("Status") not in ON_THE_WAY

        wait_until(still, self._limit, f"the access point {self.name}")
        return found[0]

    def policy(self) -> str | None:
        """The policy in force; None if there is none, or no point."""
        with unless(NO_POINT, NO_POLICY):
            got = self._control.get_multi_region_access_point_policy(AccountId=self.account, Name=self.name)
            return (got.get("Policy", {}).get("Established") or {}).get("Policy") or None
        return None


class AccessPoint(AwsHandler):
    """aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint. The id is `account:name`, as pulumi-aws has it."""

    understands = frozenset({"details", "accountId", "region"})
    required = frozenset({"details"})
    replace_on = frozenset({"details", "accountId"})
    exclusive = True
    loss = "its alias, and every registered URL that names it"

    def identify(self, target: Target) -> str:
        return f"{target.inputs.get('accountId') or target.cloud.account}:{target.inputs['details']['name']}"

    def desired(self, target: Target) -> Props:
        details = target.inputs.get("details", {})
        blocks = details.get("publicAccessBlock") or {}
        return {
            "details": {
                "name": details.get("name"),
                # pulumi-aws, as AWS, blocks what it is not told.
                "publicAccessBlock": {block: blocks.get(block, True) for block in BLOCKS},
                "regions": sorted(region["bucket"] for region in details.get("regions", [])),
            }
        }

    def read(self, target: Target) -> Seen | None:
        point = Point(target)
        found = point.settled()
        if found is None:
            return None
        alias, blocks = found["Alias"], found.get("PublicAccessBlock") or {}
        details = {
            "name": found["Name"],
            "publicAccessBlock": {ours: blocks.get(theirs, True) for ours, theirs in BLOCKS.items()},
            "regions": sorted(region["Bucket"] for region in found["Regions"]),
        }
        outputs = {
            "accountId": point.account,
            "alias": alias,
            "arn": f"arn:aws:s3::{point.account}:accesspoint/{alias}",
            "domainName": f"{alias}.accesspoint.s3-global.amazonaws.com",
            "status": found["Status"],
        }
        return Seen({"details": details}, outputs)

    def create(self, target: Target) -> tuple[str, Props]:
        details = target.inputs["details"]
        names = {"bucket": "Bucket", "bucketAccountId": "BucketAccountId"}
        blocks = self.desired(target)["details"]["publicAccessBlock"]
        Point(target).begin(
            "create_multi_region_access_point",
            PublicAccessBlock={BLOCKS[block]: value for block, value in blocks.items()},
            Regions=[{names.get(key, key): value for key, value in region.items()} for region in details["regions"]],
        )
        return target.id, self._ready(target)

    def update(self, target: Target) -> Props:
        """Nothing of a point can change; an interrupted creation may have to be waited for."""
        return self._ready(target)

    def _ready(self, target: Target) -> Props:
        outputs = self.seen(target).outputs
        if outputs["status"] != "READY":
            raise StepError(f"the access point {target.id} is {outputs['status']} and not READY")
        return outputs

    def delete(self, target: Target) -> None:
        point = Point(target)
        if point.settled() is None:
            return
        point.begin("delete_multi_region_access_point")
        wait_until(lambda: point.report() is None, target.limit, f"deleting the access point {point.name}")


class AccessPointPolicy(AwsHandler):
    """aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy. The id is the point's."""

    understands = frozenset({"details", "accountId", "region"})
    required = frozenset({"details"})
    replace_on = frozenset({"accountId"})

    def identify(self, target: Target) -> str:
        return f"{target.inputs.get('accountId') or target.cloud.account}:{target.inputs['details']['name']}"

    def desired(self, target: Target) -> Props:
        return {"details": target.inputs.get("details", {})}

    def replacing(self, target: Target, old: Props, changed: set[str]) -> set[str]:
        renamed = old.get("details", {}).get("name") != target.inputs["details"]["name"]
        return super().replacing(target, old, changed) | ({"details"} & changed if renamed else set())

    def read(self, target: Target) -> Seen | None:
        point = Point(target)
        policy = point.policy()
        if policy is None:
            return None
        return Seen({"details": {"name": point.name, "policy": policy}}, {"established": policy, "proposed": policy})

    def create(self, target: Target) -> tuple[str, Props]:
        return target.id, self.update(target)

    def update(self, target: Target) -> Props:
        Point(target).begin("put_multi_region_access_point_policy", Policy=target.inputs["details"]["policy"])
        return self.seen(target).outputs

    def delete(self, target: Target) -> None:
        """AWS has no call for it: a policy goes with its point."""


HANDLERS: dict[str, Handler] = {
    "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint": AccessPoint(),
    "aws:s3control/multiRegionAccessPointPolicy:MultiRegionAccessPointPolicy": AccessPointPolicy(),
}
