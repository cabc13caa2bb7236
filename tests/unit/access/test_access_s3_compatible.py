"""What Encord's user needs on OBS and other S3-compatible stores, and no more."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from integrations.access import aws, judge
from integrations.access import s3_compatible as access
from integrations.access.aws_documents import Existing
from integrations.access.documents import documents
from integrations.access.handshake import steps
from integrations.access.judge import Verdict
from integrations.access.record import OWNER, STACK
from integrations.environment.model import Checkers, Settings
from integrations.environment.s3_compatible import (
    OtcChecker,
    OtcEncord,
    OtcIntegration,
    S3Checker,
    S3CompatibleBucket,
    S3Encord,
    S3Integration,
)

DOMAIN = "5f0c1d2e3b4a59687786a5b4c3d2e1f0"
ENCORD, CHECKER = f"arn:aws:iam::{DOMAIN}:user/encord", f"arn:aws:iam::{DOMAIN}:user/checker"
BUCKET = S3CompatibleBucket(name="acme", ownership="create")
THEIRS = S3CompatibleBucket(name="theirs", ownership="existing")
OTC = OtcIntegration(
    name="scans", region="eu-de", buckets=(BUCKET,), encord=OtcEncord(principal=f"domain/{DOMAIN}:user/encord")
)
STORE = S3Integration(
    name="store",
    endpoint="https://s3.store.example",
    buckets=(BUCKET,),
    encord=S3Encord(principal="arn:aws:iam::1:user/encord"),
)
WAITING = replace(OTC, encord=OtcEncord())


def settings(*integrations, **changes):
    named = {one.name: one for one in integrations}
    return replace(Settings(integrations=named, cors_origins=("https://app.encord.com",)), **changes)


def policy(integration=OTC, checker=None, bucket=BUCKET):
    return access.bucket_policy(integration, bucket, checker)


def verdict(document, action, key="a/b.jpg", principal=ENCORD, bucket="acme"):
    return judge.judge(document, principal, action, f"arn:aws:s3:::{bucket}/{key}", access.named)


# The grants


def test_encords_user_may_read_and_nothing_else():
    document = policy()
    assert verdict(document, "s3:GetObject") is Verdict.ALLOWED
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl", "s3:GetBucketPolicy"):
        assert verdict(document, action) is Verdict.NOT_ALLOWED, action
    assert verdict(document, "s3:GetObject", bucket="other") is Verdict.NOT_ALLOWED
    assert verdict(document, "s3:GetObject", principal=f"{ENCORD}x") is Verdict.NOT_ALLOWED


def test_image_sequences_add_writing_under_their_prefix_and_reading_back():
    document = policy(replace(OTC, image_sequences=True, prefixes=("a/",), write_prefix="w/"))
    assert verdict(document, "s3:PutObject", "w/v.mp4") is Verdict.ALLOWED
    assert verdict(document, "s3:GetObject", "w/v.mp4") is Verdict.ALLOWED
    assert verdict(document, "s3:PutObject", "a/b.jpg") is Verdict.NOT_ALLOWED
    assert verdict(document, "s3:GetObject", "c/d.jpg") is Verdict.NOT_ALLOWED


def test_image_sequences_off_is_the_same_policy_without_exactly_that_statement():
    on, off = policy(replace(OTC, image_sequences=True)), policy()
    assert [one for one in on["Statement"] if one not in off["Statement"]] == [on["Statement"][-1]]
    assert on["Statement"][-1]["Action"] == ["s3:PutObject"]


def test_cloud_synced_folders_add_listing_within_the_prefixes():
    (listing,) = [
        one for one in policy(replace(OTC, cloud_synced_folders=True))["Statement"] if one["Sid"] == access.SID_LIST
    ]
    assert (listing["Action"], listing["Resource"]) == (["s3:ListBucket"], ["arn:aws:s3:::acme"])
    narrow = access.needs(replace(OTC, cloud_synced_folders=True, prefixes=("a/",)), BUCKET)[1]
    assert narrow["Condition"] == {"StringLike": {"s3:prefix": ["a/*"]}}


def test_before_encords_user_is_known_nobody_is_granted_anything():
    check = replace(WAITING, check_principal=f"domain/{DOMAIN}:user/check")
    assert [one["Effect"] for one in policy(check)["Statement"]] == ["Deny"]
    assert access.granted(check) == ()


def test_a_check_principal_is_granted_what_encord_is():
    document = policy(replace(OTC, check_principal=f"domain/{DOMAIN}:user/check"))
    assert document["Statement"][1]["Principal"] == {"AWS": [ENCORD, f"arn:aws:iam::{DOMAIN}:user/check"]}


def test_the_checker_asks_about_the_bucket_and_removes_its_probes_and_no_more():
    document = policy(checker=f"domain/{DOMAIN}:user/checker")
    (asks, cleans) = document["Statement"][-2:]
    assert asks["Principal"] == cleans["Principal"] == {"AWS": [CHECKER]}
    assert not any(action.startswith(("s3:Put", "s3:Delete")) for action in asks["Action"])
    assert asks["Resource"] == ["arn:aws:s3:::acme"]
    assert verdict(document, "s3:DeleteObject", ".encord-check/x", CHECKER) is Verdict.ALLOWED
    for action, key in (("s3:DeleteObject", "a.jpg"), ("s3:GetObject", "a.jpg"), ("s3:PutObject", ".encord-check/x")):
        assert verdict(document, action, key, CHECKER) is Verdict.NOT_ALLOWED


def test_an_action_that_obs_does_not_list_is_not_in_a_policy_for_obs():
    asked = [a for one in policy(checker=f"domain/{DOMAIN}:user/c")["Statement"] for a in one["Action"]]
    assert "s3:GetEncryptionConfiguration" not in asked
    elsewhere = access.bucket_policy(STORE, BUCKET, "arn:aws:iam::1:user/c")
    assert any("s3:GetEncryptionConfiguration" in one["Action"] for one in elsewhere["Statement"])


# How it is written


def test_a_policy_for_obs_has_its_version_and_names_users_as_its_s3_reference_does():
    document = policy()
    assert document["Version"] == "2008-10-17"
    assert document["Statement"][1]["Principal"] == {"AWS": [ENCORD]}
    assert access.bucket_policy(STORE, BUCKET, None)["Version"] == aws.VERSION


def test_both_ways_to_name_a_user_are_the_same_user():
    own = {"Principal": {"ID": [f"domain/{DOMAIN}:user/encord"]}}
    assert access.named(own) == access.named({"Principal": {"AWS": ENCORD}}) == {ENCORD}
    for everybody in (
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"ID": ["*"]}},
        {"NotPrincipal": {"ID": ["x"]}},
    ):
        assert access.named(everybody) == {"*"}


def test_plain_http_is_denied_to_everybody():
    document = policy()
    assert judge.denies_plain_http(document, access.named)
    assert not judge.denies_plain_http({"Statement": document["Statement"][1:]}, access.named)
    narrow = {**document["Statement"][0], "Principal": {"AWS": ENCORD}}
    assert not judge.denies_plain_http({"Statement": [narrow]}, access.named)


def test_a_store_without_bucket_policies_gets_none_and_a_policy_for_the_user():
    by_hand = replace(STORE, grants="user-policy", image_sequences=True, buckets=(BUCKET, THEIRS))
    assert access.bucket_policy(by_hand, BUCKET, None) is None
    statements = access.user_policy(by_hand)["Statement"]
    assert not any("Principal" in one for one in statements)
    sids = [one["Sid"] for one in statements]
    assert len(set(sids)) == len(sids) == 4


def test_the_checker_is_the_one_of_the_store():
    checkers = Checkers(
        otc=OtcChecker(principal=f"domain/{DOMAIN}:user/c"),
        s3=(S3Checker(endpoint="https://s3.store.example", principal="arn:aws:iam::1:user/c"),),
    )
    given = settings(checkers=checkers)
    assert access.checker_principal(OTC, given) == f"domain/{DOMAIN}:user/c"
    assert access.checker_principal(STORE, given) == "arn:aws:iam::1:user/c"
    assert access.checker_principal(replace(STORE, endpoint="https://other.example"), given) is None
    assert access.checker_principal(OTC, settings()) is None


# The judgement of a policy that somebody wrote

ALLOW = {"Effect": "Allow", "Principal": {"AWS": ENCORD}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme/*"}
IP = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
HTTP = {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        ([], Verdict.NOT_ALLOWED),
        ([ALLOW], Verdict.ALLOWED),
        ([{**ALLOW, "Action": ["S3:get*"]}], Verdict.ALLOWED),
        ([{**ALLOW, "Principal": "*"}], Verdict.ALLOWED),
        ([{**ALLOW, "Principal": {"AWS": "arn:aws:iam::1:user/encord"}}], Verdict.NOT_ALLOWED),
        ([{**ALLOW, "Resource": "arn:aws:s3:::acme/c/*"}], Verdict.NOT_ALLOWED),
        ([{**ALLOW, "Effect": "Deny"}, ALLOW], Verdict.DENIED),
        ([{**ALLOW, "Effect": "Deny", "Condition": HTTP}, ALLOW], Verdict.ALLOWED),
        ([{**ALLOW, "Effect": "Deny", "Condition": IP}, ALLOW], Verdict.DEPENDS),
        ([{**ALLOW, "Condition": IP}], Verdict.DEPENDS),
        ([{**ALLOW, "Condition": IP}, ALLOW], Verdict.ALLOWED),
        ([{"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject", "Resource": "*"}, ALLOW], Verdict.ALLOWED),
        ([{"Effect": "Deny", "Principal": "*", "NotAction": "s3:PutObject", "Resource": "*"}, ALLOW], Verdict.DENIED),
        ([{**ALLOW, "Resource": "arn:aws:s3:::acme/a[b]*"}], Verdict.NOT_ALLOWED),
    ],
)
def test_a_denial_wins_and_a_condition_is_not_guessed_at(statements, wanted):
    assert verdict({"Statement": statements}, "s3:GetObject") is wanted


# The documents, and the handshake


def found(made, wanted):
    return [document for document in made if document.id == wanted]


def test_an_own_buckets_documents_are_the_stacks():
    made = documents(OTC, settings(OTC))
    assert [(one.id, one.reader) for one in made] == [("cors", STACK), ("bucket-policy", STACK)]
    assert found(made, "bucket-policy")[0].body == policy()


def test_an_existing_buckets_documents_are_for_its_owner_with_theirs_kept():
    wanted = replace(OTC, buckets=(THEIRS,))
    rule, statement = {"ID": "theirs", "AllowedOrigins": ["https://x.example"]}, {"Sid": "Theirs", "Effect": "Deny"}
    there = {"theirs": Existing({"Version": "2008-10-17", "Statement": [statement]}, (rule,))}
    made = documents(wanted, settings(wanted), there)
    assert {one.reader for one in made} == {OWNER}
    assert found(made, "cors")[0].body["CORSRules"] == [rule, access.cors_rule(("https://app.encord.com",))]
    (document,) = found(made, "bucket-policy")
    assert document.body["Statement"] == [statement, *access.grants(wanted, THEIRS, None)]
    assert document.body["Version"] == "2008-10-17"


def test_an_owner_is_asked_for_nothing_before_encords_user_is_known_and_told_what_was_not_read():
    wanted = replace(WAITING, buckets=(THEIRS,))
    made = documents(wanted, settings(wanted), {"theirs": Existing(unread="no leave")})
    assert found(made, "bucket-policy") == []
    assert documents(replace(OTC, buckets=(THEIRS,)), settings(), {"theirs": Existing(unread="no leave")})[
        1
    ].apply.endswith("not merged, because no leave")


def test_where_the_aws_command_would_be_refused_cors_is_put_another_way():
    (rules,) = found(documents(OTC, settings(OTC)), "cors")
    assert "Content-MD5" in rules.apply
    (elsewhere,) = found(documents(STORE, settings(STORE)), "cors")
    assert "put-bucket-cors --endpoint-url https://s3.store.example" in elsewhere.apply


@pytest.mark.parametrize("integration", [OTC, WAITING, STORE, replace(STORE, grants="user-policy")])
def test_the_handshake_says_which_user_to_make_and_where_its_key_goes(integration):
    text = steps(integration, "prod")
    assert "make a user for Encord alone" in text
    assert "Paste the access key id and the secret key there," in text
    assert integration.store.endpoint in text
    assert ("awaits Encord's values" in text) == integration.awaiting_encord
    assert ("--document user-policy" in text) == (integration.store.grants == "user-policy")


def test_no_document_holds_anything_secret():
    assert "secret" not in json.dumps([one.body for one in documents(OTC, settings(OTC))]).lower()
