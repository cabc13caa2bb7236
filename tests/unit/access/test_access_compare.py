"""Whether a document says what it must: order and single values as lists do not matter, everything else does."""

from __future__ import annotations

import pytest

from integrations.access import compare

WANTED = {"Effect": "Allow", "Action": ["a", "b"], "Resource": ["r"], "Condition": {"StringEquals": {"k": "v"}}}


@pytest.mark.parametrize(
    "same",
    [
        WANTED,
        {**WANTED, "Sid": "any"},
        {**WANTED, "Action": ["b", "a"]},
        {**WANTED, "Resource": "r"},
        {**WANTED, "Condition": {"StringEquals": {"k": ["v"]}}},
    ],
)
def test_statements_that_mean_the_same_are_found(same):
    assert compare.contains({"Statement": [{"Effect": "Deny"}, same]}, WANTED)
    assert compare.contains({"Statement": same}, WANTED)


@pytest.mark.parametrize(
    "other",
    [
        {**WANTED, "Effect": "Deny"},
        {**WANTED, "Action": ["a"]},
        {**WANTED, "Action": ["a", "b", "c"]},
        {**WANTED, "Condition": {}},
        {key: value for key, value in WANTED.items() if key != "Condition"},
    ],
)
def test_statements_that_do_not_are_not(other):
    assert not compare.contains({"Statement": [other]}, WANTED)
    assert not compare.contains({}, WANTED)


@pytest.mark.parametrize(
    ("principal", "named"),
    [
        ("*", {"*"}),
        ({"AWS": "*"}, {"*"}),
        ({"AWS": "123456789012"}, {"arn:aws:iam::123456789012:root"}),
        (
            {"AWS": ["arn:aws:iam::1:user/a", "123456789012"]},
            {"arn:aws:iam::1:user/a", "arn:aws:iam::123456789012:root"},
        ),
        ({"Service": "s3.amazonaws.com"}, set()),
    ],
)
def test_principals_are_named_in_one_way(principal, named):
    assert compare.principals({"Principal": principal}) == named
