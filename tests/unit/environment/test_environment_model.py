"""What an environment may say, and what contradicts itself."""

from __future__ import annotations

import re

import pytest

from integrations.errors import ConfigurationError

TWO_REGIONS = "        - {name: acme-us, region: us-east-1, ownership: create}\n"
BUCKET = "{name: acme-images, region: eu-west-2, ownership: create"


def test_both_of_encords_values_end_the_wait(smallest, read):
    principal, external_id = "principal: arn:aws:iam::111122223333:root", "externalId: abc-123"

    def awaiting(values: str) -> bool:
        return read(f"{smallest}      encord: {{{values}}}\n").integrations[0].awaiting_encord

    assert awaiting("title: x")
    assert awaiting(principal)
    assert awaiting(external_id)
    assert not awaiting(f"{principal}, {external_id}")


@pytest.mark.parametrize("external_id", ["a", "with space", "semi;colon"])
def test_an_external_id_that_aws_refuses_is_refused_here(smallest, read, external_id):
    with pytest.raises(ConfigurationError, match="this is not an external ID"):
        read(f"{smallest}      encord: {{externalId: '{external_id}'}}\n")


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("      prefixes: [/a]\n", "keys do not start with `/`"),
        ("      prefixes: ['a*']\n", "`*` and `?` are not allowed"),
        ("      writePrefix: 'a?'\n", "`*` and `?` are not allowed"),
        ("        - {name: acme-images, region: us-east-1, ownership: create}\n", "acme-images is named twice"),
        ("      multiRegionAccessPoint: {name: acme}\n", "at least two buckets"),
        ("      multiRegionAccessPoint: {name: a--b}\n", "this is not an access point name"),
        ("      multiRegionAccessPoint: {name: acme, replication: never}\n", "Invalid enum value 'never'"),
    ],
)
def test_what_contradicts_itself_is_refused(smallest, read, rest, said):
    with pytest.raises(ConfigurationError, match=re.escape(said)):
        read(smallest + rest)


def test_an_access_point_stands_over_buckets_in_different_regions(smallest, read):
    point = "      multiRegionAccessPoint: {name: acme}\n"
    assert read(smallest + TWO_REGIONS + point).integrations[0].multi_region_access_point.replication == "managed"
    with pytest.raises(ConfigurationError, match="region under a Multi-Region Access Point eu-west-2 is named twice"):
        read(smallest + TWO_REGIONS.replace("us-east-1", "eu-west-2") + point)


def test_buckets_of_other_accounts_are_not_replicated_by_the_stack(smallest, read):
    foreign = "        - {name: acme-us, region: us-east-1, ownership: existing, account: '210987654321'}\n"
    point = "      multiRegionAccessPoint: {name: acme, replication: %s}\n"
    assert read(smallest + foreign + point % "external")
    with pytest.raises(ConfigurationError, match="set `replication: external`"):
        read(smallest + foreign + point % "managed")


def test_a_bucket_made_in_another_account_needs_a_role_to_make_it(smallest, read):
    foreign = smallest.replace(BUCKET, f"{BUCKET}, account: '210987654321'")
    with pytest.raises(ConfigurationError, match="it needs a `deployRole`"):
        read(foreign)
    assert read(foreign.replace("'210987654321'", "'210987654321', deployRole: 'arn:aws:iam::210987654321:role/up'"))
    assert read(foreign.replace("'210987654321'", "'123456789012'"))


@pytest.mark.parametrize(("region", "right"), [("eu-west-2", True), ("us-east-1", False)])
def test_a_key_is_in_its_buckets_region(smallest, read, region, right):
    text = smallest.replace(BUCKET, f"{BUCKET}, kmsKey: 'arn:aws:kms:{region}:123456789012:key/k'")
    if right:
        assert read(text).integrations[0].buckets[0].kms_key
    else:
        with pytest.raises(ConfigurationError, match="is not in the bucket's region"):
            read(text)


CHECKER = "  encord-integrations:checkers: {aws: [%s]}\n"
OIDC = "oidc: {provider: 'arn:aws:iam::123456789012:oidc-provider/ci.example', subject: 'repo:a/b'}"
PRINCIPAL = "principal: 'arn:aws:iam::123456789012:user/ci'"


@pytest.mark.parametrize(
    ("trust", "right"), [([OIDC], True), ([PRINCIPAL], True), ([], False), ([OIDC, PRINCIPAL], False)]
)
def test_a_checker_is_trusted_by_exactly_one(smallest, read, trust, right):
    text = smallest + CHECKER % ("{" + ", ".join(['account: "123456789012"', "role: checker", *trust]) + "}")
    if right:
        settings = read(text).settings
        assert settings.aws_checker("123456789012").role == "checker"
        assert settings.aws_checker("210987654321") is None
    else:
        with pytest.raises(ConfigurationError, match="exactly one of `oidc` and `principal`"):
            read(text)


def test_an_account_has_one_checker(smallest, read):
    one = "{account: '123456789012', role: checker, " + PRINCIPAL + "}"
    with pytest.raises(ConfigurationError, match="the account of a checker 123456789012 is named twice"):
        read(smallest + CHECKER % f"{one}, {one}")


def test_only_this_machine_may_be_spoken_to_in_clear(smallest, read):
    def domain(url: str) -> str:
        return read(f"{smallest}  encord-integrations:encord: {{domain: '{url}'}}\n").settings.encord.domain

    assert domain("http://127.0.0.1:8000") == "http://127.0.0.1:8000"
    for wrong in ("http://api.encord.com", "api.encord.com", "https://api.encord.com/v2", "ftp://api.encord.com"):
        with pytest.raises(ConfigurationError, match="the Encord domain"):
            domain(wrong)
