"""The dynamic provider by itself, with a store that answers from a script."""

from __future__ import annotations

import json
import pickle

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from pulumi.dynamic.dynamic import serialize_provider

from integrations.access.s3_compatible import cors_rule
from integrations.errors import IntegrationsError
from integrations.s3_compatible import provider as module
from integrations.s3_compatible.provider import ObsBucketProvider

POLICY = {"Version": "2008-10-17", "Statement": [{"Sid": "A", "Effect": "Deny", "Action": ["s3:*"], "Principal": "*"}]}
PROPS = {
    "endpoint": "https://obs.eu-de.otc.t-systems.com", "region": "eu-de", "addressing": "virtual", "profile": "otc",
    "bucket": "acme", "policy": json.dumps(POLICY), "corsOrigins": ["https://app.encord.com"], "kmsKey": None,
    "forceDestroy": False,
}  # fmt: skip
ACME = {"Bucket": "acme"}
RULES = {"CORSRules": [cors_rule(("https://app.encord.com",))]}
PUT_CORS = {**ACME, "CORSConfiguration": RULES}
PUT_POLICY = {**ACME, "Policy": PROPS["policy"]}


@pytest.fixture
def s3(monkeypatch):
    """A store that expects exactly what is scripted, in that order."""
    client = boto3.client("s3", "eu-de", aws_access_key_id="k", aws_secret_access_key="s")
    monkeypatch.setattr(module, "_s3", lambda _props: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def there(s3):
    s3.add_response("head_bucket", {}, ACME)


def absent(s3):
    s3.add_client_error("head_bucket", "404")


def made(s3):
    s3.add_response("create_bucket", {}, {**ACME, "CreateBucketConfiguration": {"LocationConstraint": "eu-de"}})


def shows(s3, rules=RULES, policy=POLICY):
    there(s3)
    s3.add_response("get_bucket_cors", rules, ACME)
    s3.add_response("get_bucket_policy", {"Policy": json.dumps(policy)}, ACME)


def test_it_is_made_with_its_rules_and_its_policy(s3):
    absent(s3)
    made(s3)
    s3.add_response("put_bucket_cors", {}, PUT_CORS)
    s3.add_response("put_bucket_policy", {}, PUT_POLICY)
    result = ObsBucketProvider().create(PROPS)
    assert (result.id, result.outs) == ("acme", PROPS)


def test_a_bucket_whose_policy_is_refused_goes_again(s3):
    absent(s3)
    made(s3)
    s3.add_response("put_bucket_cors", {}, PUT_CORS)
    s3.add_client_error("put_bucket_policy", "MalformedPolicy")
    s3.add_response("delete_bucket", {}, ACME)
    with pytest.raises(ClientError, match="MalformedPolicy"):
        ObsBucketProvider().create(PROPS)


def test_one_that_is_there_already_is_not_taken_over(s3):
    there(s3)
    with pytest.raises(IntegrationsError, match="exists already, and this stack did not make it"):
        ObsBucketProvider().create(PROPS)


def test_one_of_somebody_else_is_said_to_be_that(s3):
    s3.add_client_error("head_bucket", "403")
    with pytest.raises(IntegrationsError, match="somebody else's, or these credentials may not see it"):
        ObsBucketProvider().create(PROPS)


def test_a_key_of_ones_own_is_set_before_the_first_object_can_come(s3):
    absent(s3)
    made(s3)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-1"}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    s3.add_response("put_bucket_encryption", {}, {**ACME, "ServerSideEncryptionConfiguration": rules})
    s3.add_response("put_bucket_cors", {}, PUT_CORS)
    s3.add_response("put_bucket_policy", {}, PUT_POLICY)
    ObsBucketProvider().create({**PROPS, "kmsKey": "key-1"})


def test_what_means_the_same_is_seen_as_what_was_asked_for(s3):
    (statement,) = POLICY["Statement"]
    rule = {**RULES["CORSRules"][0], "AllowedMethods": ["HEAD", "GET"]}
    shows(s3, {"CORSRules": [rule]}, {**POLICY, "Statement": [{**statement, "Action": "s3:*"}]})
    assert ObsBucketProvider().read("acme", PROPS).outs == PROPS


@pytest.mark.parametrize(
    ("rules", "seen"),
    [
        ({}, []),
        ({"CORSRules": [cors_rule(("https://x.example",))]}, ["https://x.example"]),
        ({"CORSRules": [{**RULES["CORSRules"][0], "AllowedMethods": ["PUT"]}]}, []),
    ],
)
def test_rules_that_say_something_else_are_seen_to_differ(s3, rules, seen):
    shows(s3, rules)
    assert ObsBucketProvider().read("acme", PROPS).outs["corsOrigins"] == seen


def test_what_is_gone_is_seen_to_be_gone(s3):
    absent(s3)
    assert ObsBucketProvider().read("acme", PROPS).id is None
    there(s3)
    s3.add_client_error("get_bucket_cors", "NoSuchCORSConfiguration")
    s3.add_client_error("get_bucket_policy", "NoSuchBucketPolicy")
    outs = ObsBucketProvider().read("acme", PROPS).outs
    assert (outs["corsOrigins"], outs["policy"]) == ([], None)


def test_a_store_that_does_not_know_a_question_is_not_taken_for_empty(s3):
    there(s3)
    s3.add_client_error("get_bucket_cors", "NotImplemented")
    with pytest.raises(ClientError, match="NotImplemented"):
        ObsBucketProvider().read("acme", PROPS)


def test_rules_are_removed_only_where_they_were_just_seen(s3):
    """Some stores take the deletion of something that they do not know for the deletion of the bucket."""
    s3.add_response("put_bucket_policy", {}, PUT_POLICY)
    s3.add_response("get_bucket_cors", {}, ACME)
    ObsBucketProvider().update("acme", PROPS, {**PROPS, "corsOrigins": None})
    s3.add_response("put_bucket_cors", {}, PUT_CORS)
    s3.add_response("get_bucket_policy", {"Policy": "{}"}, ACME)
    s3.add_response("delete_bucket_policy", {}, ACME)
    ObsBucketProvider().update("acme", PROPS, {**PROPS, "policy": None})


@pytest.mark.parametrize(
    ("change", "replaces"),
    [({}, []), ({"corsOrigins": []}, []), ({"bucket": "b"}, ["bucket"]), ({"endpoint": "https://x"}, ["endpoint"])],
)
def test_only_another_bucket_or_another_store_replaces_it(change, replaces):
    difference = ObsBucketProvider().diff("acme", PROPS, {**PROPS, **change, "__provider": "other"})
    assert (difference.changes, difference.replaces) == (bool(change), replaces)


def test_deleting_leaves_objects_alone_unless_it_is_told_to_remove_them(s3):
    there(s3)
    s3.add_client_error("delete_bucket", "BucketNotEmpty")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        ObsBucketProvider().delete("acme", PROPS)
    there(s3)
    s3.add_response("list_object_versions", {"Versions": [{"Key": "a", "VersionId": "1"}]}, ACME)
    objects = {"Objects": [{"Key": "a", "VersionId": "1"}], "Quiet": True}
    s3.add_response("delete_objects", {}, {**ACME, "Delete": objects})
    s3.add_response("delete_bucket", {}, ACME)
    ObsBucketProvider().delete("acme", {**PROPS, "forceDestroy": True})


def test_an_object_that_stays_is_named(s3):
    there(s3)
    s3.add_response("list_object_versions", {"Versions": [{"Key": "a", "VersionId": "1"}]})
    s3.add_response("delete_objects", {"Errors": [{"Key": "a", "Code": "AccessDenied"}]})
    with pytest.raises(IntegrationsError, match="1 objects stay in acme, the first 'a'"):
        ObsBucketProvider().delete("acme", {**PROPS, "forceDestroy": True})


def test_that_it_is_gone_already_is_no_error(s3):
    absent(s3)
    ObsBucketProvider().delete("acme", PROPS)


def test_what_is_missing_is_said_before_anything_is_done():
    failures = ObsBucketProvider().check({}, {**PROPS, "bucket": ""}).failures
    assert [one.property for one in failures] == ["bucket"]


def test_the_pickle_that_travels_is_a_name_and_no_code():
    import base64

    pickled = base64.b64decode(serialize_provider(ObsBucketProvider()))
    assert type(pickle.loads(pickled)) is ObsBucketProvider
    assert len(pickled) < 200
