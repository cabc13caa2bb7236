"""Resources as a policy sees them, and what the rules say about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, unknown_checking_proxy

from integrations.environment.azure import (
    AzureAccount,
    AzureContainer,
    AzureEncord,
    AzureIntegration,
    AzureResourceGroup,
)
from integrations.environment.gcp import GcpBucket, GcpEncord, GcpIntegration
from integrations.environment.model import (
    AwsBucket,
    AwsChecker,
    AwsEncord,
    AwsIntegration,
    Checkers,
    MultiRegionAccessPoint,
    Settings,
)
from integrations.environment.s3_compatible import OtcEncord, OtcIntegration, S3CompatibleBucket
from rules import RULES

UNKNOWN = UNKNOWN_STRING_VALUE
ACCOUNT, OTHER = "123456789012", "210987654321"
ENCORD = "arn:aws:iam::111122223333:root"
BY_ID = {rule.id: rule for rule in RULES}
EU = AwsBucket(name="acme-eu", region="eu-west-2", ownership="create")
US = AwsBucket(name="acme-us", region="us-east-1", ownership="create")
IMAGES = AwsIntegration(
    name="images", account=ACCOUNT, role="encord-images", buckets=(EU, US),
    multi_region_access_point=MultiRegionAccessPoint(name="acme"),
    encord=AwsEncord(principal=ENCORD, external_id="id-1"),
)  # fmt: skip
SEQUENCES = replace(IMAGES, image_sequences=True, write_prefix="w/")


OBS_USER = f"domain/{'0' * 32}:user/encord"
MEDIA = OtcIntegration(
    name="media", region="eu-de", buckets=(S3CompatibleBucket(name="acme-media", ownership="create"),),
    encord=OtcEncord(principal=OBS_USER),
)  # fmt: skip


SCANS = GcpIntegration(
    name="scans", project="acme-media-1", buckets=(GcpBucket(name="acme-scans", location="EU", ownership="create"),),
    encord=GcpEncord(service_account="encord@example.iam.gserviceaccount.com"),
)  # fmt: skip


SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
VIDEOS = AzureIntegration(
    name="videos", tenant=SUBSCRIPTION, subscription=SUBSCRIPTION,
    resource_group=AzureResourceGroup(name="acme", ownership="create"),
    account=AzureAccount(name="acme", location="westeurope", ownership="create"),
    containers=(AzureContainer(name="acme-videos", ownership="create"),),
    encord=AzureEncord(object_id=f"{SUBSCRIPTION[:-1]}2"),
)  # fmt: skip


def settings(*integrations: Any, **changes: Any) -> Settings:
    """An environment with these integrations, and a checker."""
    checker = AwsChecker(account=ACCOUNT, role="checker", principal=f"arn:aws:iam::{ACCOUNT}:user/ci")
    named = {one.name: one for one in integrations}
    base = Settings(integrations={}, cors_origins=("https://app.encord.com",), checkers=Checkers(aws=(checker,)))
    return replace(base, integrations=named, **changes)


@dataclass
class Thing:
    """A resource: its type, its properties, and whether it is protected."""

    type: str
    props: dict[str, Any] = field(default_factory=dict)
    protect: bool = False
    name: str = "it"

    @property
    def options(self) -> PolicyResourceOptions:
        return PolicyResourceOptions(self.protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::p::{self.type}::{self.name}"


def resource_args(thing: Thing) -> ResourceValidationArgs:
    """What the pack hands to a policy of one resource."""
    props = unknown_checking_proxy(thing.props)
    return ResourceValidationArgs(thing.type, props, thing.urn, thing.name, thing.options, None)


def stack_args(things: list[Thing]) -> StackValidationArgs:
    """What the pack hands to a policy of the whole stack."""
    return StackValidationArgs(
        [
            PolicyResource(t.type, unknown_checking_proxy(t.props), t.urn, t.name, t.options, None, None, [], {})
            for t in things
        ]
    )


def violations(rule: str, things: list[Thing], environment: Settings) -> list[str]:
    """What one rule reports, through the policy that the pack has for it. Raises what the policy raises."""
    policy: Any = BY_ID[rule].policy(lambda: environment)
    said: list[str] = []

    def report(message: str, _urn: str | None = None) -> None:
        said.append(message)

    if BY_ID[rule].judge_stack:
        policy.validate(stack_args(things), report)
    else:
        for thing in things:
            policy.validate(resource_args(thing), report)
    return said
