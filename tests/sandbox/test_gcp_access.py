"""Who may do what in the local Google Cloud: roles, policies, and what an organisation forbids."""

from __future__ import annotations

import uuid

import pytest
from gcp_stage import CI, CONTENT, DEPLOYER, ENCORD, OBJECT, Gcp, exceptions, grant

from integrations_sandbox.clouds import gcp as local_gcp

pytest_plugins = ["gcp_fixtures"]

ASKED = ["storage.objects.get", "storage.objects.list", "storage.objects.create", "storage.objects.delete"]


def as_encord(gcp: Gcp, bucket):
    return gcp.client(ENCORD).bucket(bucket.name)


def test_nobody_reads_before_they_are_let_in(gcp, bucket):
    theirs = as_encord(gcp, bucket)
    expected = f"{ENCORD} does not have storage.objects.get access to the Google Cloud Storage object"
    with pytest.raises(exceptions.Forbidden, match=expected):
        theirs.blob(OBJECT).download_as_bytes()
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.list"):
        list(theirs.list_blobs())
    with pytest.raises(exceptions.Forbidden, match=r"storage.buckets.get"):
        theirs.reload()
    with pytest.raises(exceptions.Forbidden, match=r"storage.buckets.getIamPolicy"):
        theirs.get_iam_policy()


def test_a_viewer_reads_and_does_not_write(gcp, bucket):
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    theirs = as_encord(gcp, bucket)
    assert theirs.blob(OBJECT).download_as_bytes() == CONTENT
    assert [blob.name for blob in theirs.list_blobs()] == [OBJECT]
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.create"):
        theirs.blob("probe").upload_from_string(b"x")
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.delete"):
        theirs.blob(OBJECT).delete()


def test_a_creator_makes_objects_and_replaces_none(gcp, bucket):
    # https://cloud.google.com/storage/docs/access-control/iam-json: overwriting takes storage.objects.delete
    grant(bucket, ENCORD, "roles/storage.objectCreator")
    theirs = as_encord(gcp, bucket)
    theirs.blob("new").upload_from_string(b"1")
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.delete"):
        theirs.blob("new").upload_from_string(b"2")
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.get"):
        theirs.blob("new").download_as_bytes()


def test_a_user_of_objects_writes_replaces_and_deletes(gcp, bucket):
    grant(bucket, ENCORD, "roles/storage.objectUser")
    blob = as_encord(gcp, bucket).blob("mine")
    blob.upload_from_string(b"1")
    blob.upload_from_string(b"2")
    blob.delete()
    with pytest.raises(exceptions.Forbidden, match=r"storage.buckets.update"):
        as_encord(gcp, bucket).patch()


def test_a_missing_object_is_only_told_to_whoever_may_list(gcp, bucket):
    grant(bucket, ENCORD, "roles/storage.legacyObjectReader")
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.list"):
        as_encord(gcp, bucket).blob("missing").download_as_bytes()
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    with pytest.raises(exceptions.NotFound, match="No such object"):
        as_encord(gcp, bucket).blob("missing").download_as_bytes()


def test_test_iam_permissions_answers_for_the_caller(gcp, bucket):
    assert as_encord(gcp, bucket).test_iam_permissions(ASKED) == []
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    assert as_encord(gcp, bucket).test_iam_permissions(ASKED) == ASKED[:2]
    assert gcp.client(CI).bucket(bucket.name).test_iam_permissions(ASKED) == []
    assert bucket.test_iam_permissions(ASKED) == ASKED


def test_whoever_owns_the_project_reaches_its_buckets_and_no_others(gcp, bucket):
    with pytest.raises(exceptions.Forbidden, match=r"storage.buckets.create"):
        gcp.client(DEPLOYER).create_bucket("acme-elsewhere", project=local_gcp.PLATFORM_PROJECT)
    with pytest.raises(exceptions.Forbidden, match=r"storage.buckets.list"):
        list(gcp.client(CI).list_buckets())
    assert bucket.name in [found.name for found in gcp.client(DEPLOYER).list_buckets()]


def test_a_policy_keeps_the_owners_and_takes_members_away_again(gcp, bucket):
    owners = {"projectEditor:acme-media", "projectOwner:acme-media"}
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    policy = bucket.get_iam_policy(requested_policy_version=3)
    assert policy["roles/storage.legacyBucketOwner"] == owners
    policy.bindings = [b for b in policy.bindings if b["role"] != "roles/storage.objectViewer"]
    bucket.set_iam_policy(policy)
    assert as_encord(gcp, bucket).test_iam_permissions(ASKED) == []


def test_a_policy_that_somebody_else_changed_meanwhile_is_refused(gcp, bucket):
    stale = bucket.get_iam_policy()
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    stale["roles/storage.objectViewer"] = {f"serviceAccount:{CI}"}
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.set_iam_policy(stale)


