"""Whose credentials open a bucket: boto3's on AWS, if it finds any, and nobody else's elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrations.errors import ConfigurationError
from integrations.object_stores import aws_credentials, open_store
from integrations.registration.build.source import Source

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
