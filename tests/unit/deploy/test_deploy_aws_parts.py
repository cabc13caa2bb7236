"""AWS without AWS: names, settings of a provider, errors, waiting."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from integrations_sandbox.deploy.handlers.aws import connect, explain, unless, wait_until
from integrations_sandbox.deploy.handlers.s3 import ACRONYMS, empty, to_aws, to_pulumi
from integrations_sandbox.deploy.records import StepError

PAIRS = [
    ({"corsRules": [{"allowedMethods": ["GET"], "id": "x"}]}, {"CORSRules": [{"AllowedMethods": ["GET"], "ID": "x"}]}),
    ({"sseAlgorithm": "aws:kms"}, {"SSEAlgorithm": "aws:kms"}),
]


@pytest.mark.parametrize(("pulumi_names", "aws_names"), PAIRS)
def test_names_of_keys_change_and_values_stay(pulumi_names, aws_names):
    assert to_aws(pulumi_names) == aws_names
    assert to_pulumi(aws_names) == pulumi_names


def test_the_exceptions_are_aws_s_own_names():
    client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    names = set()
    for shape in map(client.meta.service_model.shape_for, client.meta.service_model.shape_names):
        names |= set(getattr(shape, "members", {}))
    assert set(ACRONYMS.values()) <= names


def denied(code="AccessDenied"):
    return ClientError({"Error": {"Code": code, "Message": "you may not"}}, "PutBucketCors")


def test_errors_come_in_aws_s_words_and_bugs_in_none():
    assert explain(denied()) == "PutBucketCors: you may not (AccessDenied)"
    assert explain(NoCredentialsError()) == "Unable to locate credentials"
    assert explain(KeyError("bug")) is None


def test_only_the_named_errors_pass():
    with unless("AccessDenied"):
        raise denied()
    with pytest.raises(ClientError), unless("NoSuchBucket"):
        raise denied()


def test_waiting_ends_when_it_is_done_or_when_time_is_up():
    answers = iter([False, True])
    wait_until(lambda: next(answers), 5, "it")
    with pytest.raises(StepError, match=r"it took longer than 0\.05 seconds"):
        wait_until(lambda: False, 0.05, "it")


def test_settings_that_would_change_where_a_provider_works_are_refused():
    session = boto3.Session("x", "x", region_name="eu-west-2")
    assert connect(session, {"region": "eu-west-1", "skipRegionValidation": "true"}).region == "eu-west-1"
    assert connect(session, {}).region == "eu-west-2"
    with pytest.raises(StepError, match="does not know the setting endpoints"):
        connect(session, {"endpoints": "[]"})
    with pytest.raises(StepError, match=r"assumeRoles\[\]\.policy"):
        connect(session, {"assumeRoles": '[{"roleArn": "arn", "policy": "{}"}]'})


def test_a_provider_needs_a_region(monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(StepError, match="set `aws:region`"):
        connect(boto3.Session("x", "x"), {})


class Versions:
    """A bucket whose objects cannot be deleted."""

    def get_paginator(self, name):
        return self

    def paginate(self, **_):
        return [{}, {"Versions": [{"Key": "k", "VersionId": "1"}]}]

    def delete_objects(self, **_):
        return {"Errors": [{"Key": "k", "Message": "Access Denied"}]}


def test_objects_that_stay_when_a_bucket_is_emptied_are_told():
    with pytest.raises(StepError, match="1 objects could not be deleted, the first 'k': Access Denied"):
        empty(Versions(), "b")
