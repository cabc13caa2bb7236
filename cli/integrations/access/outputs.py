"""What a stack exports about an integration, as far as the environment file says it; and how two of these differ.

The program exports it, with what only the cloud knows beside it; `integrations check` holds the exported against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from integrations.access import aws, azure, s3_compatible
from integrations.environment.azure import AzureIntegration
from integrations.environment.model import (
    AwsIntegration,
    GcpIntegration,
    Integration,
    OtcIntegration,
    S3Integration,
    Settings,
)

# What only AWS knows stands under this key.
ACCESS_POINT = "multiRegionAccessPoint"


def outputs(integration: Integration, settings: Settings) -> dict[str, Any]:
    """The names and ids that a check or a person needs; no secret among them."""
    match integration:
        case AwsIntegration():
            return _of_aws(integration, settings)
        case GcpIntegration():
            return {
                "cloud": "gcp",
                "project": integration.project,
                "serviceAccount": integration.encord.service_account,
                "granted": not integration.awaiting_encord,
                "buckets": {bucket.name: {"location": bucket.location} for bucket in integration.buckets},
            }
        case AzureIntegration():
            return _of_azure(integration, settings)
        case OtcIntegration() | S3Integration():
            return {
                "cloud": integration.cloud,
                "endpoint": integration.store.endpoint,
                "region": integration.store.region,
                "granted": list(s3_compatible.granted(integration)),
                "buckets": {one.name: {"arn": s3_compatible.bucket_arn(one)} for one in integration.buckets},
            }


def _of_aws(integration: AwsIntegration, settings: Settings) -> dict[str, Any]:
    checker = settings.aws_checker(integration.account)
    return {
        "cloud": "aws",
        "roleArn": aws.role_arn(integration),
        "roleExists": not integration.awaiting_encord,
        "checkerRoleArn": checker and aws.checker_arn(checker),
        "buckets": {one.name: {"region": one.region, "arn": aws.bucket_arn(one)} for one in integration.buckets},
    }


def _of_azure(integration: AzureIntegration, settings: Settings) -> dict[str, Any]:
    checker = settings.azure_checker(integration.tenant)
    return {
        "cloud": "azure",
        "account": integration.account.name,
        "accountId": azure.account_id(integration),
        "granted": sorted({grant.principal for grant in azure.grants(integration, checker)}),
        "checker": checker and checker.object_id,
        "buckets": {one.name: {"id": azure.container_id(integration, one)} for one in integration.containers},
    }


def differences(exported: dict[str, Any], integration: Integration, settings: Settings) -> list[str]:
    """How what a stack exported differs from what the environment file says now, a sentence each."""
    have, wanted = dict(_flat(exported)), dict(_flat(outputs(integration, settings)))
    told = [
        f"{path} is {have.get(path, 'missing')} there and {wanted.get(path, 'missing')} in the file"
        for path in {**wanted, **have}
        if not path.startswith(f"{ACCESS_POINT}.") and have.get(path) != wanted.get(path)
    ]
    point = isinstance(integration, AwsIntegration) and integration.multi_region_access_point is not None
    if (ACCESS_POINT in exported) is not point:
        told.append(
            f"an access point is {'missing there' if point else 'there'} and {'' if point else 'not '}in the file"
        )
    return told


def _flat(values: dict[str, Any], before: str = "") -> Iterator[tuple[str, object]]:
    """Every value with the names that lead to it."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
