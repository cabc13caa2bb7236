"""Data is never lost by a deployment: what would lose some is refused, naming what would be lost."""

from __future__ import annotations

import pytest

from integrations_sandbox import sandbox

pytest_plugins = ["stage"]
CLOUD = "aws"


@pytest.fixture
def lasting(stage):
    """The same environment, but not a disposable one."""
    stage.rewrite("disposable: true", "disposable: false")
    stage.up()
    return stage


def _provision(stage, verb="up"):
    return sandbox.provision(sandbox.open_sandbox(stage.root), verb)


def test_a_renamed_bucket_is_refused_and_the_old_one_stays(lasting):
    lasting.rewrite("acme-media-eu", "acme-renamed-eu")
    outcome = _provision(lasting)
    assert not outcome.ok
    assert any("acme-media-eu" in error and "protected" in error for error in outcome.errors), outcome.errors
    s3 = lasting.client("s3")
    s3.head_bucket(Bucket="acme-media-eu")
    with pytest.raises(s3.exceptions.ClientError):
        s3.head_bucket(Bucket="acme-renamed-eu")


def test_destroy_is_refused_while_anything_is_protected(lasting):
    outcome = _provision(lasting, "destroy")
    assert not outcome.ok
    assert "acme-media-eu" in outcome.errors[0]
    assert "global-access-point" in outcome.errors[0]
    lasting.client("s3").head_bucket(Bucket="acme-media-eu")


def test_another_bucket_under_the_access_point_is_refused_because_its_urls_would_die(lasting):
    point = lasting.client("s3control", region="us-west-2")
    before = point.get_multi_region_access_point(AccountId="222222222222", Name="acme-global")["AccessPoint"]["Alias"]
    lasting.rewrite("multiRegionAccessPoint: {name: acme-global}", "multiRegionAccessPoint: {name: acme-globe}")
    outcome = _provision(lasting)
    assert not outcome.ok
    assert any("access-point" in error for error in outcome.errors), outcome.errors
    after = point.get_multi_region_access_point(AccountId="222222222222", Name="acme-global")["AccessPoint"]["Alias"]
    assert after == before


def test_a_disposable_environment_renames_its_bucket(stage):
    stage.rewrite("acme-media-eu", "acme-renamed-eu")
    stage.up()
    s3 = stage.client("s3")
    s3.head_bucket(Bucket="acme-renamed-eu")
    with pytest.raises(s3.exceptions.ClientError):
        s3.head_bucket(Bucket="acme-media-eu")


def test_only_a_sandbox_can_be_disposable(stage):
    text = (stage.root / "Pulumi.sandbox.yaml").read_text()
    (stage.root / "Pulumi.prod.yaml").write_text(text)
    ran = stage.run_here("env", "show", "prod")
    (stage.root / "Pulumi.prod.yaml").unlink()
    assert ran.code == 2
    assert "cannot be disposable" in ran.err
