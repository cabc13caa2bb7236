"""The fixtures of the platform's tests, as a plugin: each test module that wants them says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from platform_stage import REGIONS, Person, Platform, Stage, may_list, may_read, may_write

from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.media import samples, write_samples


@pytest.fixture(scope="session")
def cloud_stage(aws: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    media = tmp_path_factory.mktemp("media")
    write_samples(media)
    for bucket, region in REGIONS.items():
        s3 = aws.session(region=region).client("s3")
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=bucket, **where)
        for sample in samples():
            s3.put_object(Bucket=bucket, Key=sample.key, Body=(media / sample.key).read_bytes())
    platform = Platform(tmp_path_factory.mktemp("platform"), aws.browser)
    user = Person("annotator@acme.example")
    platform.start()
    try:
        platform.admin.put_user(user.email, "user", [user.public])
        yield Stage(aws, platform, user, _access_point(aws))
    finally:
        platform.stop()


def _access_point(aws: Any) -> str:
    """The ARN of a Multi-Region Access Point over both buckets."""
    control_plane = aws.session(region="us-west-2").client("s3control")
    account = local_aws.CUSTOMER_ACCOUNT
    control_plane.create_multi_region_access_point(
        AccountId=account,
        ClientToken="stage",
        Details={"Name": "platform-stage", "Regions": [{"Bucket": bucket} for bucket in REGIONS]},
    )
    point = control_plane.get_multi_region_access_point(AccountId=account, Name="platform-stage")["AccessPoint"]
    return f"arn:aws:s3::{account}:accesspoint/{point['Alias']}"


@pytest.fixture(scope="session")
def integration(cloud_stage: Stage) -> str:
    """An integration that may do everything it needs."""
    return cloud_stage.integrate(cloud_stage.role([may_read(), may_list(), may_write()]), "Acme media")
