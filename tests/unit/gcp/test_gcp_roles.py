"""Roles, conditions, and who a policy means."""

from __future__ import annotations

import pytest

from integrations.access.gcp_roles import BUCKET_ROLES
from integrations_sandbox.clouds.gcp_records import Binding, Bucket, Condition, Project
from integrations_sandbox.clouds.gcp_roles import (
    NotUnderstoodError,
    Target,
    identities,
    on_bucket,
    permissions,
)

OWNER, ENCORD = "serviceAccount:owner@acme", "serviceAccount:encord@platform"
PROJECT = Project("acme", "acme.example", (Binding("roles/owner", (OWNER,)),))
VIEWER = "roles/storage.objectViewer"


def bucket(*bindings: Binding, prevention: str = "inherited") -> Bucket:
    settings = {
        "iamConfiguration": {
            "publicAccessPrevention": prevention,
            "uniformBucketLevelAccess": {"enabled": True},
        }
    }
    return Bucket("b", "acme", settings, bindings, "", "")


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (VIEWER, "storage.objects.list", "storage.objects.create"),
        ("roles/storage.objectCreator", "storage.objects.create", "storage.objects.get"),
        ("roles/storage.objectCreator", "storage.multipartUploads.create", "storage.objects.delete"),
        ("roles/storage.objectUser", "storage.objects.delete", "storage.objects.setIamPolicy"),
        ("roles/storage.objectAdmin", "storage.objects.setIamPolicy", "storage.buckets.get"),
        ("roles/storage.legacyObjectReader", "storage.objects.get", "storage.objects.list"),
        ("roles/storage.legacyBucketReader", "storage.objects.list", "storage.objects.get"),
        ("roles/storage.legacyBucketWriter", "storage.objects.delete", "storage.objects.get"),
        ("roles/storage.legacyBucketOwner", "storage.buckets.setIamPolicy", "storage.buckets.delete"),
        ("roles/storage.bucketViewer", "storage.buckets.get", "storage.buckets.getIamPolicy"),
        ("roles/storage.admin", "storage.buckets.delete", "resourcemanager.projects.get"),
    ],
)
def test_a_role_gives_what_google_lists_and_no_more(role, may, may_not):
    assert may in BUCKET_ROLES[role]
    assert may_not not in BUCKET_ROLES[role]


def test_a_project_s_owner_is_meant_by_the_convenience_member():
    assert "projectOwner:acme" in identities(OWNER, PROJECT)
    assert "projectOwner:acme" not in identities(ENCORD, PROJECT)
    owned = bucket(Binding("roles/storage.legacyBucketOwner", ("projectOwner:acme",)))
    assert "storage.buckets.update" in on_bucket(OWNER, PROJECT, owned, Target("b"))
    assert on_bucket(ENCORD, PROJECT, owned, Target("b")) == set()


def test_an_owner_without_the_convenience_member_does_not_reach_the_objects():
    assert on_bucket(OWNER, PROJECT, bucket(), Target("b")) == {
        "storage.buckets.create",
        "storage.buckets.delete",
        "storage.buckets.list",
        "serviceusage.services.use",
        "resourcemanager.projects.createBillingAssignment",
    }


@pytest.mark.parametrize(
    ("member", "everybody", "prevention", "reads"),
    [
        (None, "allUsers", "inherited", True),
        (None, "allAuthenticatedUsers", "inherited", False),
        (ENCORD, "allAuthenticatedUsers", "inherited", True),
        (None, "allUsers", "enforced", False),
        (ENCORD, "allAuthenticatedUsers", "enforced", False),
    ],
)
def test_what_everybody_is_given_and_what_prevention_takes_away(member, everybody, prevention, reads):
    public = bucket(Binding(VIEWER, (everybody,)), prevention=prevention)
    assert ("storage.objects.get" in on_bucket(member, PROJECT, public, Target("b", "o"))) is reads


PREFIX = 'resource.name.startsWith("projects/_/buckets/b/objects/in/")'
LIST = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("in/")'
OBJECTS = 'resource.type == "storage.googleapis.com/Object"'


@pytest.mark.parametrize(
    ("expression", "target", "holds"),
    [
        (PREFIX, Target("b", "in/1"), True),
        (PREFIX, Target("b", "out/1"), False),
        (PREFIX, Target("b"), False),
        (PREFIX, Target("other", "in/1"), False),
        (f"{PREFIX} || {LIST}", Target("b", list_prefix="in/2026/"), True),
        (f"{PREFIX} || {LIST}", Target("b", list_prefix=""), False),
        (f"{OBJECTS} && {PREFIX}", Target("b", "in/1"), True),
        (f"{OBJECTS} && {PREFIX}", Target("b", "x"), False),
        ("resource.service == 'storage.googleapis.com'", Target("b"), True),
        ('resource.name == "projects/_/buckets/b"', Target("b"), True),
        ('resource.name == "projects/_/buckets/b"', Target("b", "o"), False),
    ],
)
def test_a_condition_holds_where_it_says(expression, target, holds):
    given = Binding(VIEWER, (ENCORD,), Condition(expression))
    assert target.satisfies(expression) is holds
    assert bool(permissions([given], {ENCORD}, target)) is holds


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "",
        "!resource.name.startsWith('x')",
        f"({PREFIX})",
        f"{PREFIX} || request.time < timestamp('2030-01-01T00:00:00Z')",
    ],
)
def test_a_condition_that_is_not_understood_is_never_taken_for_one_that_holds(expression):
    with pytest.raises(NotUnderstoodError):
        Target("b", "in/1").satisfies(expression)