@pytest.mark.parametrize(
    ("role", "member", "message"),
    [
        ("roles/storage.objectVeiwer", f"serviceAccount:{CI}", "Role roles/storage.objectVeiwer is not supported"),
        ("roles/owner", f"serviceAccount:{CI}", "Role roles/owner is not supported for this resource"),
        ("roles/storage.objectViewer", CI, "is of an unknown type"),
        ("roles/storage.objectViewer", "serviceAccount:encord@acme-media.iam.gserviceaccount.com", "does not exist"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(gcp, bucket, role, member, message):
    policy = bucket.get_iam_policy()
    policy[role] = {member}
    with pytest.raises(exceptions.BadRequest, match=message):
        bucket.set_iam_policy(policy)


def test_everybody_is_refused_where_public_access_prevention_is_enforced(gcp, bucket):
    policy = bucket.get_iam_policy()
    policy["roles/storage.objectViewer"] = {"allUsers"}
    with pytest.raises(exceptions.PreconditionFailed, match="public access prevention is enforced"):
        bucket.set_iam_policy(policy)


def test_a_public_bucket_is_public_until_prevention_is_enforced(gcp, bucket):
    bucket.iam_configuration.public_access_prevention = "inherited"
    bucket.patch()
    url = f"https://storage.googleapis.com/{bucket.name}/images/1%20%2832%29.jpg"
    nobody = gcp.session()
    assert nobody.get(url, timeout=10).status_code == 403
    policy = bucket.get_iam_policy()
    policy["roles/storage.objectViewer"] = {"allUsers"}
    bucket.set_iam_policy(policy)
    assert nobody.get(url, timeout=10).content == CONTENT
    bucket.iam_configuration.public_access_prevention = "enforced"
    bucket.patch()
    assert nobody.get(url, timeout=10).status_code == 403


def test_nobody_in_particular_is_asked_who_they_are(gcp, bucket):
    answer = gcp.session().get(f"https://storage.googleapis.com/storage/v1/b/{bucket.name}/o", timeout=10)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("Anonymous caller does not have storage.objects.list access")


@pytest.fixture
def only_acme(gcp):
    """The customer's organisation lets in members of its own domain only, until the end of the test."""
    name, domain, bindings = local_gcp.PROJECTS[0]
    local_gcp.put_project(gcp.folder, name, domain=domain, bindings=bindings, allowed_domains=[domain])
    yield
    local_gcp.put_project(gcp.folder, name, domain=domain, bindings=bindings)


def test_domain_restricted_sharing_refuses_a_member_of_another_organisation(gcp, bucket, only_acme):
    with pytest.raises(exceptions.PreconditionFailed, match="do not belong to a permitted customer"):
        grant(bucket, ENCORD, "roles/storage.objectViewer")
    grant(bucket, CI, "roles/storage.objectViewer")
    assert as_encord(gcp, bucket).test_iam_permissions(ASKED) == []


def test_domain_restricted_sharing_leaves_those_who_are_there(gcp, bucket, request):
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    request.getfixturevalue("only_acme")
    grant(bucket, CI, "roles/storage.objectViewer")
    assert as_encord(gcp, bucket).test_iam_permissions(ASKED) == ASKED[:2]


def conditional(bucket, expression: str, version: int = 3) -> None:
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.version = version
    policy.bindings.append(
        {
            "role": "roles/storage.objectUser",
            "members": {f"serviceAccount:{ENCORD}"},
            "condition": {"title": "prefix", "expression": expression},
        }
    )
    bucket.set_iam_policy(policy)


def test_a_condition_limits_a_role_to_a_prefix(gcp, bucket):
    place = f"projects/_/buckets/{bucket.name}/objects/sequences/"
    conditional(bucket, f'resource.name.startsWith("{place}")')
    theirs = as_encord(gcp, bucket)
    theirs.blob("sequences/1.mp4").upload_from_string(b"x")
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.create"):
        theirs.blob("elsewhere/1.mp4").upload_from_string(b"x")
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.list"):
        list(theirs.list_blobs(prefix="sequences/"))


def test_a_client_that_knows_no_conditions_does_not_see_a_plain_role(gcp, bucket):
    conditional(bucket, 'resource.type == "storage.googleapis.com/Object"')
    shown = [binding["role"] for binding in bucket.get_iam_policy(requested_policy_version=1).bindings]
    assert "roles/storage.objectUser" not in shown
    assert any(role.startswith("roles/storage.objectUser_withcond_") for role in shown)


@pytest.mark.parametrize(
    ("expression", "version", "error"),
    [
        ('resource.name.startsWith("x")', 1, exceptions.BadRequest),
        ("request.time < timestamp('2030-01-01T00:00:00Z')", 3, exceptions.MethodNotImplemented),
    ],
)
def test_a_condition_that_is_not_evaluated_is_refused(gcp, bucket, expression, version, error):
    with pytest.raises(error):
        conditional(bucket, expression, version)


def test_access_control_lists_are_refused_under_uniform_access(gcp, bucket):
    with pytest.raises(exceptions.BadRequest, match="Cannot use ACL API"):
        bucket.acl.reload()
    with pytest.raises(exceptions.BadRequest, match="Cannot use ACL API"):
        bucket.blob("new").upload_from_string(b"x", predefined_acl="publicRead")


def test_a_name_that_is_free_is_told_to_everybody(gcp):
    with pytest.raises(exceptions.NotFound, match="The specified bucket does not exist"):
        gcp.client(ENCORD).get_bucket(f"acme-{uuid.uuid4().hex}")
