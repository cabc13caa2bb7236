"""The platform's door to Google Cloud: Encord's service account reads, writes and signs, as far as a bucket lets it."""

from __future__ import annotations

import json
import re
import time

import pytest
import requests
from gcp_stage import CONTENT, DEPLOYER, ENCORD, OBJECT, ORIGIN, grant

from integrations_sandbox.platform.clouds import open_door
from integrations_sandbox.platform.clouds.door import HEAD, ObjectProblem, open_object
from integrations_sandbox.platform.clouds.gcp import GcpIntegration

pytest_plugins = ["gcp_fixtures"]

READ, READ_ONLY, WRITE = "roles/storage.objectViewer", "roles/storage.legacyObjectReader", "roles/storage.objectCreator"


@pytest.fixture
def door(gcp):
    """The door of an integration; `more` are fields of it, and whose key file it has."""

    def make(*, who=ENCORD, browser=False, **more):
        key_file = gcp.keys[who].path.read_text()
        integration = GcpIntegration(**{"uuid": "u", "title": "t", "key_file": key_file, **more})
        return open_door(integration, {"gcp": gcp.browser} if browser else {})

    return make


def url(bucket, key=OBJECT):
    return f"https://storage.cloud.google.com/{bucket.name}/{key.replace(' ', '%20')}"


def test_encord_reads_what_it_is_granted(door, bucket):
    grant(bucket, ENCORD, READ_ONLY)
    found = door().find(url(bucket))
    assert (found.name, found.size, found.head, found.content_type) == (
        "1 (32).jpg",
        len(CONTENT),
        CONTENT,
        "image/jpeg",
    )


def test_a_large_object_is_read_where_it_is_looked_at(door, bucket):
    grant(bucket, ENCORD, READ_ONLY)
    content = bytes(range(256)) * 4096
    bucket.blob("big.bin").upload_from_string(content)
    here = door()
    found = here.find(url(bucket, "big.bin"))
    assert (found.size, len(found.head)) == (len(content), HEAD)
    with open_object(here, found) as file:
        file.seek(-1000, 2)
        assert file.read() == content[-1000:]


@pytest.mark.parametrize(
    "spelt", ["https://storage.cloud.google.com/{}/{}", "https://storage.googleapis.com/{}/{}",
              "https://{}.storage.googleapis.com/{}"],
)  # fmt: skip
def test_every_spelling_of_an_object_is_understood(door, bucket, spelt):
    grant(bucket, ENCORD, READ_ONLY)
    assert door().find(spelt.format(bucket.name, "images/1%20(32).jpg")).size == len(CONTENT)


def test_a_plus_is_a_plus_and_if_there_is_none_a_space(door, bucket):
    grant(bucket, ENCORD, READ)
    pasted = f"https://storage.cloud.google.com/{bucket.name}/images/1+(32).jpg"
    assert door().find(pasted).url == f"https://storage.cloud.google.com/{bucket.name}/images/1%20%2832%29.jpg"
    bucket.blob("images/1+(32).jpg").upload_from_string(b"the one with a plus")
    assert door().find(pasted).head == b"the one with a plus"


def test_without_a_grant_the_account_and_the_permission_are_named(door, bucket):
    with pytest.raises(ObjectProblem, match=rf"403: .* the service account {re.escape(ENCORD)} may not read it"):
        door().find(url(bucket))


def test_the_grant_of_another_is_none_of_encords(door, bucket):
    assert door(who=DEPLOYER).find(url(bucket)).size == len(CONTENT)
    with pytest.raises(ObjectProblem, match="403"):
        door().find(url(bucket))


def test_a_missing_object_is_missing_for_who_may_list_and_perhaps_forbidden_for_who_may_not(door, bucket):
    grant(bucket, ENCORD, READ_ONLY)
    with pytest.raises(ObjectProblem, match="without list permission Google does not say which"):
        door().find(url(bucket, "nothing.png"))
    grant(bucket, ENCORD, READ)
    with pytest.raises(ObjectProblem, match=f"there is no object 'nothing.png' in {bucket.name}"):
        door().find(url(bucket, "nothing.png"))


def test_a_missing_bucket_is_named(door):
    with pytest.raises(ObjectProblem, match="there is no bucket acme-nowhere"):
        door().find("https://storage.cloud.google.com/acme-nowhere/a.png")


