"""Where an integration on OBS or another S3-compatible store reads from, and how its objects are named."""

from __future__ import annotations

import pytest

from integrations.environment.s3_compatible import OtcIntegration, S3CompatibleBucket, S3Integration
from integrations.registration.locations import first_url, locations, s3_endpoints
from integrations.registration.object_url import parse_object_url

BUCKET = S3CompatibleBucket(name="acme", ownership="create")
OTC = OtcIntegration(name="scans", region="eu-de", buckets=(BUCKET,), prefixes=("a/",))
STORE = S3Integration(name="store", endpoint="https://s3.store.example", buckets=(BUCKET,))


@pytest.mark.parametrize(
    ("integration", "url"),
    [
        (OTC, "https://acme.obs.eu-de.otc.t-systems.com/a/b%20c.png"),
        (STORE, "https://s3.store.example/acme/a/b%20c.png"),
    ],
)
def test_an_objects_url_leads_back_to_its_bucket(integration, url):
    assert first_url(integration, "a/b c.png") == url
    (place,) = locations([integration])
    assert place.holds(parse_object_url(url, s3_endpoints=s3_endpoints([integration])))


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.obs.eu-nl.otc.t-systems.com/a/b.png",
        "https://other.obs.eu-de.otc.t-systems.com/a/b.png",
        "https://acme.obs.eu-de.otc.t-systems.com/c/b.png",
        "https://acme.s3.eu-west-2.amazonaws.com/a/b.png",
    ],
)
def test_another_region_bucket_prefix_or_cloud_is_not_the_integrations(url):
    (place,) = locations([OTC])
    assert not place.holds(parse_object_url(url))


def test_only_stores_that_no_rule_knows_have_to_be_named():
    assert s3_endpoints([OTC, STORE, STORE]) == ("s3.store.example",)
