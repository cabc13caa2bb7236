"""Object URLs of every form: taken apart, put together, refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.registration.object_url import (
    MrapSpelling,
    ObjectUrlError,
    UrlForm,
    azure_url,
    gcs_url,
    mrap_arn,
    mrap_url,
    otc_url,
    parse_object_url,
    s3_compatible_url,
    s3_url,
)

MRAP = mrap_arn("123456789012", "frf28frarf9.mrap")


@pytest.mark.parametrize(
    ("url", "form", "cloud", "bucket", "key", "region", "account"),
    [
        (
            "https://b-1.s3.eu-west-2.amazonaws.com/a/b%20c.png",
            "s3-virtual",
            "aws",
            "b-1",
            "a/b c.png",
            "eu-west-2",
            None,
        ),
        ("https://b-1.s3.amazonaws.com/a.png", "s3-virtual", "aws", "b-1", "a.png", None, None),
        ("https://b.c.s3-us-gov-west-1.amazonaws.com/a", "s3-virtual", "aws", "b.c", "a", "us-gov-west-1", None),
        ("https://bkt.s3.dualstack.eu-west-2.amazonaws.com/a", "s3-virtual", "aws", "bkt", "a", "eu-west-2", None),
        ("https://bkt.s3.cn-north-1.amazonaws.com.cn/a", "s3-virtual", "aws", "bkt", "a", "cn-north-1", None),
        ("https://s3.eu-west-2.amazonaws.com/b/a.png", "s3-path", "aws", "b", "a.png", "eu-west-2", None),
        ("https://storage.cloud.google.com/b/a.png", "gcs", "gcp", "b", "a.png", None, None),
        ("https://storage.googleapis.com/b/a.png", "gcs", "gcp", "b", "a.png", None, None),
        ("https://acc.blob.core.windows.net/cont/a/b.png?sv=1", "azure", "azure", "cont", "a/b.png", None, "acc"),
        ("https://bkt.obs.eu-de.otc.t-systems.com/a.png", "otc", "otc", "bkt", "a.png", "eu-de", None),
        ("https://cdn.example.com/x/1%2B1.png?sig=s", "direct", "other", "", "x/1+1.png", None, None),
        ("https://127.0.0.1:9000/x", "direct", "other", "", "x", None, None),
    ],
)
def test_a_url_of_each_form_is_taken_apart(url, form, cloud, bucket, key, region, account):
    parsed = parse_object_url(url)
    assert (parsed.form, parsed.cloud, parsed.bucket, parsed.key) == (form, cloud, bucket, key)
    assert (parsed.region, parsed.account) == (region, account)


@pytest.mark.parametrize("spelling", MrapSpelling)
def test_an_access_point_is_understood_in_each_spelling(spelling):
    parsed = parse_object_url(mrap_url(MRAP, "Videos/a b.mp4", spelling))
    assert (parsed.form, parsed.bucket, parsed.key) == (UrlForm.S3_MRAP, "frf28frarf9.mrap", "Videos/a b.mp4")
    assert parsed.spelling is spelling
    assert parsed.mrap_arn == (None if spelling is MrapSpelling.ENDPOINT else MRAP)


def test_the_default_spelling_is_that_of_encords_example():
    assert mrap_url(MRAP, "v.mp4") == (
        "https://arn:aws:s3::123456789012:accesspoint/frf28frarf9.mrap.s3-accesspoint.amazonaws.com/v.mp4"
    )


def test_an_endpoint_that_is_named_is_an_s3_compatible_store():
    url = s3_compatible_url("minio.example.com:9000", "b", "a+b.png")
    assert url == "https://minio.example.com:9000/b/a%2Bb.png"
    assert parse_object_url(url).form is UrlForm.DIRECT
    parsed = parse_object_url(url, s3_endpoints=("minio.example.com:9000",))
    assert (parsed.form, parsed.bucket, parsed.key) == (UrlForm.S3_COMPATIBLE, "b", "a+b.png")


@pytest.mark.parametrize(
    "url",
    [
        "path/to/frame1.jpg",
        "http://b.s3.eu-west-2.amazonaws.com/a",
        "s3://bucket/key",
        "https://",
        "https:///a",
        "https://my-bucket/a.nii",
        "https://b.s3.eu-west-2.amazonaws.com/",
        "https://b.s3.eu-west-2.amazonaws.com",
        "https://s3.eu-west-2.amazonaws.com/bucket-only",
        "https://s3.eu-west-2.amazonaws.com/bucket-only/",
        "https://eu-west-2.amazonaws.com/a/b",
        "https://storage.cloud.google.com//a",
        "https://cdn.example.com/",
        "https://arn:aws:s3::123456789012:accesspoint/frf28frarf9.mrap.s3-accesspoint.amazonaws.com/",
        "https://arn:aws:s3::123456789012:accesspoint/no-alias.s3-accesspoint.amazonaws.com/a",
    ],
)
def test_what_is_no_object_url_is_refused(url):
    with pytest.raises(ObjectUrlError):
        parse_object_url(url)


KEYS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40)


@given(KEYS)
def test_any_key_survives_its_url(key):
    for url in (
        s3_url("my-bucket", "eu-west-2", key),
        s3_url("my.bucket", "eu-west-2", key),
        gcs_url("my-bucket", key),
        azure_url("account", "container", key),
        otc_url("my-bucket", "eu-de", key),
        *(mrap_url(MRAP, key, spelling) for spelling in MrapSpelling),
    ):
        assert parse_object_url(url).key == key
        assert not set(url) & set(' +\n\t"<>')
