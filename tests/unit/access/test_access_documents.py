"""What `access show` hands to a bucket's owner: their documents, with ours added and nothing of theirs changed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from integrations.access import aws, cors
from integrations.access.aws_documents import Existing
from integrations.access.documents import documents
from integrations.access.handshake import steps
from integrations.access.merge import merged_cors, merged_policy
from integrations.access.record import OWNER, STACK
from integrations.environment.model import AwsBucket, AwsEncord, Checkers

THEIRS = {"Sid": "Theirs", "Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "s3:GetObject", "Resource": "*"}
FOREIGN = AwsBucket(name="theirs", region="eu-west-2", ownership="existing", account="210987654321")


def found(documents, wanted):
    return [document for document in documents if document.id == wanted]


def test_an_owned_buckets_documents_are_the_stacks(integration, settings):
    wanted = integration()
    made = documents(wanted, settings(wanted))
    assert [document.id for document in made] == ["trust-policy", "role-policy", "cors", "bucket-policy"]
    assert {document.reader for document in made} == {STACK}


def test_before_encords_values_are_known_there_is_no_trust(integration, settings):
    wanted = integration(encord=AwsEncord())
    assert found(documents(wanted, settings(wanted)), "trust-policy") == []


def test_an_existing_buckets_documents_are_for_its_owner_with_theirs_kept(integration, settings):
    wanted = integration(buckets=(FOREIGN,))
    rule = {"AllowedOrigins": ["https://theirs.example"], "AllowedMethods": ["PUT"]}
    there = {"theirs": Existing({"Version": "2008-10-17", "Statement": [THEIRS]}, (rule,))}
    made = documents(wanted, settings(wanted), there)
    (policy,), (rules,) = found(made, "bucket-policy"), found(made, "cors")
    assert policy.reader == rules.reader == OWNER
    assert policy.body["Version"] == "2008-10-17"
    assert policy.body["Statement"][0] == THEIRS
    assert [one["Sid"] for one in policy.body["Statement"][1:]] == [aws.SID_ROLE]
    assert rules.body["CORSRules"] == [rule, aws.cors_rule(("https://app.encord.com",))]


def test_what_could_not_be_read_is_said_to_be_not_merged(integration, settings):
    wanted = integration(buckets=(FOREIGN,))
    (rules,) = found(documents(wanted, settings(wanted), {"theirs": Existing(unread="no leave")}), "cors")
    assert "not merged, because no leave" in rules.apply


def test_an_owner_in_the_same_account_needs_no_policy_of_ours(integration, settings):
    wanted = integration(buckets=(replace(FOREIGN, account=None),))
    assert found(documents(wanted, settings(wanted)), "bucket-policy") == []


def test_an_access_point_adds_the_roles_policy_and_replication(two_regions, settings):
    wanted = two_regions()
    made = documents(wanted, settings(wanted))
    assert len(found(made, "access-point-role-policy")) == 1
    assert [document.subject for document in found(made, "replication")] == ["acme-eu", "acme-us"]


def test_a_checker_adds_its_two_documents(integration, settings, checker):
    wanted = integration()
    made = documents(wanted, settings(wanted, checkers=Checkers(aws=(checker,))))
    assert [
        document.subject for document in (*found(made, "checker-policy"), *found(made, "checker-trust-policy"))
    ] == [
        "checker",
        "checker",
    ]


def test_merging_twice_is_merging_once():
    ours = [{"Sid": "Ours", "Effect": "Deny"}]
    once = merged_policy({"Version": "2012-10-17", "Statement": THEIRS}, ours)
    assert merged_policy(once, ours) == once
    assert once["Statement"] == [THEIRS, *ours]
    rule = aws.cors_rule(("https://app.encord.com",))
    assert merged_cors(merged_cors([], rule), rule) == [rule]


def test_a_statement_of_ours_is_brought_up_to_date():
    old, new = {"Sid": "Ours", "Effect": "Deny"}, {"Sid": "Ours", "Effect": "Allow"}
    assert merged_policy({"Statement": [old, THEIRS]}, [new])["Statement"] == [THEIRS, new]


@pytest.mark.parametrize("external_id", [None, "id-1"])
def test_the_handshake_says_what_to_copy_and_never_the_external_id(integration, external_id):
    encord = AwsEncord(title="acme", principal=external_id and "arn:aws:iam::1:root", external_id=external_id)
    text = steps(integration(encord=encord), "prod")
    assert "arn:aws:iam::123456789012:role/encord-images" in text
    assert "'acme'" in text and "Pulumi.prod.yaml" in text
    assert ("awaits Encord's values" in text) == (external_id is None)
    assert "id-1" not in text


def test_the_origins_that_must_be_refused_are_foreign_and_look_alike():
    origins = ("https://app.encord.com", "https://app.us.encord.com")
    refused = cors.refused_origins(origins)
    assert not set(refused) & set(origins)
    assert any(one.startswith(origins[0]) for one in refused)
