"""Mistakes that AWS accepts without a word are told; what access states has none."""

from __future__ import annotations

import pytest

from integrations.access import aws
from integrations.access.aws_grammar import Kind, problems

READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}


def document(statement, version="2012-10-17"):
    return {"Version": version, "Statement": [statement]}


def changed(**fields):
    """The reading statement with these fields; None takes one away."""
    return {key: value for key, value in {**READ, **fields}.items() if value is not None}


@pytest.mark.parametrize(
    "statement",
    [
        READ,
        changed(Action=["s3:GetObject", "s3:PutObject"]),
        changed(Action="s3:Get*"),
        changed(Action="s3:*", Resource="*"),
        changed(Action="s3:ListBucket", Resource="arn:aws:s3:::acme"),
        changed(Action=["s3:GetObject", "s3:ListBucket"], Resource=["arn:aws:s3:::acme", "arn:aws:s3:::acme/*"]),
        changed(Resource="arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap/object/*"),
        changed(Action="s3:SomethingNew"),
        changed(Condition={"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": "x"}}),
    ],
)
def test_a_sound_statement_has_no_problem(statement):
    assert problems(document(statement), Kind.IDENTITY) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (changed(Action="s3:GetObjects"), "s3:GetObjects grants nothing: there is s3:GetObject"),
        (changed(Action="s3:GetObjet"), "there is s3:GetObject"),
        (changed(Action="GetObject"), "'GetObject' is no action"),
        (changed(Resource="arn:aws:s3:::acme"), "s3:GetObject is about objects, and arn:aws:s3:::acme is a bucket"),
        (changed(Action="s3:ListBucket"), "s3:ListBucket is about a bucket"),
        (changed(Resource="arn:aws:s3:eu-west-2::acme/*"), "matches nothing: a bucket's ARN has no region"),
        (changed(Resource="acme/*"), "'acme/*' is no ARN"),
        (changed(Effect="allow"), "Effect is 'allow'"),
        (changed(Resource=None, Resources="arn:aws:s3:::acme/*"), "no element 'Resources', but 'Resource'"),
        (changed(Action=None), "Action is missing"),
        (changed(NotAction="s3:PutObject"), "Action and NotAction exclude each other"),
        (changed(Principal="*"), "Principal has no place here"),
        (changed(Condition={"StringsEqual": {"a": "b"}}), "there is no condition operator 'StringsEqual'"),
    ],
)
def test_each_mistake_is_told_with_the_statement_it_is_in(statement, said):
    found = problems(document(statement), Kind.IDENTITY)
    assert any(said in problem and problem.startswith("Read: ") for problem in found), found


def test_where_a_document_stands_decides_what_must_be_in_it():
    trust = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    assert problems(document(trust), Kind.TRUST) == []
    assert problems(document(trust), Kind.RESOURCE) == ["statement 1: Resource is missing"]
    assert problems(document(READ), Kind.TRUST) == ["Read: Principal is missing", "Read: Resource has no place here"]


def test_an_empty_document_and_an_unknown_version_are_told():
    assert problems({"Version": "2012-10-17"}, Kind.IDENTITY) == ["there is no statement"]
    assert "Version is '2020-01-01'" in problems(document(READ, "2020-01-01"), Kind.IDENTITY)[0]


def test_what_access_states_has_no_mistake(two_regions, checker, settings):
    integration = two_regions(image_sequences=True, cloud_synced_folders=True, prefixes=("a/",))
    assert problems(aws.trust_policy(integration), Kind.TRUST) == []
    assert problems(aws.role_policy(integration), Kind.IDENTITY) == []
    assert problems(aws.access_point_role_policy(integration, "x.mrap"), Kind.IDENTITY) == []
    assert problems(aws.access_point_policy(integration, "x.mrap"), Kind.RESOURCE) == []
    assert problems(aws.checker_policy(checker, [integration]), Kind.IDENTITY) == []
    assert problems(aws.checker_trust_policy(checker), Kind.TRUST) == []
    for bucket in integration.buckets:
        assert problems(aws.bucket_policy(integration, bucket, checker), Kind.RESOURCE) == []
