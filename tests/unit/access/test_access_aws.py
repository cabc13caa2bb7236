"""What Encord needs on AWS, and no more."""

from __future__ import annotations

import fnmatch

import pytest
from msgspec.structs import replace

from integrations.access import aws
from integrations.environment.model import AwsBucket, AwsChecker, AwsEncord, OidcTrust

OTHER = "210987654321"
OBJECT = "arn:aws:s3:::acme-eu/a/b.jpg"
KEY = "arn:aws:kms:eu-west-2:123456789012:key/k"
PRINCIPAL = "arn:aws:iam::123456789012:role/checker"


def grants(document, action, resource):
    """Whether the document's Allow statements cover the action on the resource (conditions left aside)."""
    return any(
        statement["Effect"] == "Allow"
        and any(fnmatch.fnmatchcase(action, allowed) for allowed in statement["Action"])
        and any(fnmatch.fnmatchcase(resource, named) for named in statement["Resource"])
        for statement in document["Statement"]
    )


def statement(document, sid):
    (found,) = [one for one in document["Statement"] if one["Sid"] == sid]
    return found


# Who may assume the role


def test_encord_may_assume_the_role_with_its_external_id_only(integration):
    (trust,) = aws.trust_policy(integration())["Statement"]
    assert trust["Principal"] == {"AWS": ["arn:aws:iam::111122223333:root"]}
    assert (trust["Effect"], trust["Action"]) == ("Allow", "sts:AssumeRole")
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "id-1"}}


def test_a_check_principal_is_trusted_under_the_same_condition(integration):
    (trust,) = aws.trust_policy(integration(check_principal=PRINCIPAL))["Statement"]
    assert trust["Principal"]["AWS"] == ["arn:aws:iam::111122223333:root", PRINCIPAL]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "id-1"}}


@pytest.mark.parametrize(
    "known", [AwsEncord(), AwsEncord(external_id="id-1"), AwsEncord(principal="arn:aws:iam::1:root")]
)
def test_there_is_no_trust_before_encords_values_are_known(integration, known):
    with pytest.raises(ValueError, match="awaits Encord's principal and external ID"):
        aws.trust_policy(integration(encord=known))


# What the role may do


def test_reading_is_granted_and_nothing_else(integration):
    policy = aws.role_policy(integration())
    assert grants(policy, "s3:GetObject", OBJECT)
    assert len(policy["Statement"]) == 1
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetBucketPolicy", "kms:Decrypt"):
        assert not grants(policy, action, OBJECT), action
    assert not grants(policy, "s3:GetObject", "arn:aws:s3:::acme-eu2/a")


def test_with_prefixes_only_they_are_read(integration):
    policy = aws.role_policy(integration(prefixes=("a/", "c/")))
    assert grants(policy, "s3:GetObject", OBJECT)
    assert not grants(policy, "s3:GetObject", "arn:aws:s3:::acme-eu/b/x")


def test_image_sequences_add_writing_under_their_prefix_and_reading_back(integration):
    policy = aws.role_policy(integration(image_sequences=True, prefixes=("a/",), write_prefix="w/"))
    written = "arn:aws:s3:::acme-eu/w/video.mp4"
    assert grants(policy, "s3:PutObject", written) and grants(policy, "s3:GetObject", written)
    assert not grants(policy, "s3:PutObject", OBJECT)
    assert not grants(policy, "s3:DeleteObject", written)


def test_a_write_prefix_alone_grants_nothing(integration):
    assert aws.role_policy(integration(write_prefix="w/")) == aws.role_policy(integration())


def test_cloud_synced_folders_add_listing_within_the_prefixes(integration):
    assert not grants(aws.role_policy(integration()), "s3:ListBucket", "arn:aws:s3:::acme-eu")
    everything = aws.role_policy(integration(cloud_synced_folders=True))
    assert grants(everything, "s3:ListBucket", "arn:aws:s3:::acme-eu")
    assert "Condition" not in statement(everything, "ListBuckets")
    narrow = statement(aws.role_policy(integration(cloud_synced_folders=True, prefixes=("a/",))), "ListBuckets")
    assert narrow["Condition"] == {"StringLike": {"s3:prefix": ["a/*"]}}


@pytest.mark.parametrize(
    ("sequences", "actions"), [(False, ["kms:Decrypt"]), (True, ["kms:Decrypt", "kms:GenerateDataKey"])]
)
def test_a_key_of_ones_own_is_used_through_s3_only(integration, sequences, actions):
    bucket = AwsBucket(name="acme-eu", region="eu-west-2", ownership="create", kms_key=KEY)
    use = statement(aws.role_policy(integration(buckets=(bucket,), image_sequences=sequences)), "UseKey0")
    assert (use["Action"], use["Resource"]) == (actions, [KEY])
    assert use["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-2.amazonaws.com"}}


