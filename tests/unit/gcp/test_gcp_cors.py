"""The bucket's rules for other origins."""

from __future__ import annotations

import pytest

from integrations_sandbox.clouds import gcp_cors

APP, OTHER = "https://app.encord.com", "https://other.example"
RULE = {"origin": [APP], "method": ["GET", "HEAD"], "responseHeader": ["Content-Type"], "maxAgeSeconds": 60}


@pytest.mark.parametrize(
    ("origin", "method", "headers", "let_in"),
    [
        (APP, "GET", [], True),
        (APP, "GET", ["CONTENT-TYPE"], True),
        (APP, "GET", ["content-type", "range"], False),
        (APP, "PUT", [], False),
        (OTHER, "GET", [], False),
        (APP + "/", "GET", [], False),
        (APP.upper(), "GET", [], False),
        ("null", "GET", [], False),
        (None, "GET", [], False),
    ],
)
def test_a_preflight_passes_if_one_rule_names_origin_method_and_headers(origin, method, headers, let_in):
    assert bool(gcp_cors.preflight([RULE], origin, method, headers)) is let_in


def test_rules_are_not_mixed():
    other = {"origin": [OTHER], "method": ["PUT"]}
    assert gcp_cors.preflight([RULE, other], APP, "PUT", []) == {}
    assert gcp_cors.preflight([RULE, other], OTHER, "PUT", [])["Access-Control-Allow-Origin"] == OTHER


def test_a_star_stands_for_everything():
    rule = {"origin": ["*"], "method": ["*"], "responseHeader": ["*"]}
    answer = gcp_cors.preflight([rule], OTHER, "DELETE", ["x-any"])
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Max-Age"] == str(gcp_cors.DEFAULT_MAX_AGE)


def test_an_answer_has_the_headers_of_the_first_rule_that_fits():
    assert gcp_cors.answer([RULE], APP, "HEAD") == {
        "Access-Control-Allow-Origin": APP,
        "Vary": "Origin",
        "Access-Control-Expose-Headers": "Content-Type",
    }
    assert gcp_cors.answer([RULE], APP, "POST") == {}
    assert gcp_cors.answer([RULE], None, "GET") == {}
    assert gcp_cors.answer([], APP, "GET") == {}


@pytest.mark.parametrize(
    ("rules", "right"),
    [
        ([], True),
        ([RULE], True),
        ([{}], True),
        ({}, False),
        ([[]], False),
        ([RULE | {"allowedOrigins": []}], False),
        ([RULE | {"method": "GET"}], False),
        ([RULE | {"origin": [1]}], False),
        ([RULE | {"maxAgeSeconds": True}], False),
    ],
)
def test_rules_that_cannot_be_are_named(rules, right):
    assert (gcp_cors.fault(rules) is None) is right
