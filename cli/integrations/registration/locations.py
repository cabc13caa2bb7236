"""Where an integration reads from, for the rule that every object must be there."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.environment.model import AwsIntegration, Integration
from integrations.errors import ConfigurationError
from integrations.registration.url_rules import Location


def locations(integrations: Iterable[Integration]) -> tuple[Location, ...]:
    """The buckets, prefixes and access points of some integrations.

    An access point's alias is not in the environment file, because AWS invents it: any alias
    of the integration's account is taken.
    """
    return tuple(location for integration in integrations for location in _places(integration))


def _places(integration: Integration) -> list[Location]:
    if not isinstance(integration, AwsIntegration):
        raise ConfigurationError(f"integration {integration.name}: its objects' URLs cannot be told from its settings")
    places = [
        Location("aws", bucket.name, bucket.region, prefixes=integration.prefixes) for bucket in integration.buckets
    ]
    if integration.multi_region_access_point:
        places.append(Location("aws", None, account=integration.account, prefixes=integration.prefixes))
    return places