def test_an_empty_object_is_said_to_be_empty(door, bucket):
    grant(bucket, ENCORD, READ)
    bucket.blob("empty").upload_from_string(b"")
    with pytest.raises(ObjectProblem, match="the object is empty"):
        door().find(url(bucket, "empty"))


@pytest.mark.parametrize(
    "strange", ["https://acme.s3.eu-west-2.amazonaws.com/a", "gs://acme/a", "https://storage.cloud.google.com/acme",
                "https://storage.googleapis.com/acme/a?X-Goog-Signature=1"],
)  # fmt: skip
def test_what_is_no_object_on_google_cloud_is_refused_by_its_url(door, strange):
    with pytest.raises(ObjectProblem, match="is not the URL of an object on Google Cloud"):
        door().name(strange)


def test_a_key_that_google_does_not_accept_is_named_without_showing_it(door, gcp, bucket):
    forged = {**gcp.key(DEPLOYER), "client_email": ENCORD}
    with pytest.raises(ObjectProblem, match=f"the service account {re.escape(ENCORD)} could not sign in") as refused:
        door(key_file=json.dumps(forged)).find(url(bucket))
    assert "PRIVATE" not in str(refused.value)


# Writing


def test_a_sequence_is_written_under_its_prefix_where_writing_is_granted(door, bucket, tmp_path):
    grant(bucket, ENCORD, READ, WRITE)
    (tmp_path / "v.mp4").write_bytes(b"a video")
    here = door(write_prefix="sequences/")
    written = here.write(url(bucket), "v 1.mp4", tmp_path / "v.mp4", "video/mp4")
    assert written == f"https://storage.cloud.google.com/{bucket.name}/sequences/v%201.mp4"
    found = here.find(written)
    assert (found.head, found.content_type) == (b"a video", "video/mp4")


def test_without_the_grant_writing_is_refused_with_what_it_needs(door, bucket, tmp_path):
    grant(bucket, ENCORD, READ)
    (tmp_path / "v.mp4").write_bytes(b"a video")
    with pytest.raises(ObjectProblem, match=r"may not write .* it needs storage.objects.create there"):
        door().write(url(bucket), "v.mp4", tmp_path / "v.mp4", "video/mp4")


def test_a_write_grant_replaces_nothing(door, bucket, tmp_path):
    grant(bucket, ENCORD, READ, WRITE)
    (tmp_path / "v.mp4").write_bytes(b"a video")
    here = door(write_prefix="")
    with pytest.raises(ObjectProblem, match="may not write"):
        here.write(url(bucket), OBJECT, tmp_path / "v.mp4", "video/mp4")
    assert here.find(url(bucket)).head == CONTENT


# Signing


@pytest.mark.parametrize("browser", [False, True])
def test_a_signed_url_shows_the_object_to_encords_web_application(door, bucket, browser):
    grant(bucket, ENCORD, READ_ONLY)
    signed = door(browser=browser).sign(url(bucket))
    answer = requests.get(signed, headers={"Origin": ORIGIN}, timeout=10)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert signed.startswith("http://127.0.0.1:" if browser else "https://storage.googleapis.com/")


def test_a_signed_url_gives_a_foreign_origin_no_leave(door, bucket):
    grant(bucket, ENCORD, READ_ONLY)
    answer = requests.get(door().sign(url(bucket)), headers={"Origin": "https://foreign.example"}, timeout=10)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_altered_signed_url_is_refused(door, bucket):
    grant(bucket, ENCORD, READ_ONLY)
    bucket.blob("other.jpg").upload_from_string(b"another picture")
    signed = door().sign(url(bucket))
    altered = re.sub(r"images/[^?]*", "other.jpg", signed)
    assert altered != signed
    assert requests.get(altered, timeout=10).status_code == 403
    assert requests.get(signed.partition("?")[0], timeout=10).status_code == 403


def test_a_signed_url_expires(door, bucket):
    grant(bucket, ENCORD, READ_ONLY)
    signed = door(url_seconds=1).sign(url(bucket))
    time.sleep(2.1)
    answer = requests.get(signed, timeout=10)
    assert answer.status_code == 400
    assert "ExpiredToken" in answer.text


def test_a_signed_url_holds_no_longer_than_the_grant(door, bucket):
    grant(bucket, ENCORD, READ_ONLY)
    signed = door().sign(url(bucket))
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings = [one for one in policy.bindings if one["role"] != READ_ONLY]
    bucket.set_iam_policy(policy)
    assert requests.get(signed, timeout=10).status_code == 403
