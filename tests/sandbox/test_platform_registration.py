"""Registrations through the real SDK: objects are read in the cloud, sequences become videos in the bucket."""

from __future__ import annotations

import io
import time

import av
import pytest
import requests
from platform_stage import EU, PREFIX, InvalidArgumentsError, LongPollingStatus, Stage, may_read, orm, url

pytest_plugins = ("platform_fixtures",)


@pytest.fixture(scope="session")
def stage(cloud_stage: Stage) -> Stage:
    """The plugin's, by a short name of this module's own: another plugin has a stage too."""
    return cloud_stage


def series(name: str, numbers: range) -> dict[str, str]:
    """As Encord's example has them: with the S3 console's `+` for the space in `1 (32).jpg`."""
    return {f"objectUrl_{n}": url(f"images/{name}+({number}).jpg") for n, number in enumerate(numbers)}


MIXED = {
    "images": [{"objectUrl": url("images/Image1.png")}],
    "videos": [{"objectUrl": url("videos/Cooking.mp4")}, {"objectUrl": url("videos/Oranges.mp4")}],
    "image_groups": [
        {"title": "apple-samsung-light", "createVideo": True, **series("1", range(32, 36))},
        {"title": "apple-samsung-dark", "createVideo": True, **series("2", range(32, 36))},
        {"title": "apple-ios-light", "createVideo": False, **series("3", range(32, 34))},
    ],
    "skip_duplicate_urls": True,
}


@pytest.fixture(scope="module")
def mixed(stage: Stage, integration: str):
    folder = stage.folder()
    return folder, stage.register(integration, MIXED, folder)


def test_the_mixed_example_becomes_six_units_without_an_error(mixed):
    _, result = mixed
    assert result.unit_errors == []
    assert (result.status, result.units_done_count, result.units_pending_count) == (LongPollingStatus.DONE, 6, 0)
    titles = {"apple-samsung-light", "apple-samsung-dark", "apple-ios-light"}
    assert {item.name for item in result.items_with_names} == {"Image1.png", "Cooking.mp4", "Oranges.mp4", *titles}


def test_items_say_what_their_objects_are(mixed):
    folder, _ = mixed
    [image] = folder.list_items(search="Image1.png")
    assert (image.width, image.height, image.mime_type) == (160, 120, "image/png")
    [video] = folder.list_items(search="Cooking.mp4")
    assert (video.fps, video.duration, video.frame_count, video.width) == (8.0, 2.0, 16, 160)
    assert video.url == url("videos/Cooking.mp4")


def test_sequences_are_playable_videos_in_the_customers_bucket(stage, mixed):
    folder, _ = mixed
    sequences = list(folder.list_items(item_types=[orm.StorageItemType.IMAGE_SEQUENCE]))
    in_bucket = stage.s3().list_objects_v2(Bucket=EU, Prefix=PREFIX)["Contents"]
    assert len(sequences) == 2
    for sequence in sequences:
        assert sequence.url.removeprefix(url("")) in {entry["Key"] for entry in in_bucket}
        content = requests.get(sequence.get_signed_url(), timeout=10).content
        with av.open(io.BytesIO(content)) as container:
            frames = list(container.decode(video=0))
        assert (len(frames), frames[0].width, frames[0].height) == (4, sequence.width, sequence.height)


def test_a_sequence_of_odd_size_is_padded_to_an_even_one(mixed):
    folder, _ = mixed
    [dark] = folder.list_items(search="apple-samsung-dark")
    assert (dark.width, dark.height) == (162, 122)


def test_groups_and_sequences_have_their_frames_in_order(mixed):
    folder, _ = mixed
    [group] = folder.list_items(item_types=[orm.StorageItemType.IMAGE_GROUP])
    assert [child.name for child in group.get_child_items()] == ["3 (32).jpg", "3 (33).jpg"]
    [light] = folder.list_items(search="apple-samsung-light")
    assert [child.url for child in light.get_child_items()] == list(series("1", range(32, 36)).values())


def test_a_signed_url_reads_the_object_and_an_altered_one_does_not(stage, mixed):
    folder, _ = mixed
    [image] = folder.list_items(search="Image1.png", get_signed_urls=True)
    signed = image.get_signed_url()
    assert signed.startswith("http://127.0.0.1:")
    assert requests.get(signed, timeout=10).content.startswith(b"\x89PNG")
    assert requests.get(signed.replace("Image1.png", "Image2.png"), timeout=10).status_code == 403
    assert requests.get(signed[:-1] + ("0" if signed[-1] != "0" else "1"), timeout=10).status_code == 403


def test_a_signed_url_expires(stage: Stage) -> None:
    integration = stage.integrate(stage.role([may_read()]), url_seconds=1)
    folder = stage.folder()
    stage.register(integration, {"images": [{"objectUrl": url("images/Image1.png")}]}, folder)
    [image] = folder.list_items(get_signed_urls=True)
    signed = image.get_signed_url()
    assert requests.get(signed, timeout=10).status_code == 200
    time.sleep(2)
    assert requests.get(signed, timeout=10).status_code == 403


def test_without_a_role_to_assume_nothing_is_signed(stage: Stage) -> None:
    role = stage.role([may_read()])
    integration = stage.integrate(role)
    folder = stage.folder()
    stage.register(integration, {"images": [{"objectUrl": url("images/Image1.png")}]}, folder)
    [image] = folder.list_items()
    stage.integrate(role, uuid=integration, external_id="wrong")
    with pytest.raises(InvalidArgumentsError, match=r"cannot be signed: the role .* could not be assumed"):
        image.get_signed_url()


def test_the_plus_of_the_s3_console_is_signed_as_the_space_that_it_is(mixed):
    folder, _ = mixed
    [group] = folder.list_items(item_types=[orm.StorageItemType.IMAGE_GROUP])
    [first, _] = group.get_child_items(get_signed_urls=True)
    assert requests.get(first.get_signed_url(), timeout=10).content.startswith(b"\xff\xd8\xff")
