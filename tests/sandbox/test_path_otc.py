"""Registration and signed URLs on Open Telekom Cloud, through the real SDK; and each refusal of the platform's reads."""

from __future__ import annotations

import json
import time

import pytest
import requests
from msgspec.structs import replace
from otc_stage import BUCKET, obs, policy, put_policy, without
from path_stage import repaired, tally

from integrations.errors import ExitCode
from integrations_sandbox import people
from integrations_sandbox.examples import example
from integrations_sandbox.platform.clouds.door import ObjectProblem
from integrations_sandbox.platform.clouds.s3_compatible import S3CompatibleDoor
from integrations_sandbox.stages import DEPLOYER, stage_of

pytest_plugins = ["stage", "path_fixtures"]
CLOUD = "otc"
BASE = f"https://{BUCKET}.obs.eu-de.otc.t-systems.com/"
SEQUENCE = {"image_groups": [{"title": "s", "createVideo": True, "objectUrl_0": f"{BASE}images/1%20(32).jpg"}]}


@pytest.fixture
def door(stage):
    """The platform's own door to the integration, with the key that Encord was given."""
    access_key, secret_key = json.loads((stage.sandbox.layout.folder / "otc-keys.json").read_text())["encord"]

    def make(**changes):
        (integration,) = stage.sandbox.environment.integrations
        outputs = json.loads(stage.sandbox.layout.outputs.read_text())[integration.name]
        known = stage_of(integration).at_platform(integration, outputs, "id", stage.sandbox.layout.folder)
        assert (known.access_key, known.secret_key) == (access_key, secret_key)
        return S3CompatibleDoor(replace(known, **changes), stage.sandbox.browsers["otc"])

    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        yield make


# Registration


def test_the_mixed_example_as_json_gives_six_units_and_two_videos_in_the_bucket(media, submit):
    ran = submit(repaired(media, BASE))
    assert (ran.code, tally(ran)) == (ExitCode.CLEAN, (6, 0)), ran.out + ran.err
    written = obs(media).list_objects_v2(Bucket=BUCKET, Prefix="encord-image-sequences/")["Contents"]
    assert len(written) == 2


def test_the_mixed_example_as_csv_gives_five_units(media, submit):
    ran = submit(example("mixed.csv", BASE), name="files.csv")
    assert (ran.code, tally(ran)) == (ExitCode.CLEAN, (5, 0)), ran.out + ran.err


def test_a_sequence_without_the_right_to_write_fails_and_names_the_right(media, submit):
    put_policy(media, without(policy(media), "EncordIntegrationsWrite"))
    ran = submit(SEQUENCE)
    assert tally(ran) == (0, 1)
    assert "s3:PutObject" in ran.out


def test_an_object_that_is_missing_is_named(media, submit):
    ran = submit({"images": [{"objectUrl": f"{BASE}images/nowhere.png"}]})
    assert tally(ran) == (0, 1)
    assert "there is no object 'images/nowhere.png'" in ran.out


def test_an_object_that_may_not_be_read_is_named_with_the_right_that_is_missing(media, submit):
    put_policy(media, without(policy(media), "EncordIntegrationsRead"))
    ran = submit({"images": [{"objectUrl": f"{BASE}images/Image1.png"}]})
    assert tally(ran) == (0, 1)
    assert "may not read it (s3:GetObject)" in ran.out


# Reading and signing, as Encord does it

IMAGE = f"{BASE}images/Image1.png"


def test_a_signed_url_is_the_object_and_leave_for_encords_origin(media, door):
    answer = requests.get(door().sign(IMAGE), headers={"Origin": "https://app.encord.com"}, timeout=10)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "https://app.encord.com")
    foreign = requests.get(door().sign(IMAGE), headers={"Origin": "https://foreign.example"}, timeout=10)
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_an_expired_and_an_altered_signed_url_are_refused(media, door):
    signed = door(url_seconds=1).sign(IMAGE)
    time.sleep(2.1)
    assert requests.get(signed, timeout=10).status_code == 403
    good = door().sign(IMAGE)
    assert requests.get(good, timeout=10).ok
    assert requests.get(good.replace("Image1", "Image2"), timeout=10).status_code == 403
    assert requests.put(good, data=b"x", timeout=10).status_code == 403


def test_a_wrong_key_is_said_to_be_one(media, door):
    with pytest.raises(ObjectProblem, match=r"does not accept the access key that Encord was given"):
        door(secret_key="wrong").find(IMAGE)


def test_a_url_of_another_store_or_region_is_not_this_integrations(door):
    for other in (
        "https://acme.s3.eu-west-2.amazonaws.com/a.png",
        f"https://{BUCKET}.obs.eu-nl.otc.t-systems.com/a.png",
        f"{IMAGE}?X-Amz-Signature=x",
        "https://example.com/a.png",
    ):
        with pytest.raises(ObjectProblem, match="which this integration is for"):
            door().find(other)


def test_a_plus_is_a_plus_and_only_where_there_is_none_of_that_name_a_space(media, door):
    assert door().find(f"{BASE}images/1+(32).jpg").url == f"{BASE}images/1%20%2832%29.jpg"
    obs(media).put_object(Bucket=BUCKET, Key="images/1+(32).jpg", Body=b"plus")
    assert door().find(f"{BASE}images/1+(32).jpg").head == b"plus"
    with pytest.raises(ObjectProblem, match=r"nor is it 'images/no no.jpg', with \+ read as a space"):
        door().find(f"{BASE}images/no+no.jpg")


def test_who_deploys_is_not_who_reads(media, door):
    """Encord's user has no right of its own: without the grant it reads nothing, whoever made the bucket."""
    obs(media).delete_bucket_policy(Bucket=BUCKET)
    with pytest.raises(ObjectProblem, match="403"):
        door().find(IMAGE)
    assert obs(media).get_object(Bucket=BUCKET, Key="images/Image1.png")["Body"].read()
