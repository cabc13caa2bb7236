"""AWS: the Multi-Region Access Point, from its control plane and through its ARN."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from integrations.access import aws as access
from integrations.access import aws_grammar, aws_replication, judge
from integrations.checks import browser
from integrations.checks.aws_bucket import no_probe_object, read_object
from integrations.checks.aws_bucket_policy import named_for
from integrations.checks.aws_sessions import Sessions, code_of
from integrations.checks.catalogue import CheckId
from integrations.checks.records import NO_PROBE_OBJECT, Answer, failed, passed, warned
from integrations.checks.runner import Add, Key
from integrations.environment.model import AwsBucket, AwsIntegration, Environment, MultiRegionAccessPoint

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRestrictions.html
CONTROL_REGION = "us-west-2"
BLOCKS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


def add_questions(
    add: Add,
    sessions: Sessions,
    integration: AwsIntegration,
    environment: Environment,
    assumed: Key,
    preflights: Sequence[Key],
) -> Key:
    """Adds the questions about the access point. Returns the key of the one that it is ready.

    assumed: the key of the question that assumes the role. preflights: those of the buckets' preflights, because a
    point has no CORS rules of its own.
    """
    point = integration.multi_region_access_point
    assert point is not None  # noqa: S101 - the caller decided
    asked = _Point(sessions, integration, environment, point)
    ready = add(CheckId.ACCESS_POINT_READY, point.name, asked.ready)
    add(CheckId.ACCESS_POINT_ROUTES, point.name, asked.routes, ready)
    policy = add(CheckId.ACCESS_POINT_POLICY, point.name, asked.policy, ready)
    add(CheckId.ACCESS_POINT_PRIVATE, point.name, asked.private, ready)
    add(CheckId.ACCESS_POINT_REPLICATION, point.name, asked.replication, ready)
    read = add(CheckId.ACCESS_POINT_READ, point.name, asked.read, ready, policy, assumed)
    origins, fix = environment.settings.cors_origins, "mend the CORS rules of the buckets: a point has none of its own"
    preflight = add(
        CheckId.CORS_PREFLIGHT,
        point.name,
        lambda: browser.ask_preflight(asked.url, origins, fix),
        ready,
        *preflights,
    )

    def signed_get() -> Answer:
        return browser.ask_signed_get(asked.signed_url, origins, fix) if integration.probe_object else no_probe_object()

    add(CheckId.CORS_SIGNED_GET, point.name, signed_get, preflight, *([read] if integration.check_principal else []))
    return ready


class _Point:
    """The questions about one point, which all need the same four things."""

    def __init__(
        self, sessions: Sessions, integration: AwsIntegration, environment: Environment, point: MultiRegionAccessPoint
    ) -> None:
        self.sessions, self.integration, self.point = sessions, integration, point
        self.up = f"pulumi up --stack {environment.name}"

    @property
    def _control(self) -> Any:
        return self.sessions.client("s3control", CONTROL_REGION)

    def _describe(self) -> dict[str, Any]:
        return described(self.sessions, self.integration)

    def _arn(self) -> str:
        return access.access_point_arn(self.integration, self._describe()["Alias"])

    def url(self) -> str:
        """The point's own URL as a browser uses it."""
        return f"https://{self._describe()['Alias']}.accesspoint.s3-global.amazonaws.com/any-object"

    def signed_url(self) -> str:
        """A URL of the probe object through the point, as the role signs it if it was assumed."""
        reader = self.sessions.client("s3", self.integration.buckets[0].region, self.sessions.reader)
        asked = {"Bucket": self._arn(), "Key": self.integration.probe_object}
        return str(reader.generate_presigned_url("get_object", Params=asked, ExpiresIn=60))

    def ready(self) -> Answer:
        from botocore.exceptions import ClientError

        try:
            point = self._describe()
        except ClientError as error:
            if code_of(error) in {"NoSuchMultiRegionAccessPoint", "404"}:
                return failed("there is no such access point", self.up)
            raise
        if point["Status"] != "READY":
            return failed(
                f"its status is {point['Status']}", "wait until it is READY; creating one can take half an hour"
            )
        have = {region["Bucket"]: region.get("Region") for region in point["Regions"]}
        wanted: dict[str, str | None] = {bucket.name: bucket.region for bucket in self.integration.buckets}
        if set(have) != set(wanted):
            fix = "an access point cannot change its buckets: make a new one, and register its URLs anew"
            return failed(f"it stands over {', '.join(sorted(have))}, not over {', '.join(sorted(wanted))}", fix)
        return passed(f"READY over {', '.join(f'{name} ({have[name] or wanted[name]})' for name in sorted(have))}")

    def routes(self) -> Answer:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/MrapFailover.html"""
        got = self._control.get_multi_region_access_point_routes(AccountId=self.integration.account, Mrap=self._arn())
        passive = [route["Bucket"] for route in got["Routes"] if route["TrafficDialPercentage"] == 0]
        if passive:
            fix = (
                "aws s3control submit-multi-region-access-point-routes, with TrafficDialPercentage 100 for each region"
            )
            return warned(f"no request goes to {', '.join(sorted(passive))}", fix)
        return passed(f"requests go to all {len(got['Routes'])} regions")

    def policy(self) -> Answer:
        """A point and its buckets must both let a request in."""
        from botocore.exceptions import ClientError

        try:
            got = self._control.get_multi_region_access_point_policy(
                AccountId=self.integration.account, Name=self.point.name
            )["Policy"]
        except ClientError as error:
            if code_of(error) != "NoSuchMultiRegionAccessPointPolicy":
                raise
            got = {}
        document = json.loads((got.get("Established") or {}).get("Policy") or "{}")
        wrong = aws_grammar.problems(document, aws_grammar.Kind.RESOURCE) if document else []
        if wrong:
            return failed("; ".join(wrong), f"{self.up}, or correct the point's policy")
        role, resource = access.role_arn(self.integration), f"{self._arn()}/object/any-object"
        verdict = judge.judge(document, role, "s3:GetObject", resource, lambda s: named_for(s, role))
        if verdict is judge.Verdict.DENIED:
            return failed("the point's policy refuses the role", f"{self.up}, which sets the policy anew")
        if verdict is judge.Verdict.DEPENDS:
            return warned("a condition decides whether the point lets the role in", "see that it holds for Encord")
        return passed("nothing in it refuses the role")

    def private(self) -> Answer:
        have = self._describe().get("PublicAccessBlock") or {}
        missing = [name for name in BLOCKS if not have.get(name)]
        if missing:
            fix = "these settings cannot be changed: make a new access point, and register its URLs anew"
            return failed(f"not set: {', '.join(missing)}", fix)
        return passed("all four settings block public access")

    def replication(self) -> Answer:
        """Whether what is put into any of the buckets comes to all: a point does not look into the next one."""
        missing = [
            f"{bucket.name} to {other.name}"
            for bucket in self.integration.buckets
            for other in self.integration.buckets
            if other != bucket and access.bucket_arn(other) not in self._targets(bucket)
        ]
        if not missing:
            return passed("each bucket replicates to every other")
        seen = f"no rule from {', '.join(missing)}"
        if aws_replication.is_managed(self.integration):
            return failed(seen, f"{self.up}, which sets the rules both ways")
        return warned(f"{seen}; `replication: external` says that somebody else copies", "ask who copies, and how")

    def _targets(self, bucket: AwsBucket) -> set[str]:
        """Where the bucket replicates to with a rule that is on."""
        from botocore.exceptions import ClientError

        try:
            got = self.sessions.client("s3", bucket.region).get_bucket_replication(Bucket=bucket.name)
        except ClientError as error:
            if code_of(error) == "ReplicationConfigurationNotFoundError":
                return set()
            raise
        rules = got["ReplicationConfiguration"]["Rules"]
        return {rule["Destination"]["Bucket"] for rule in rules if rule["Status"] == "Enabled"}

    def read(self) -> Answer:
        if self.integration.probe_object is None:
            return NO_PROBE_OBJECT
        return read_object(self.sessions.client("s3", credentials=self.sessions.role), self._arn(), self.integration)


def described(sessions: Sessions, integration: AwsIntegration) -> dict[str, Any]:
    """What the control plane says of the integration's point. Raises what AWS raises."""
    point = integration.multi_region_access_point
    assert point is not None  # noqa: S101 - the caller decided
    control = sessions.client("s3control", CONTROL_REGION)
    return dict(control.get_multi_region_access_point(AccountId=integration.account, Name=point.name)["AccessPoint"])
