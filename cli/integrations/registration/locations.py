"""Where an integration reads from, for the rule that every object must be there."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.environment.model import (
    AwsIntegration,
    AzureIntegration,
    GcpIntegration,
    Integration,
    OtcIntegration,
    S3Integration,
)
from integrations.registration.object_url import Cloud, azure_url, gcs_url, otc_url, s3_compatible_url, s3_url
from integrations.registration.url_rules import Location


def locations(integrations: Iterable[Integration]) -> tuple[Location, ...]:
    """The buckets, prefixes and access points of some integrations.

    An access point's alias is not in the environment file, because AWS invents it: any alias
    of the integration's account is taken.
    """
    return tuple(location for integration in integrations for location in _places(integration))


def s3_endpoints(integrations: Iterable[Integration]) -> tuple[str, ...]:
    """The hosts of S3-compatible stores that some integrations name: without them, their URLs say no bucket."""
    return tuple(dict.fromkeys(one.store.host for one in integrations if isinstance(one, S3Integration)))


def first_url(integration: Integration, key: str) -> str:
    """The URL of an object in the integration's first bucket; of the folder of all of them for an empty key."""
    match integration:
        case AwsIntegration():
            return s3_url(integration.buckets[0].name, integration.buckets[0].region, key)
        case AzureIntegration():
            return azure_url(integration.account.name, integration.containers[0].name, key)
        case GcpIntegration():
            return gcs_url(integration.buckets[0].name, key)
        case OtcIntegration():
            return otc_url(integration.buckets[0].name, integration.region, key)
        case S3Integration():
            return s3_compatible_url(integration.store.host, integration.buckets[0].name, key)


def _places(integration: Integration) -> list[Location]:
    if isinstance(integration, OtcIntegration | S3Integration):
        cloud: Cloud = "otc" if isinstance(integration, OtcIntegration) else "other"
        region = integration.region if isinstance(integration, OtcIntegration) else None
        return [Location(cloud, one.name, region, prefixes=integration.prefixes) for one in integration.buckets]
    if isinstance(integration, AzureIntegration):
        return [Location("azure", one.name, account=integration.account.name) for one in integration.containers]
    if isinstance(integration, GcpIntegration):
        return [Location("gcp", one.name, prefixes=integration.prefixes) for one in integration.buckets]
    places = [
        Location("aws", bucket.name, bucket.region, prefixes=integration.prefixes) for bucket in integration.buckets
    ]
    if integration.multi_region_access_point:
        places.append(Location("aws", None, account=integration.account, prefixes=integration.prefixes))
    return places
