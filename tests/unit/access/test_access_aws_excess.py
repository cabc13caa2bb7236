"""What a role is granted, and whom it trusts, beyond what Encord needs."""

from __future__ import annotations

import pytest

from integrations.access import aws
from integrations.access.aws_excess import excess, strangers

OBJECTS = "arn:aws:s3:::acme-eu/*"


def grant(action, resource, **more):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}]}


def found(integration, *documents):
    return {(one.what, one.grave) for one in excess(documents, integration)}


def test_what_access_states_is_no_more_than_needed(two_regions):
    integration = two_regions(image_sequences=True, cloud_synced_folders=True)
    mine = [aws.role_policy(integration), aws.access_point_role_policy(integration, "mfzwi23gnjvgw.mrap")]
    assert excess(mine, integration) == []


@pytest.mark.parametrize(
    ("action", "resource", "grave"),
    [
        ("s3:DeleteObject", OBJECTS, True),
        ("s3:*", OBJECTS, True),
        ("*", "*", True),
        ("s3:GetObject", "arn:aws:s3:::others/*", True),
        ("s3:GetObject", "*", True),
        ("ec2:DescribeInstances", "*", True),
        ("s3:PutObject", "arn:aws:s3:::others/*", True),
        ("s3:GetObjectTagging", OBJECTS, False),
        ("s3:ListBucket", "arn:aws:s3:::acme-eu", False),
        ("s3:Get*", OBJECTS, False),
    ],
)
def test_more_is_told_and_grave_if_it_changes_or_reaches_others(integration, action, resource, grave):
    assert found(integration(), grant(action, resource)) == {(f"{action} on {resource}", grave)}


def test_reading_beside_the_prefixes_is_grave(integration):
    only = integration(prefixes=("released/",))
    assert found(only, grant("s3:GetObject", "arn:aws:s3:::acme-eu/released/*")) == set()
    assert found(only, grant("s3:GetObject", OBJECTS)) == {(f"s3:GetObject on {OBJECTS}", True)}


def test_writing_is_left_to_the_check_that_asks_for_it(integration):
    assert found(integration(), grant("s3:PutObject", OBJECTS)) == set()
    narrow = integration(image_sequences=True, write_prefix="encord/")
    assert found(narrow, grant("s3:PutObject", OBJECTS)) == {(f"s3:PutObject on {OBJECTS}", True)}


def test_everything_but_something_is_too_much(integration):
    document = {"Statement": {"Effect": "Allow", "NotAction": "s3:DeleteObject", "Resource": "*"}}
    assert found(integration(), document) == {("everything but what a statement names", True)}


def test_a_denial_grants_nothing(integration):
    assert found(integration(), grant("s3:*", "*", Effect="Deny")) == set()


# The trust


def trust(integration, **changes):
    document = aws.trust_policy(integration)
    document["Statement"][0] |= changes
    return strangers(document, integration)


def test_the_stated_trust_lets_nobody_else_in(integration):
    assert trust(integration()) == []
    assert trust(integration(check_principal="arn:aws:iam::123456789012:role/checker")) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Principal": "*"}, "* is trusted too"),
        ({"Principal": {"AWS": ["111122223333", "999999999999"]}}, "arn:aws:iam::999999999999:root is trusted too"),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, "Service ec2.amazonaws.com is trusted too"),
        ({"Principal": {"Federated": ["cognito-identity.amazonaws.com"]}}, "Federated cognito"),
        ({"NotPrincipal": {"AWS": "999999999999"}}, "everybody but those whom NotPrincipal names"),
        ({"Condition": {"StringEqualsIfExists": {"sts:ExternalId": "id-1"}}}, "who sends no external ID"),
        ({"Condition": {"ForAllValues:StringEquals": {"sts:ExternalId": "id-1"}}}, "who sends no external ID"),
        ({"Condition": {"StringLike": {"sts:ExternalId": "id-*"}}}, "anything that fits a pattern"),
        ({"Condition": {"StringEquals": {"STS:ExternalID": ["id-1", "id-2"]}}}, "2 external IDs are let in"),
    ],
)
def test_whoever_else_can_come_in_is_told(integration, changes, said):
    assert any(said in one for one in trust(integration(), **changes))


def test_an_external_id_is_never_told(integration):
    assert "id-" not in " ".join(trust(integration(), Condition={"StringEquals": {"sts:ExternalId": ["id-1", "id-2"]}}))
