"""Registration and signed URLs on Azure, through the real SDK; and each refusal of the platform's reads."""

from __future__ import annotations

import time

import pytest
import requests
from azure_rig import ACCOUNT, CHECKER, CONTAINER, ENCORD, READS, SIGNS, WRITES, blobs, revoke
from msgspec.structs import replace
from path_stage import repaired, tally

from integrations.errors import ExitCode
from integrations_sandbox import people
from integrations_sandbox.clouds import azure as local_azure
from integrations_sandbox.examples import example
from integrations_sandbox.platform.clouds.azure import AzureDoor
from integrations_sandbox.platform.clouds.door import ObjectProblem
from integrations_sandbox.stages import DEPLOYER, stage_of

pytest_plugins = ["stage", "path_fixtures"]
pytestmark = pytest.mark.skipif(local_azure.available() is not None, reason=str(local_azure.available()))
CLOUD = "azure"
BASE = f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}/"
IMAGE = f"{BASE}images/Image1.png"
SEQUENCE = {"image_groups": [{"title": "s", "createVideo": True, "objectUrl_0": f"{BASE}images/1%20(32).jpg"}]}
SAS = "access: account-sas\n        sasExpiry: '2099-12-31'"


@pytest.fixture
def door(stage):
    """The platform's own door to the integration, with what Encord was given."""
    opened = []

    def make(**changes):
        (integration,) = stage.sandbox.environment.integrations
        known = stage_of(integration).at_platform(integration, {}, "id", stage.sandbox.layout.folder)
        opened.append(AzureDoor(replace(known, **changes), stage.sandbox.browsers["azure"]))
        return opened[-1]

    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        yield make
    for one in opened:
        one.close()


# Registration


def test_the_mixed_example_as_json_gives_six_units_and_two_videos_in_the_container(media, submit):
    ran = submit(repaired(media, BASE))
    assert (ran.code, tally(ran)) == (ExitCode.CLEAN, (6, 0)), ran.out + ran.err
    with blobs(media) as service:
        written = list(service.get_container_client(CONTAINER).list_blobs("encord-image-sequences/"))
    assert len(written) == 2
    assert {blob.content_settings.content_type for blob in written} == {"video/mp4"}


def test_the_mixed_example_as_csv_gives_five_units(media, submit):
    ran = submit(example("mixed.csv", BASE), name="files.csv")
    assert (ran.code, tally(ran)) == (ExitCode.CLEAN, (5, 0)), ran.out + ran.err


def test_the_same_goes_through_an_account_sas_and_ends_where_the_sas_does_not_write(media, submit):
    media.rewrite(f"objectId: {ENCORD}", SAS)
    media.rewrite("checkPrincipal:", "#")
    media.up()
    ran = submit(example("mixed.csv", BASE), name="files.csv")
    assert (ran.code, tally(ran)) == (ExitCode.CLEAN, (5, 0)), ran.out + ran.err
    media.rewrite("imageSequences: true", "imageSequences: false")
    media.up()
    ran = submit(SEQUENCE, name="sequence.json")
    assert tally(ran) == (0, 1)
    assert "the account SAS may not write" in ran.out


def test_a_sequence_without_the_right_to_write_fails_and_names_who_may_not(media, submit):
    revoke(media, WRITES, ENCORD)
    ran = submit(SEQUENCE)
    assert tally(ran) == (0, 1)
    assert "may not write clinic/encord-image-sequences/" in ran.out


def test_an_object_that_is_missing_is_named(media, submit):
    ran = submit({"images": [{"objectUrl": f"{BASE}images/nowhere.png"}]})
    assert tally(ran) == (0, 1)
    assert "there is no blob 'images/nowhere.png'" in ran.out


def test_an_object_that_may_not_be_read_is_named(media, submit):
    revoke(media, READS, ENCORD)
    revoke(media, WRITES, ENCORD)
    ran = submit({"images": [{"objectUrl": IMAGE}]})
    assert tally(ran) == (0, 1)
    assert "may not read clinic/images/Image1.png (AuthorizationPermissionMismatch)" in ran.out


def test_a_blob_in_another_tier_is_named_with_its_tier(media, submit):
    with blobs(media) as service:
        service.get_blob_client(CONTAINER, "images/Image1.png").set_standard_blob_tier("Cool")
    ran = submit({"images": [{"objectUrl": IMAGE}]})
    assert tally(ran) == (0, 1)
    assert "in the tier Cool" in ran.out


# Reading and signing, as Encord does it


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
    assert requests.put(good, data=b"x", headers={"x-ms-blob-type": "BlockBlob"}, timeout=10).status_code == 403


def test_without_the_right_to_sign_the_object_is_read_and_its_url_is_not_signed(media, door):
    revoke(media, SIGNS, ENCORD)
    assert door().find(IMAGE).size > 0
    with pytest.raises(ObjectProblem, match="may not sign URLs for the account acmeclinic"):
        door().sign(IMAGE)


def test_a_wrong_secret_and_a_tenant_without_consent_are_said_to_be_that(media, door):
    with pytest.raises(ObjectProblem, match=r"could not sign in to tenant .*AADSTS7000215"):
        door(client_secret="wrong").find(IMAGE)
    with pytest.raises(ObjectProblem, match=r"could not sign in to tenant .*AADSTS"):
        door(client_id=CHECKER).find(IMAGE)


def test_a_url_of_another_account_or_cloud_is_not_this_integrations(door):
    for other in ("https://acme.s3.eu-west-2.amazonaws.com/a.png", f"{IMAGE}?sv=x", "https://example.com/a.png"):
        with pytest.raises(ObjectProblem, match="which this integration is for"):
            door().find(other)
    with pytest.raises(ObjectProblem, match="this integration is for acmeclinic"):
        door().find("https://acmeother.blob.core.windows.net/clinic/a.png")


def test_a_plus_is_a_plus_and_only_where_there_is_none_of_that_name_a_space(media, door):
    assert door().find(f"{BASE}images/1+(32).jpg").url == f"{BASE}images/1%20%2832%29.jpg"
    with blobs(media) as service:
        service.get_blob_client(CONTAINER, "images/1+(32).jpg").upload_blob(b"plus")
    assert door().find(f"{BASE}images/1+(32).jpg").head == b"plus"
    with blobs(media) as service:
        service.get_blob_client(CONTAINER, "images/1+(32).jpg").delete_blob()
    with pytest.raises(ObjectProblem, match=r"nor is it 'images/no no.jpg', with \+ read as a space"):
        door().find(f"{BASE}images/no+no.jpg")
