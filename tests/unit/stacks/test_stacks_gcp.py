"""What `pulumi up` provisions on Google Cloud, resource by resource, under Pulumi's own mocks."""

from __future__ import annotations

import json

import pytest

from integrations.access import gcp as access

ENCORD = "encord@encord-platform.iam.gserviceaccount.com"
CHECK = "check@acme-media.iam.gserviceaccount.com"
CI = "serviceAccount:ci@acme-media.iam.gserviceaccount.com"
BUCKET = {"name": "acme-eu", "location": "europe-west2", "ownership": "create"}
THEIRS = {"name": "acme-theirs", "location": "EU", "ownership": "existing"}
SMALLEST = {"cloud": "gcp", "project": "acme-media", "buckets": [BUCKET], "encord": {"serviceAccount": ENCORD}}


@pytest.fixture
def provision(up):
    return lambda changes=None, **more: up(integrations={"images": {**SMALLEST, **(changes or {})}}, **more)


def grants(stack):
    """Bucket, role and member of each grant, by its name."""
    return {
        name: tuple(made.inputs[key] for key in ("bucket", "role", "member"))
        for name, made in stack.of("BucketIAMMember").items()
    }


# A bucket of the stack's own


def test_a_bucket_is_private_restorable_and_shown_to_encord(provision):
    made = provision().one("Bucket")
    assert made.type == "gcp:storage/bucket:Bucket"
    stated = access.cors_rule(("https://app.encord.com",))
    assert made.inputs == {
        "name": "acme-eu",
        "location": "europe-west2",
        "uniformBucketLevelAccess": True,
        "publicAccessPrevention": "enforced",
        "cors": [
            {
                "origins": stated["origin"],
                "methods": stated["method"],
                "responseHeaders": stated["responseHeader"],
                "maxAgeSeconds": stated["maxAgeSeconds"],
            }
        ],
        "softDeletePolicy": {"retentionDurationSeconds": 7 * 24 * 3600},
        "labels": {"managed-by": "encord-integrations", "integration": "images"},
        "forceDestroy": False,
    }


def test_a_key_of_ones_own_and_how_long_deleted_objects_stay_are_the_buckets(provision):
    key = "projects/acme-media/locations/europe-west2/keyRings/r/cryptoKeys/k"
    made = provision({"buckets": [{**BUCKET, "kmsKey": key, "softDeleteDays": 0}]}).one("Bucket")
    assert made.inputs["encryption"] == {"defaultKmsKeyName": key}
    assert made.inputs["softDeletePolicy"] == {"retentionDurationSeconds": 0}


def test_it_is_made_in_the_integrations_project(provision):
    assert provision().providers["images-gcp"]["project"] == "acme-media"


# Who is granted what


def test_encord_may_read_and_nobody_else_is_granted_anything(provision):
    assert grants(provision()) == {
        "images-acme-eu-encord-read": ("acme-eu", access.READ_ONLY_ROLE, f"serviceAccount:{ENCORD}")
    }


def test_image_sequences_add_exactly_the_leave_to_write(provision):
    without, with_ = grants(provision()), grants(provision({"imageSequences": True}))
    assert {name: with_[name] for name in set(with_) - set(without)} == {
        "images-acme-eu-encord-write": ("acme-eu", access.WRITE_ROLE, f"serviceAccount:{ENCORD}")
    }
    assert set(without) < set(with_)


def test_conditions_are_those_of_access(provision):
    stack = provision({"prefixes": ["a/"], "imageSequences": True, "writePrefix": "w/"})
    conditions = {name: made.inputs["condition"] for name, made in stack.of("BucketIAMMember").items()}
    assert conditions["images-acme-eu-encord-write"] == {
        "title": "encord-writes",
        "expression": 'resource.name.startsWith("projects/_/buckets/acme-eu/objects/w/")',
    }
    assert conditions["images-acme-eu-encord-read"]["expression"].count("startsWith") == 2


def test_checker_and_check_principal_are_granted_what_access_says(provision):
    stack = provision({"checkPrincipal": CHECK, "imageSequences": True}, checkers={"gcp": {"member": CI}})
    found = grants(stack)
    assert {name for name, (_, _, member) in found.items() if member == CI} == {
        f"images-acme-eu-checker-{what}" for what in ("settings", "policy", "remove")
    }
    assert found["images-acme-eu-check-write"][1] == found["images-acme-eu-encord-write"][1]


def test_grants_wait_for_their_bucket(provision):
    stack = provision()
    assert "Bucket images-acme-eu" in stack.waits_for("BucketIAMMember images-acme-eu-encord-read")


# An existing bucket


def test_of_an_existing_bucket_only_grants_are_made(provision):
    stack = provision({"buckets": [BUCKET, THEIRS]})
    assert [made.inputs["name"] for made in stack.of("Bucket").values()] == ["acme-eu"]
    assert grants(stack)["images-acme-theirs-encord-read"][0] == "acme-theirs"
    assert {made.type for made in stack.made} == {
        "gcp:storage/bucket:Bucket", "gcp:storage/bucketIAMMember:BucketIAMMember"
    }  # fmt: skip


# Two phases


def test_without_encords_service_account_the_bucket_is_made_and_nothing_is_granted_to_anybody(provision):
    stack = provision({"encord": {"title": "images"}, "checkPrincipal": CHECK, "imageSequences": True})
    assert len(stack.of("Bucket")) == 1
    assert grants(stack) == {}
    assert stack.outputs["images"]["granted"] is False
    assert ENCORD not in json.dumps([made.inputs for made in stack.made])


def test_the_outputs_name_project_account_and_buckets(provision):
    assert provision({"buckets": [BUCKET, THEIRS]}).outputs["images"] == {
        "cloud": "gcp",
        "project": "acme-media",
        "serviceAccount": ENCORD,
        "granted": True,
        "buckets": {"acme-eu": {"location": "europe-west2"}, "acme-theirs": {"location": "EU"}},
    }


# Data is never lost


@pytest.mark.parametrize(("stack", "disposable"), [("prod", False), ("sandbox", True)])
def test_a_bucket_is_protected_and_retained_unless_it_is_disposable(provision, stack, disposable):
    made = provision(stack=stack, disposable=disposable).one("Bucket")
    assert (made.protect, made.retain) == (not disposable, not disposable)
    assert made.inputs["forceDestroy"] is disposable


def test_a_grant_is_neither_protected_nor_retained(provision):
    made = provision().one("BucketIAMMember")
    assert (made.protect, made.retain) == (False, False)


def test_a_preview_knows_every_name(provision):
    stack = provision({"imageSequences": True}, preview=True)
    assert {made.name for made in stack.made} == {
        "images-acme-eu", "images-acme-eu-encord-read", "images-acme-eu-encord-write"
    }  # fmt: skip
