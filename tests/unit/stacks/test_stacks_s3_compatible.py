"""The program on OBS and other S3-compatible stores, under Pulumi's own mocks."""

from __future__ import annotations

import json

import pytest

from integrations.access import s3_compatible as access
from integrations.access.aws import SID_TLS

DOMAIN = "5f0c1d2e3b4a59687786a5b4c3d2e1f0"
OTC = {
    "cloud": "otc",
    "region": "eu-de",
    "buckets": [{"name": "acme", "ownership": "create"}],
    "encord": {"principal": f"domain/{DOMAIN}:user/encord"},
}
S3 = {
    "cloud": "s3",
    "endpoint": "https://s3.store.example",
    "buckets": [{"name": "acme", "ownership": "create"}],
    "encord": {"principal": "arn:aws:iam::1:user/encord"},
}


@pytest.fixture
def provision(up):
    return lambda base, changes=None, **more: up(integrations={"scans": {**base, **(changes or {})}}, **more)


def sids(made):
    return [statement["Sid"] for statement in json.loads(made.inputs["policy"])["Statement"]]


def test_a_bucket_with_policy_and_cors_and_no_key(provision):
    made = provision(OTC, {"imageSequences": True}).one("ObsBucket")
    assert made.type == "pulumi-python:dynamic/encord:ObsBucket"
    assert made.name == "scans-acme"
    wanted = {"bucket": "acme", "region": "eu-de", "endpoint": "https://obs.eu-de.otc.t-systems.com", "profile": "otc"}
    assert {key: made.inputs[key] for key in wanted} == wanted
    assert made.inputs["corsOrigins"] == ["https://app.encord.com"]
    assert sids(made) == [SID_TLS, access.SID_READ, access.SID_WRITE]
    assert set(made.inputs) - {"__provider"} == {*wanted, "addressing", "corsOrigins", "forceDestroy", "policy"}


def test_any_other_store_is_the_same_resource(provision):
    stack = provision(S3)
    made = stack.one("ObsBucket")
    assert (made.inputs["endpoint"], made.inputs["addressing"]) == ("https://s3.store.example", "path")
    assert stack.outputs["scans"]["cloud"] == "s3"


def test_without_encords_user_the_bucket_is_made_and_nobody_is_granted_anything(provision):
    stack = provision(OTC, {"encord": {}})
    assert sids(stack.one("ObsBucket")) == [SID_TLS]
    assert stack.outputs["scans"]["granted"] == []


def test_an_existing_bucket_is_not_touched(provision):
    stack = provision(OTC, {"buckets": [{"name": "theirs", "ownership": "existing"}]})
    assert stack.made == []
    assert stack.outputs["scans"]["buckets"] == {"theirs": {"arn": "arn:aws:s3:::theirs"}}


@pytest.mark.parametrize(("stack", "disposable"), [("prod", False), ("sandbox", True)])
def test_the_bucket_is_protected_and_kept_outside_of_a_disposable_environment(provision, stack, disposable):
    made = provision(OTC, stack=stack, disposable=disposable).one("ObsBucket")
    assert (made.protect, made.retain) == (not disposable, not disposable)
    assert made.inputs["forceDestroy"] is disposable


def test_the_checker_of_the_store_may_ask(provision):
    made = provision(OTC, checkers={"otc": {"principal": f"domain/{DOMAIN}:user/checker"}}).one("ObsBucket")
    assert made.inputs["policy"].count("user/checker") == 2


def test_a_store_without_bucket_policies_and_rules_gets_the_bucket_alone(provision):
    made = provision(S3, {"grants": "user-policy", "cors": "server"}).one("ObsBucket")
    assert "policy" not in made.inputs and "corsOrigins" not in made.inputs


def test_a_key_of_ones_own_encrypts_the_bucket(provision):
    made = provision(OTC, {"buckets": [{"name": "acme", "ownership": "create", "kmsKey": "key-1"}]}).one("ObsBucket")
    assert made.inputs["kmsKey"] == "key-1"


def test_a_first_preview_knows_everything_and_no_output_is_secret(provision):
    previewed, done = provision(OTC, preview=True), provision(OTC)
    assert [(one.name, one.inputs) for one in previewed.made] == [(one.name, one.inputs) for one in done.made]
    assert done.outputs["scans"] == {
        "cloud": "otc",
        "endpoint": "https://obs.eu-de.otc.t-systems.com",
        "region": "eu-de",
        "granted": [f"arn:aws:iam::{DOMAIN}:user/encord"],
        "buckets": {"acme": {"arn": "arn:aws:s3:::acme"}},
    }
