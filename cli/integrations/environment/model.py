"""A typed environment: what `Pulumi.<environment>.yaml` says, field by field.

This package is the one description of the configuration; a module of its own describes the
integrations of each cloud. `Pulumi.yaml` declares the same keys to the Pulumi CLI and is
held to this by a test. Keys are camelCase in the file and snake_case here.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from integrations.environment import aws, azure, gcp, s3_compatible, suppressions
from integrations.environment.aws import (
    AwsBucket,
    AwsChecker,
    AwsEncord,
    AwsIntegration,
    MultiRegionAccessPoint,
    OidcTrust,
)
from integrations.environment.azure import (
    AzureAccount,
    AzureChecker,
    AzureContainer,
    AzureEncord,
    AzureIntegration,
    AzureResourceGroup,
)
from integrations.environment.base import PROJECT, Record, require_origin, require_unique
from integrations.environment.gcp import GcpBucket, GcpChecker, GcpEncord, GcpIntegration
from integrations.environment.s3_compatible import OtcChecker, OtcIntegration, S3Checker, S3Integration
from integrations.environment.suppressions import Suppression

__all__ = [
    "PATTERNS", "PROJECT", "AwsBucket", "AwsChecker", "AwsEncord", "AwsIntegration", "AzureAccount",
    "AzureChecker", "AzureContainer", "AzureEncord", "AzureIntegration", "AzureResourceGroup", "Checkers", "Encord",
    "Environment", "GcpBucket", "GcpChecker", "GcpEncord", "GcpIntegration", "Integration", "MultiRegionAccessPoint", "OidcTrust",
    "OtcChecker", "OtcIntegration", "S3Checker", "S3Integration", "Settings", "Suppression",
]  # fmt: skip

# A union by their `cloud` field.
Integration = AwsIntegration | AzureIntegration | GcpIntegration | OtcIntegration | S3Integration
# What a pattern means, in the words of an error message.
PATTERNS = {**aws.PATTERNS, **azure.PATTERNS, **gcp.PATTERNS, **s3_compatible.PATTERNS, **suppressions.PATTERNS}


class Checkers(Record, frozen=True):
    """The checkers of an environment: on AWS one for each account, on Azure for each tenant, on other S3-compatible
    stores for each endpoint.

    aws: those on AWS. azure: those on Azure. gcp: the one on Google Cloud. otc: the one on Open Telekom Cloud.
    s3: those on other stores.
    """

    aws: tuple[AwsChecker, ...] = ()
    azure: tuple[AzureChecker, ...] = ()
    gcp: GcpChecker | None = None
    otc: OtcChecker | None = None
    s3: tuple[S3Checker, ...] = ()

    def __post_init__(self) -> None:
        require_unique([checker.account for checker in self.aws], "the account of a checker")
        require_unique([checker.tenant for checker in self.azure], "the tenant of a checker")
        require_unique([checker.endpoint for checker in self.s3], "the endpoint of a checker")


class Encord(Record, frozen=True):
    """The connection to Encord. domain: https://api.encord.com or https://api.us.encord.com."""

    domain: str = "https://api.encord.com"

    def __post_init__(self) -> None:
        require_origin(self.domain, "the Encord domain")


class Settings(Record, frozen=True):
    """Everything under `config:` that is ours.

    integrations: each integration, by a name of yours. corsOrigins: the origins of the web applications that show
    the objects, each in full. encord: the connection to Encord. checkers: whom `integrations check` runs as.
    suppressions: findings of `integrations check` that do not count for a while. disposable: a throw-away environment,
    whose buckets are emptied and deleted with it; allowed only for an environment called `sandbox` or `sandbox-…`.
    """

    integrations: dict[str, Integration]
    cors_origins: Annotated[tuple[str, ...], Meta(min_length=1)]
    encord: Encord = field(default_factory=Encord)
    checkers: Checkers = field(default_factory=Checkers)
    suppressions: tuple[Suppression, ...] = ()
    disposable: bool = False

    def aws_checker(self, account: str) -> AwsChecker | None:
        """The checker of an AWS account, if there is one."""
        return next((checker for checker in self.checkers.aws if checker.account == account), None)

    def azure_checker(self, tenant: str) -> AzureChecker | None:
        """The checker of an Azure tenant, if there is one."""
        return next((checker for checker in self.checkers.azure if checker.tenant == tenant), None)

    def __post_init__(self) -> None:
        for origin in self.cors_origins:
            if "*" in origin:
                raise ValueError(f"CORS origin {origin!r}: name each origin, a wildcard lets any site read the buckets")
            require_origin(origin, "CORS origin")


class Environment(Struct, frozen=True):
    """One environment: its name, its settings, and the file they came from."""

    name: str
    settings: Settings
    path: str

    @property
    def integrations(self) -> tuple[Integration, ...]:
        return tuple(self.settings.integrations.values())
