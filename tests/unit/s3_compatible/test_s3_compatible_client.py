"""The client of S3-compatible stores: whose key it uses, and what it sends."""

from __future__ import annotations

import base64
import hashlib

import boto3
import pytest

from integrations.environment.s3_compatible import Store
from integrations.errors import ConfigurationError, NotAuthorisedError
from integrations.s3_compatible.client import client, session, variables

OBS = Store("https://obs.eu-de.otc.t-systems.com", "eu-de", "virtual", "obs")
KEYS = {"OTC_ACCESS_KEY_ID": "AK", "OTC_SECRET_ACCESS_KEY": "SK-of-otc"}
RULES = {"CORSRules": [{"AllowedOrigins": ["https://a.example"], "AllowedMethods": ["GET"]}]}


class Sent(Exception):  # noqa: N818 - not an error: it stops a request before the network
    """The request as it would have been sent."""


@pytest.fixture(autouse=True)
def nobodys_machine(monkeypatch, tmp_path):
    """No profile, no variable and no file of whoever runs the tests."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", *KEYS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def sent():
    """Calls an operation and gives the signed request, which goes nowhere."""

    def call(store, operation, **arguments):
        made = client(store, boto3.Session("AK", "SK"))

        def stop(request, **_):
            raise Sent(request)

        made.meta.events.register_first("before-send.s3", stop)
        with pytest.raises(Sent) as stopped:
            getattr(made, operation)(**arguments)
        return stopped.value.args[0]

    return call


# Whose key


def test_a_profile_has_two_variables_by_its_name():
    assert variables("otc") == ("OTC_ACCESS_KEY_ID", "OTC_SECRET_ACCESS_KEY")
    assert variables("otc-check") == ("OTC_CHECK_ACCESS_KEY_ID", "OTC_CHECK_SECRET_ACCESS_KEY")


def test_the_variables_win_over_the_file_and_each_is_enough(tmp_path):
    (tmp_path / "credentials").write_text("[otc]\naws_access_key_id = AK-of-file\naws_secret_access_key = s\n")
    assert session("otc", "eu-de", KEYS).get_credentials().access_key == "AK"
    assert session("otc", "eu-de", {}).get_credentials().access_key == "AK-of-file"


@pytest.mark.parametrize("name", KEYS)
def test_half_a_key_is_a_wrong_configuration_and_is_not_shown(name):
    with pytest.raises(ConfigurationError, match="set both, or neither") as error:
        session("otc", "eu-de", {name: KEYS[name]})
    assert "SK-of-otc" not in str(error.value)


def test_without_a_key_it_is_said_where_one_may_stand(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-aws")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-aws")
    with pytest.raises(NotAuthorisedError, match=r"set OTC_ACCESS_KEY_ID and OTC_SECRET_ACCESS_KEY, or add \[otc\]"):
        session("otc", "eu-de", {})


# What is sent


def test_cors_rules_go_out_with_the_signed_digest_of_the_body_and_nothing_newer(sent):
    request = sent(OBS, "put_bucket_cors", Bucket="acme", CORSConfiguration=RULES)
    digest = base64.b64encode(hashlib.md5(request.body, usedforsecurity=False).digest()).decode()
    header = {name.lower(): value for name, value in request.headers.items()}
    assert header["content-md5"] in (digest, digest.encode())
    assert not [name for name in header if name.startswith(("x-amz-checksum", "x-amz-sdk-checksum"))]
    signed = header["authorization"].decode() if isinstance(header["authorization"], bytes) else header["authorization"]
    assert "content-md5" in signed.split("SignedHeaders=")[1].split(",")[0].split(";")


def test_so_does_the_deletion_of_many_objects(sent):
    request = sent(OBS, "delete_objects", Bucket="acme", Delete={"Objects": [{"Key": "a"}]})
    assert "content-md5" in {name.lower() for name in request.headers}


def test_objects_go_out_without_the_checksums_that_only_aws_knows(sent):
    request = sent(OBS, "put_object", Bucket="acme", Key="a", Body=b"x")
    assert not [name for name in request.headers if name.lower().startswith("x-amz-checksum")]


def test_plain_boto3_would_not_send_the_digest():
    """The reason for all this: when it does one day, the hook can go."""
    made = boto3.Session("AK", "SK").client("s3", endpoint_url=OBS.endpoint, region_name="eu-de")

    def stop(request, **_):
        raise Sent(request)

    made.meta.events.register_first("before-send.s3", stop)
    with pytest.raises(Sent) as stopped:
        made.put_bucket_cors(Bucket="acme", CORSConfiguration=RULES)
    assert "content-md5" not in {name.lower() for name in stopped.value.args[0].headers}


@pytest.mark.parametrize(
    ("store", "url"),
    [
        (OBS, "https://acme.obs.eu-de.otc.t-systems.com/a"),
        (Store("https://s3.store.example", "de", "path", "s3"), "https://s3.store.example/acme/a"),
    ],
)
def test_a_bucket_stands_in_the_host_or_in_the_path(sent, store, url):
    assert sent(store, "get_object", Bucket="acme", Key="a").url == url
