"""The sandbox plays the clouds' own host names, and nothing else can be reached from it."""

from __future__ import annotations

import botocore.exceptions
import pytest
import requests


def test_the_real_host_names_lead_to_the_local_aws(aws):
    assert aws.session("ci").client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::222222222222:user/ci"


def test_a_host_that_nobody_plays_is_refused_and_not_reached(aws):
    with pytest.raises(requests.exceptions.ProxyError, match="502 Bad Gateway"):
        requests.get("https://example.com/", timeout=10)


def test_plain_http_is_refused(aws):
    import os

    proxy = {"http": os.environ["HTTPS_PROXY"]}
    assert requests.get("http://s3.amazonaws.com/", proxies=proxy, timeout=10).status_code == 405


def test_a_wrong_secret_is_refused(aws):
    import boto3

    key = aws.keys["ci"]
    liar = boto3.Session(key.access_key, key.secret_key[:-1] + "x", region_name="eu-west-2")
    with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
        liar.client("sts").get_caller_identity()


def test_nobody_but_the_deployer_may_do_anything_of_their_own(aws):
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        aws.session("ci").client("s3").list_buckets()
    assert "Buckets" in aws.session("deployer").client("s3").list_buckets()


def test_a_browser_reads_signed_urls_on_plain_loopback(aws):
    import boto3
    from botocore.config import Config

    s3 = aws.session().client("s3")
    s3.create_bucket(Bucket="edge-browser", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    s3.put_object(Bucket="edge-browser", Key="a b.txt", Body=b"seen")
    key = aws.keys["deployer"]
    signer = boto3.client(
        "s3", endpoint_url=aws.browser, region_name="eu-west-2", aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key, config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip
    url = signer.generate_presigned_url("get_object", Params={"Bucket": "edge-browser", "Key": "a b.txt"})
    assert url.startswith(aws.browser)
    assert requests.get(url, timeout=10).text == "seen"
    assert requests.get(url.replace("a%20b", "a%20c"), timeout=10).status_code == 403