def test_the_access_point_and_its_buckets_must_both_allow(two_regions):
    wanted = two_regions(image_sequences=True, write_prefix="w/")
    through = "arn:aws:s3::123456789012:accesspoint/abc.mrap/object/a.jpg"
    policy = aws.access_point_role_policy(wanted, "abc.mrap")
    assert grants(policy, "s3:GetObject", through)
    assert grants(policy, "s3:PutObject", through.replace("a.jpg", "w/v.mp4"))
    assert not grants(policy, "s3:PutObject", through)
    assert not grants(policy, "s3:GetObject", through.replace("abc", "other"))
    for bucket in ("acme-eu", "acme-us"):
        assert grants(aws.role_policy(wanted), "s3:GetObject", f"arn:aws:s3:::{bucket}/a.jpg")
    assert not grants(aws.access_point_role_policy(two_regions(), "abc.mrap"), "s3:PutObject", through)


# The buckets' own documents


def test_plain_http_is_denied_to_everybody_on_bucket_objects_and_access_point(integration, two_regions):
    bucket = integration().buckets[0]
    for policy, resources in (
        (aws.bucket_policy(integration(), bucket, None), ["arn:aws:s3:::acme-eu", "arn:aws:s3:::acme-eu/*"]),
        (
            aws.access_point_policy(two_regions(), "abc.mrap"),
            [f"arn:aws:s3::123456789012:accesspoint/abc.mrap{rest}" for rest in ("", "/object/*")],
        ),
    ):
        (deny,) = policy["Statement"]
        assert (deny["Effect"], deny["Principal"], deny["Action"]) == ("Deny", "*", "s3:*")
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert deny["Resource"] == resources


def test_a_bucket_of_another_account_must_let_the_role_in(integration, checker):
    foreign = AwsBucket(name="theirs", region="eu-west-2", ownership="existing", account=OTHER)
    wanted = integration(buckets=(foreign,))
    role, asks = aws.foreign_statements(wanted, foreign, checker)
    assert role["Principal"] == {"AWS": "arn:aws:iam::123456789012:role/encord-images"}
    assert role["Action"] == ["s3:GetObject"]
    assert asks["Principal"] == {"AWS": PRINCIPAL}
    assert not any(action.startswith(("s3:Put", "s3:Delete")) for action in asks["Action"])
    (writes, _) = aws.foreign_statements(replace(wanted, image_sequences=True), foreign, checker)
    assert "s3:PutObject" in writes["Action"]


def test_a_bucket_of_the_same_account_needs_no_such_statement(integration, checker):
    wanted = integration()
    assert aws.foreign_statements(wanted, wanted.buckets[0], checker) == []
    same = replace(wanted.buckets[0], account="123456789012")
    assert aws.foreign_statements(wanted, same, checker) == []


def test_a_role_that_does_not_exist_yet_is_not_let_in(integration):
    foreign = AwsBucket(name="theirs", region="eu-west-2", ownership="existing", account=OTHER)
    assert aws.foreign_statements(integration(buckets=(foreign,), encord=AwsEncord()), foreign, None) == []


# The checker


def test_the_checker_may_ask_about_its_own_account_and_change_nothing(integration, checker):
    theirs = AwsBucket(name="acme-x", region="eu-west-2", ownership="create")
    elsewhere = integration(name="other", account=OTHER, role="other", buckets=(theirs,))
    policy = aws.checker_policy(checker, [integration(probe_object="probe/p.png"), elsewhere])
    assert grants(policy, "s3:GetBucketCORS", "arn:aws:s3:::acme-eu")
    assert grants(policy, "s3:GetObject", "arn:aws:s3:::acme-eu/probe/p.png")
    assert not grants(policy, "s3:GetObject", OBJECT)
    assert not grants(policy, "s3:GetBucketCORS", "arn:aws:s3:::acme-x")
    assert not grants(policy, "s3:PutObject", "arn:aws:s3:::acme-eu/.encord-check/x")
    assert not grants(policy, "s3:DeleteObject", OBJECT)
    assert grants(policy, "s3:DeleteObject", "arn:aws:s3:::acme-eu/.encord-check/x")
    assert not grants(policy, "sts:AssumeRole", "arn:aws:iam::123456789012:role/encord-images")


def test_the_checker_assumes_a_role_only_where_a_check_principal_is_named(integration, checker):
    policy = aws.checker_policy(checker, [integration(check_principal=PRINCIPAL)])
    assert grants(policy, "sts:AssumeRole", "arn:aws:iam::123456789012:role/encord-images")


def test_no_statement_of_the_checker_is_without_a_resource(integration, checker, two_regions):
    for wanted in ([], [integration()], [two_regions()]):
        assert all(one["Resource"] for one in aws.checker_policy(checker, wanted)["Statement"])


def test_a_ci_system_becomes_the_checker_by_its_tokens():
    provider = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    checker = AwsChecker(account="123456789012", role="c", oidc=OidcTrust(provider=provider, subject="repo:a/b:*"))
    (trust,) = aws.checker_trust_policy(checker)["Statement"]
    assert (trust["Action"], trust["Principal"]) == ("sts:AssumeRoleWithWebIdentity", {"Federated": provider})
    assert trust["Condition"] == {
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:sub": "repo:a/b:*"},
    }


def test_a_principal_becomes_the_checker_by_itself(checker):
    (trust,) = aws.checker_trust_policy(checker)["Statement"]
    assert trust["Principal"] == {"AWS": "arn:aws:iam::123456789012:user/ci"}
