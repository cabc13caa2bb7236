"""Whose credentials open a bucket: boto3's on AWS, an integration's own where one is named, and what needs no bucket."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from msgspec import structs

from integrations.environment.azure import (
    AzureAccount,
    AzureContainer,
    AzureEncord,
    AzureIntegration,
    AzureResourceGroup,
)
from integrations.environment.s3_compatible import OtcIntegration, S3CompatibleBucket, S3Integration
from integrations.errors import ConfigurationError, NotAuthorisedError, UnreachableError
from integrations.object_stores import aws_credentials, open_store
from integrations.registration.build import listing
from integrations.registration.build.listing import Trouble, heads
from integrations.registration.build.source import Source
from integrations.registration.object_url import parse_object_url
from integrations.registration.objects import place_of

SOURCE = Source("s3", "acme", region="eu-west-2")


@pytest.fixture(autouse=True)
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with one profile, and nothing in its variables."""
    (tmp_path / "config").write_text("[profile mine]\naws_access_key_id = AKIAMINE\naws_secret_access_key = s\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return monkeypatch


def test_a_profile_gives_its_credentials_to_the_store(profiles):
    profiles.setenv("AWS_PROFILE", "mine")
    assert open_store(SOURCE).credential_provider()["access_key_id"] == "AKIAMINE"


def test_where_boto3_finds_none_obstore_looks_by_itself():
    assert aws_credentials() is None
    assert open_store(SOURCE).credential_provider is None


def test_a_profile_is_not_used_at_another_store(profiles):
    profiles.setenv("AWS_PROFILE", "mine")
    assert open_store(Source("obs", "acme", region="eu-de")).credential_provider is None


def test_a_profile_that_there_is_not_is_said_to_be_so(profiles):
    profiles.setenv("AWS_PROFILE", "other")
    with pytest.raises(ConfigurationError, match=r"AWS_PROFILE: .*other"):
        open_store(SOURCE)


def test_a_bundle_that_cannot_be_read_is_said_to_be_so(profiles):
    profiles.setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
    with pytest.raises(ConfigurationError, match=r"/nowhere/ca\.pem .*cannot be read"):
        open_store(SOURCE)


def test_a_client_that_cannot_be_made_is_said_to_be_so(profiles, tmp_path):
    (tmp_path / "empty.pem").write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    profiles.setenv("AWS_CA_BUNDLE", str(tmp_path / "empty.pem"))
    with pytest.raises(ConfigurationError, match=r"acme cannot be opened .*AWS_CA_BUNDLE"):
        open_store(SOURCE)


# -- as an integration reads ------------------------------------------------------------------------

OTC = OtcIntegration(
    name="telekom", region="eu-de", buckets=(S3CompatibleBucket(name="acme", ownership="existing"),), profile="mine"
)
MINIO = S3Integration(
    name="own", endpoint="https://minio.example:9000", region="zone-1",
    buckets=(S3CompatibleBucket(name="acme", ownership="existing"),), profile="mine",
)  # fmt: skip


CLINIC = AzureIntegration(
    name="clinic", tenant="5a6db000-0000-4000-8000-000000000001", subscription="5a6db000-0000-4000-8000-000000000010",
    resource_group=AzureResourceGroup(name="group", ownership="existing"),
    account=AzureAccount(name="acmeclinic", location="westeurope", ownership="existing"),
    containers=(AzureContainer(name="scans", ownership="existing"),),
    encord=AzureEncord(access="account-sas", sas_expiry="2030-01-01"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("integration", "source", "endpoint", "region"),
    [
        (OTC, Source("obs", "acme", region="eu-de"), "https://acme.obs.eu-de.otc.t-systems.com", "eu-de"),
        (MINIO, Source("https", "acme", endpoint="minio.example:9000"), "https://minio.example:9000", "zone-1"),
    ],
    ids=["virtual", "path"],
)
def test_an_integrations_bucket_is_opened_at_its_endpoint_with_its_profile(
    profiles, integration, source, endpoint, region
):
    profiles.setenv("MINE_ACCESS_KEY_ID", "THEIRS")
    profiles.setenv("MINE_SECRET_ACCESS_KEY", "s")
    store = open_store(source, (integration,))
    assert store.credential_provider()["access_key_id"] == "THEIRS"
    assert (store.config["endpoint"], store.config["region"]) == (endpoint, region)
    assert store.config.get("virtual_hosted_style_request", "False").lower() == str(integration is OTC).lower()


def test_another_bucket_is_opened_as_without_the_integration(profiles):
    profiles.setenv("MINE_ACCESS_KEY_ID", "THEIRS")
    profiles.setenv("MINE_SECRET_ACCESS_KEY", "s")
    assert open_store(Source("obs", "other", region="eu-de"), (OTC,)).credential_provider is None


def test_an_integration_without_credentials_is_said_to_have_none():
    other = structs.replace(OTC, profile="other")
    with pytest.raises(NotAuthorisedError, match="OTHER_ACCESS_KEY_ID"):
        open_store(Source("obs", "acme", region="eu-de"), (other,))


def test_an_account_sas_opens_a_container_and_is_in_no_message(profiles, tmp_path):
    (tmp_path / "sas").write_text("?sv=2022-11-02&ss=b&sig=SECRET%3D")
    profiles.setenv("INTEGRATIONS_AZURE_SAS_CLINIC_FILE", str(tmp_path / "sas"))
    source = Source("az", "scans", account="acmeclinic")
    given = open_store(source, (CLINIC,)).credential_provider
    assert given()["sas_token"] == "sv=2022-11-02&ss=b&sig=SECRET%3D"
    profiles.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    silent = listing.open_store(source, given, retry_config={"max_retries": 0})
    problem = heads(silent, ["a"])["a"]
    assert (problem.trouble, "SECRET" in problem.reason) == (Trouble.UNKNOWN, False)
    with pytest.raises(UnreachableError) as caught:
        list(listing.list_objects(source, silent))
    assert "SECRET" not in str(caught.value)


# -- doors that obstore does not have ---------------------------------------------------------------

ALIAS = "arn:aws:s3::000000000000:accesspoint/abc123.mrap"


class Host(BaseHTTPRequestHandler):
    """Answers with the status that stands in the path."""

    def do_GET(self) -> None:
        assert self.headers["Range"] == "bytes=0-0"
        assert "Authorization" not in self.headers
        status = int(self.path[1:4])
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", "bytes 0-0/1234")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_url_is_asked_for_its_first_byte_as_it_is_and_by_nobody(host, profiles, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    profiles.setenv("NETRC", str(tmp_path / "netrc"))
    store = open_store(Source("url", "127.0.0.1"))
    answers = {status: f"{host}/{status}?sig=SECRET" for status in (206, 200, 416, 404, 410, 403, 429, 500, 503)}
    found = heads(store, [*answers.values(), "http://127.0.0.1:9/?sig=SECRET"])
    assert not {answers[status] for status in (206, 200, 416)} & found.keys()
    assert found[answers[404]] == found[answers[410]] == (Trouble.MISSING, "")
    assert found[answers[403]] == (Trouble.REFUSED, "its host answers 403 Forbidden")
    for status in (429, 500, 503):
        assert found[answers[status]].trouble is Trouble.UNKNOWN
    nobody = found["http://127.0.0.1:9/?sig=SECRET"]
    assert (nobody.trouble, "no answer" in nobody.reason) == (Trouble.UNKNOWN, True)
    assert "SECRET" not in "".join(problem.reason for problem in found.values())
    assert store.head(answers[206]) == {"size": 1234}


def test_an_access_point_asked_without_credentials_says_so():
    problem = heads(open_store(Source("arn", ALIAS)), ["a"])["a"]
    assert problem.trouble is Trouble.UNKNOWN
    assert "Unable to locate credentials" in problem.reason


def test_without_the_common_runtime_an_access_point_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "awscrt", None)
    with pytest.raises(ConfigurationError, match=r"integrations\[aws\]"):
        open_store(Source("arn", ALIAS))


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://media.example/a.jpg", Source("url", "media.example")),
        ("https://acme.s3.eu-west-2.amazonaws.com/a.jpg", Source("s3", "acme", region="eu-west-2")),
        ("https://acme.s3.eu-west-2.amazonaws.com/a.jpg?X-Amz-Signature=1", Source("url", "acme.s3.eu-west-2.amazonaws.com")),
        ("https://acme.s3.amazonaws.com/a.jpg?AWSAccessKeyId=A&Signature=1&Expires=1", Source("url", "acme.s3.amazonaws.com")),
        ("https://storage.googleapis.com/acme/a.jpg?X-Goog-Signature=1", Source("url", "storage.googleapis.com")),
        ("https://acc.blob.core.windows.net/c/a.jpg?sv=2&sig=1", Source("url", "acc.blob.core.windows.net")),
        ("https://acc.blob.core.windows.net/c/a.jpg?design=1", Source("az", "c", account="acc")),
        ("https://abc123.mrap.accesspoint.s3-global.amazonaws.com/a.jpg", Source("arn", ALIAS)),
    ],
)  # fmt: skip
def test_a_signed_or_foreign_url_is_asked_as_it_is_and_any_other_by_its_bucket(url, source):
    where, key = place_of(parse_object_url(url), url)
    assert (where, key) == (source, url if source.scheme == "url" else "a.jpg")
