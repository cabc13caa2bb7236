"""Buckets of the local Google Cloud: what is kept, what is refused."""

from __future__ import annotations

import uuid

import pytest
from gcp_stage import CI, CORS, DEPLOYER, exceptions

pytest_plugins = ["gcp_fixtures"]


def test_what_was_set_is_what_is_seen(gcp, bucket):
    bucket.labels = {"team": "media"}
    bucket.versioning_enabled = True
    bucket.soft_delete_policy.retention_duration_seconds = 14 * 86_400
    bucket.patch()
    seen = gcp.client(DEPLOYER).get_bucket(bucket.name)
    assert seen.cors == CORS
    assert (seen.location, seen.location_type, seen.storage_class) == ("EUROPE-WEST2", "region", "STANDARD")
    assert seen.labels == {"team": "media"}
    assert seen.versioning_enabled
    assert seen.soft_delete_policy.retention_duration_seconds == 14 * 86_400
    assert seen.iam_configuration.uniform_bucket_level_access_enabled
    assert seen.iam_configuration.public_access_prevention == "enforced"
    assert seen.metageneration == 2


def test_a_new_bucket_has_googles_defaults(gcp):
    client = gcp.client(DEPLOYER)
    made = client.create_bucket(f"acme-{uuid.uuid4().hex[:12]}")
    assert (made.location, made.location_type) == ("US", "multi-region")
    assert made.soft_delete_policy.retention_duration_seconds == 7 * 86_400
    assert made.iam_configuration.public_access_prevention == "inherited"
    assert not made.iam_configuration.uniform_bucket_level_access_enabled
    assert made.cors == []
    made.delete()


def test_a_patch_leaves_the_rest_and_null_takes_away(gcp, bucket):
    bucket.labels = {"a": "1", "b": "2"}
    bucket.patch()
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
    body = {"labels": {"a": None}, "cors": []}
    shown = gcp.session(DEPLOYER).patch(url, json=body, timeout=10).json()
    assert shown["labels"] == {"b": "2"}
    assert "cors" not in shown
    assert shown["iamConfiguration"]["publicAccessPrevention"] == "enforced"


def test_a_full_update_takes_what_it_does_not_name_back_to_the_default(gcp, bucket):
    bucket.labels = {"a": "1"}
    bucket.patch()
    bucket.cors = []
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
    shown = gcp.session(DEPLOYER).put(url, json={"name": bucket.name}, timeout=10).json()
    assert "labels" not in shown
    assert shown["location"] == "EUROPE-WEST2"


def test_a_change_on_an_older_state_is_refused(gcp, bucket):
    bucket.labels = {"a": "1"}
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.patch(if_metageneration_match=bucket.metageneration + 1)
    bucket.patch(if_metageneration_match=bucket.metageneration)


@pytest.mark.parametrize(
    "body",
    [
        {"cors": [{"origins": ["https://a.example"]}]},
        {"cors": [{"origin": "https://a.example"}]},
        {"cors": [{"maxAgeSeconds": -1}]},
        {"iamConfiguration": {"publicAccessPrevention": "yes"}},
        {"iamConfiguration": "uniform"},
        {"softDeletePolicy": {"retentionDurationSeconds": 86_400}},
        {"softDeletePolicy": {"retentionDurationSeconds": "a week"}},
        {"location": "US"},
    ],
)
def test_settings_that_cannot_be_are_refused_and_change_nothing(gcp, bucket, body):
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
    session = gcp.session(DEPLOYER)
    before = session.get(url, timeout=10).json()
    assert session.patch(url, json=body, timeout=10).status_code == 400
    assert session.get(url, timeout=10).json() == before


@pytest.mark.parametrize("name", ["Acme", "ab", "acme..media", "-acme", "goog-acme", "a" * 64])
def test_a_name_that_cannot_be_is_refused(gcp, name):
    url = "https://storage.googleapis.com/storage/v1/b?project=acme-media"
    answer = gcp.session(DEPLOYER).post(url, json={"name": name}, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == f"Invalid bucket name: '{name}'"


def test_a_name_that_is_taken_is_refused(gcp, bucket):
    with pytest.raises(exceptions.Conflict, match="you already own it"):
        gcp.client(DEPLOYER).create_bucket(bucket.name)


def test_a_bucket_with_objects_is_not_deleted(gcp, bucket):
    with pytest.raises(exceptions.Conflict, match="is not empty"):
        bucket.delete()
    assert bucket.exists()


def test_a_deleted_bucket_is_gone(gcp):
    client = gcp.client(DEPLOYER)
    made = client.create_bucket(f"acme-{uuid.uuid4().hex[:12]}")
    with pytest.raises(exceptions.Forbidden, match=r"storage.buckets.delete"):
        gcp.client(CI).bucket(made.name).delete()
    made.delete()
    with pytest.raises(exceptions.NotFound, match="The specified bucket does not exist"):
        made.reload()


def test_buckets_are_listed_a_page_at_a_time(gcp):
    client, stem = gcp.client(DEPLOYER), f"acme-{uuid.uuid4().hex[:8]}"
    made = [client.create_bucket(f"{stem}-{number}") for number in range(3)]
    pages = client.list_buckets(prefix=stem, page_size=2).pages
    assert [[found.name for found in page] for page in pages] == [[f"{stem}-0", f"{stem}-1"], [f"{stem}-2"]]
    for one in made:
        one.delete()


def test_what_is_not_played_is_said_and_not_pretended(gcp, bucket):
    url = f"https://storage.googleapis.com/storage/v1/b/{bucket.name}"
    session = gcp.session(DEPLOYER)
    for answer in (
        session.get(f"{url}/notificationConfigs", timeout=10),
        session.get(f"{url}/o?matchGlob=**.jpg", timeout=10),
        session.post("https://storage.googleapis.com/batch/storage/v1", timeout=10),
    ):
        assert answer.status_code == 501
        assert answer.json()["error"]["message"].startswith("the sandbox's Google Cloud has no")
