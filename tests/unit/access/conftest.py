"""Integrations to state the access of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from integrations.environment.model import (
    AwsBucket,
    AwsChecker,
    AwsEncord,
    AwsIntegration,
    MultiRegionAccessPoint,
    Settings,
)

ACCOUNT, OTHER = "123456789012", "210987654321"
ENCORD = AwsEncord(title="images", principal="arn:aws:iam::111122223333:root", external_id="id-1")
EU = AwsBucket(name="acme-eu", region="eu-west-2", ownership="create")
US = AwsBucket(name="acme-us", region="us-east-1", ownership="create")


@pytest.fixture
def integration() -> Callable[..., AwsIntegration]:
    """An integration with Encord's values and one bucket; `changes` are fields of the model."""

    def make(**changes: Any) -> AwsIntegration:
        base = AwsIntegration(name="images", account=ACCOUNT, role="encord-images", buckets=(EU,), encord=ENCORD)
        return replace(base, **changes)

    return make


@pytest.fixture
def two_regions(integration: Callable[..., AwsIntegration]) -> Callable[..., AwsIntegration]:
    """The same behind a Multi-Region Access Point."""

    def make(**changes: Any) -> AwsIntegration:
        point = MultiRegionAccessPoint(name="acme")
        return integration(**{"buckets": (EU, US), "multi_region_access_point": point, **changes})

    return make


@pytest.fixture
def checker() -> AwsChecker:
    return AwsChecker(account=ACCOUNT, role="checker", principal=f"arn:aws:iam::{ACCOUNT}:user/ci")


@pytest.fixture
def settings() -> Callable[..., Settings]:
    """Settings with these integrations."""

    def make(*integrations: AwsIntegration, **changes: Any) -> Settings:
        named = {one.name: one for one in integrations}
        return replace(Settings(integrations=named, cors_origins=("https://app.encord.com",)), **changes)

    return make
