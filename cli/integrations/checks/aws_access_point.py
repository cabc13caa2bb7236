"""AWS: the Multi-Region Access Point, from its control plane and through its ARN."""

from __future__ import annotations

from typing import Any

from integrations.access import aws as access
from integrations.checks.aws_buckets import read_object
from integrations.checks.aws_role import Add
from integrations.checks.aws_sessions import Sessions, code_of
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer, failed, passed, skipped
from integrations.checks.runner import Key
from integrations.environment.model import AwsIntegration, Environment

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRestrictions.html
CONTROL_REGION = "us-west-2"


def add_questions(
    add: Add, sessions: Sessions, integration: AwsIntegration, environment: Environment, assumed: Key
) -> None:
    """Adds the questions about the access point. assumed: the key of the question that assumes the role."""
    point = integration.multi_region_access_point
    assert point is not None  # noqa: S101 - the caller decided
    up = f"pulumi up --stack {environment.name}"
    ready = add(CheckId.ACCESS_POINT_READY, point.name, lambda: _ready(sessions, integration, point.name, up))
    add(CheckId.ACCESS_POINT_READ, point.name, lambda: _read(sessions, integration, point.name), ready, assumed)


def _ready(sessions: Sessions, integration: AwsIntegration, name: str, up: str) -> Answer:
    from botocore.exceptions import ClientError

    try:
        point = _describe(sessions, integration, name)
    except ClientError as error:
        if code_of(error) in {"NoSuchMultiRegionAccessPoint", "404"}:
            return failed("there is no such access point", up)
        raise
    if point["Status"] != "READY":
        return failed(f"its status is {point['Status']}", "wait until it is READY; creating one can take half an hour")
    have, wanted = {r["Bucket"] for r in point["Regions"]}, {b.name for b in integration.buckets}
    if have != wanted:
        fix = "an access point cannot change its buckets: make a new one, and register its URLs anew"
        return failed(f"it stands over {', '.join(sorted(have))}, not over {', '.join(sorted(wanted))}", fix)
    return passed(f"READY over {', '.join(sorted(have))}")


def _read(sessions: Sessions, integration: AwsIntegration, name: str) -> Answer:
    if integration.probe_object is None:
        return skipped("no probeObject is configured", fix="set `probeObject` to the key of an object", unproven=True)
    arn = access.access_point_arn(integration, _describe(sessions, integration, name)["Alias"])
    return read_object(sessions.client("s3", session=sessions.role), arn, integration)


def _describe(sessions: Sessions, integration: AwsIntegration, name: str) -> dict[str, Any]:
    control = sessions.client("s3control", CONTROL_REGION)
    return dict(control.get_multi_region_access_point(AccountId=integration.account, Name=name)["AccessPoint"])
