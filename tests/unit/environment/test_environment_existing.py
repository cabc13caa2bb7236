"""What an existing bucket has: absent is empty, unread is said, and never one for the other."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

from integrations.environment.existing import read_existing
from integrations.environment.model import AwsBucket

BUCKET = AwsBucket(name="acme-images", region="eu-west-2", ownership="existing")


@pytest.fixture
def s3(monkeypatch):
    client = boto3.client("s3", "eu-west-2", aws_access_key_id="k", aws_secret_access_key="s")
    monkeypatch.setattr(boto3.Session, "client", lambda *_, **__: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_policy_and_cors_rules_are_read(s3):
    s3.add_response("get_bucket_policy", {"Policy": '{"Statement": []}'}, {"Bucket": "acme-images"})
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    s3.add_response("get_bucket_cors", {"CORSRules": [rule]})
    found = read_existing(BUCKET)
    assert (found.policy, found.cors_rules, found.unread) == ({"Statement": []}, (rule,), None)


def test_what_is_not_there_is_empty(s3):
    s3.add_client_error("get_bucket_policy", "NoSuchBucketPolicy")
    s3.add_client_error("get_bucket_cors", "NoSuchCORSConfiguration")
    found = read_existing(BUCKET)
    assert (found.policy, found.cors_rules, found.unread) == (None, (), None)


def test_what_may_not_be_read_is_not_taken_for_empty(s3):
    s3.add_client_error("get_bucket_policy", "AccessDenied")
    assert read_existing(BUCKET).unread == "the bucket's documents could not be read (AccessDenied)"


def test_a_profile_that_is_not_there_is_said_too(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "nobody" in read_existing(BUCKET).unread
