"""Open Telekom Cloud and other S3-compatible stores in the environment file."""

from __future__ import annotations

import json

import pytest

from integrations.environment.load import parse_environment
from integrations.environment.s3_compatible import OtcIntegration, S3Integration
from integrations.errors import ConfigurationError

DOMAIN = "5f0c1d2e3b4a59687786a5b4c3d2e1f0"
OTC = {"cloud": "otc", "region": "eu-de", "buckets": [{"name": "acme", "ownership": "create"}]}
S3 = {"cloud": "s3", "endpoint": "https://s3.store.example", "buckets": [{"name": "acme", "ownership": "create"}]}


def read(integration, **more):
    config = {
        "encord-integrations:corsOrigins": ["https://app.encord.com"],
        "encord-integrations:integrations": {"scans": integration},
        **{f"encord-integrations:{key}": value for key, value in more.items()},
    }
    return parse_environment("dev", json.dumps({"config": config}), "Pulumi.dev.yaml")


def only(integration):
    (found,) = read(integration).integrations
    return found


def test_otc_knows_its_endpoint_by_its_region():
    found = only(OTC)
    assert isinstance(found, OtcIntegration)
    store = found.store
    assert (store.endpoint, store.region) == ("https://obs.eu-de.otc.t-systems.com", "eu-de")
    assert (store.addressing, store.dialect, store.host) == ("virtual", "obs", "obs.eu-de.otc.t-systems.com")
    assert (found.cloud, found.profile) == ("otc", "otc")


def test_any_other_store_says_its_endpoint():
    found = only({**S3, "addressing": "virtual", "region": "de", "grants": "user-policy", "cors": "server"})
    assert isinstance(found, S3Integration)
    store = found.store
    assert (store.endpoint, store.region, store.addressing) == ("https://s3.store.example", "de", "virtual")
    assert (store.dialect, store.grants, store.cors) == ("s3", "user-policy", "server")
    with pytest.raises(ConfigurationError, match="missing field `endpoint`"):
        read({key: value for key, value in S3.items() if key != "endpoint"})


@pytest.mark.parametrize(
    ("integration", "principal"), [(OTC, f"domain/{DOMAIN}:user/encord"), (S3, "arn:aws:iam::1:user/e")]
)
def test_without_encords_user_it_waits_and_there_is_no_default(integration, principal):
    assert only(integration).awaiting_encord
    assert not only({**integration, "encord": {"principal": principal}}).awaiting_encord


@pytest.mark.parametrize(
    "principal",
    ["*", f"domain/{DOMAIN}:user/*", "domain/222222222222:user/encord", f"arn:aws:iam::{DOMAIN}:user/encord", "encord"],
)
def test_a_principal_of_obs_is_one_user_in_obss_own_form(principal):
    with pytest.raises(
        ConfigurationError, match=r"this is not an OBS principal .* `\$.integrations.scans.encord.principal`"
    ):
        read({**OTC, "encord": {"principal": principal}})


@pytest.mark.parametrize("principal", ["*", "arn:aws:iam::1:user/*", "arn:aws:iam::1:root", f"domain/{DOMAIN}:user/e"])
def test_a_principal_of_another_store_is_the_arn_of_one_user(principal):
    with pytest.raises(ConfigurationError, match="this is not the ARN of one user"):
        read({**S3, "encord": {"principal": principal}})


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("http://s3.store.example", "it must be https"),
        ("https://s3.store.example/", "no slash at the end"),
        ("s3.store.example", "it looks like https://host"),
        ("https://s3.eu-west-2.amazonaws.com", "is AWS itself: use `cloud: aws`"),
    ],
)
def test_an_endpoint_is_an_origin_and_not_aws(endpoint, problem):
    with pytest.raises(ConfigurationError, match=problem):
        read({**S3, "endpoint": endpoint})


def test_a_host_that_only_ends_like_aws_is_not_aws():
    assert only({**S3, "endpoint": "https://s3.notamazonaws.com"}).store.host == "s3.notamazonaws.com"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"region": "eu-west-2"}, "a region of Open Telekom Cloud"),
        ({"buckets": []}, "length >= 1"),
        ({"buckets": [OTC["buckets"][0]] * 2}, "bucket acme is named twice"),
        ({"prefixes": ["/a"]}, "keys do not start with"),
        ({"profile": "My Profile"}, "a profile's name"),
        ({"accessKey": "AK"}, "there is no field `accessKey`"),
        ({"endpoint": "https://x.example"}, "there is no field `endpoint`"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change, problem):
    with pytest.raises(ConfigurationError, match=problem) as error:
        read({**OTC, **change})
    assert str(error.value).startswith("Pulumi.dev.yaml:1:")


def test_checkers_are_one_for_otc_and_one_for_each_other_endpoint():
    checker = {"endpoint": "https://s3.store.example", "principal": "arn:aws:iam::1:user/c"}
    settings = read(OTC, checkers={"otc": {"principal": f"domain/{DOMAIN}:user/c"}, "s3": [checker]}).settings
    assert settings.checkers.otc.principal.endswith("/c")
    with pytest.raises(ConfigurationError, match="is named twice"):
        read(OTC, checkers={"s3": [checker, checker]})
