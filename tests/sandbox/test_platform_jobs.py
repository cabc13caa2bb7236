"""Registrations in all their forms: every kind, both spellings, duplicates, waiting, cancelling, crashing."""

from __future__ import annotations

import json
import sqlite3
import threading
import time

import pytest
import requests
from platform_stage import (
    EU,
    US,
    AuthorisationError,
    InvalidArgumentsError,
    LongPollingStatus,
    Platform,
    Stage,
    may_list,
    may_read,
    may_write,
    orm,
    url,
)

from integrations_sandbox.platform.settings import database_path

pytest_plugins = ("platform_fixtures",)


@pytest.fixture(scope="session")
def stage(cloud_stage: Stage) -> Stage:
    """The plugin's, by a short name of this module's own: another plugin has a stage too."""
    return cloud_stage


IMAGE = url("images/Image1.png")
IMAGE_METADATA = {"mime_type": "image/png", "file_size": 5, "height": 2, "width": 3}


def only_item(folder):
    [item] = folder.list_items()
    return item


# Kinds and spellings


@pytest.mark.parametrize(
    ("key", "path", "item_type", "facts"),
    [
        ("audio", "audio/chime.wav", "audio", {"duration": 0.5, "audio_sample_rate": 8000, "audio_num_channels": 1}),
        ("pdfs", "documents/report.pdf", "pdf", {"mime_type": "application/pdf", "frame_count": 2}),
        ("text", "documents/notes.txt", "plainText", {"mime_type": "text/plain", "file_size": 53}),
        ("nifti", "scans/volume.nii", "nifti", {"mime_type": "application/nifti", "width": 32, "frame_count": 3}),
        ("nifti", "scans/volume.nii.gz", "nifti", {"mime_type": "application/nifti", "width": 32, "frame_count": 3}),
    ],
)
def test_every_kind_is_read(stage: Stage, integration: str, key: str, path: str, item_type: str, facts) -> None:
    folder = stage.folder()
    result = stage.register(integration, {key: [{"objectUrl": url(path)}]}, folder)
    assert result.unit_errors == []
    item = only_item(folder)
    assert (item.item_type.value, item.name) == (item_type, path.rsplit("/", 1)[1])
    assert {name: getattr(item, name) for name in facts} == facts


def test_a_dicom_series_has_its_files_and_their_identity(stage: Stage, integration: str) -> None:
    folder = stage.folder()
    slices = {f"objectUrl_{n}": url(f"scans/series/slice{n + 1}.dcm") for n in range(3)}
    assert stage.register(integration, {"dicom_series": [{"title": "CT", **slices}]}, folder).unit_errors == []
    [series] = folder.list_items(item_types=[orm.StorageItemType.DICOM_SERIES])
    files = series.get_child_items()
    assert [file.name for file in files] == ["slice1.dcm", "slice2.dcm", "slice3.dcm"]
    assert {file.dicom_series_uid for file in files} == {series.dicom_series_uid}
    assert len({file.dicom_instance_uid for file in files}) == 3
    assert (series.frame_count, series.width) == (3, 32)


def test_the_sdks_own_objects_mean_the_same(stage: Stage, integration: str) -> None:
    folder = stage.folder()
    pictures = [orm.DataUploadImageGroupImage(url=url(f"images/3%20({n}).jpg")) for n in (32, 33)]
    items = orm.DataUploadItems(
        images=[orm.DataUploadImage(object_url=IMAGE, title="picture", client_metadata={"a": 1})],
        image_groups=[
            orm.DataUploadImageGroup(images=pictures, title="group"),
            orm.DataUploadImageGroup(images=pictures, title="sequence", create_video=True),
        ],
        pdf=[orm.DataUploadPDF(object_url=url("documents/report.pdf"))],
    )
    result = stage.register(integration, items, folder)
    assert (result.status, result.units_done_count) == (LongPollingStatus.DONE, 4)
    types = {item.name: item.item_type.value for item in folder.list_items()}
    assert (types["picture"], types["group"], types["sequence"]) == ("image", "imageGroup", "imageSequence")


def test_metadata_that_is_given_is_trusted_and_the_object_not_read(stage: Stage, integration: str) -> None:
    folder = stage.folder()
    nowhere = url("nowhere.png")
    image = {"objectUrl": nowhere, "imageMetadata": IMAGE_METADATA}
    assert stage.register(integration, {"images": [image]}, folder).unit_errors == []
    item = only_item(folder)
    assert (item.width, item.height, item.file_size, item.name) == (3, 2, 5, "nowhere.png")
    camel = {"mimeType": "image/png", "fileSize": 5, "height": 2, "width": 3}
    assert stage.register(integration, {"images": [{**image, "imageMetadata": camel}]}).unit_errors == []


def test_metadata_with_a_gap_is_a_unit_error(stage: Stage, integration: str) -> None:
    image = {"objectUrl": IMAGE, "imageMetadata": {"width": 3, "height": 2}}
    [error] = stage.register(integration, {"images": [image]}).unit_errors
    assert error.error == "`imageMetadata` lacks mime_type, file_size"


def test_objects_are_read_through_a_multi_region_access_point_in_both_spellings(stage: Stage, integration: str) -> None:
    through = stage.access_point
    key = through.rsplit("/", 1)[1]
    point = {
        "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{through}/object/*",
    }  # fmt: skip
    both = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{b}/*" for b in (EU, US)],
    }
    integration = stage.integrate(stage.role([point, both]))
    folder = stage.folder()
    spellings = (f"https://{through}.s3-accesspoint.amazonaws.com/images/Image1.png", f"{through}/videos/Cooking.mp4")
    document = {"images": [{"objectUrl": spellings[0]}], "videos": [{"objectUrl": spellings[1]}]}
    result = stage.register(integration, document, folder)
    assert (result.unit_errors, result.units_done_count, key.endswith(".mrap")) == ([], 2, True)
    [film] = folder.list_items(item_types=[orm.StorageItemType.VIDEO], get_signed_urls=True)
    assert requests.get(film.get_signed_url(), timeout=10).status_code == 200


def test_an_access_point_that_the_role_may_not_use_is_a_unit_error(stage: Stage, integration: str) -> None:
    [error] = stage.register(
        integration, {"images": [{"objectUrl": f"{stage.access_point}/images/Image1.png"}]}
    ).unit_errors
    assert "may not read it" in error.error


# What is refused as a whole


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"image_group": []}, "`image_group` is not a part of a registration"),
        ({"images": {"objectUrl": "x"}}, "`images` must be a list"),
        ({"scenes": [{"title": "s"}]}, "the sandbox has not"),
        ({"skip_duplicate_urls": "yes"}, "must be true or false"),
    ],
)
def test_a_registration_that_cannot_be_read_is_refused_at_once(
    stage: Stage, integration: str, document, message
) -> None:
    with pytest.raises(InvalidArgumentsError, match=message):
        stage.folder().add_private_data_to_folder_start(integration, document)


def test_an_integration_or_a_folder_that_is_not_there_is_refused_at_once(stage: Stage, integration: str) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(AuthorisationError, match="the integration"):
        stage.folder().add_private_data_to_folder_start(unknown, {"images": []})
    gone = stage.folder()
    gone.delete()
    with pytest.raises(AuthorisationError, match="the folder"):
        gone.add_private_data_to_folder_start(integration, {"images": []})


def test_an_empty_registration_is_done(stage: Stage, integration: str) -> None:
    result = stage.register(integration, {})
    assert (result.status, result.units_done_count) == (LongPollingStatus.DONE, 0)


# Duplicates


def test_duplicates_are_registered_again_unless_they_are_to_be_skipped(stage: Stage, integration: str) -> None:
    folder = stage.folder()
    group = {"title": "g", "createVideo": False, "objectUrl_0": IMAGE, "objectUrl_1": url("images/3%20(32).jpg")}
    document = {"images": [{"objectUrl": IMAGE}, {"objectUrl": IMAGE}], "image_groups": [group]}
    skipping = {**document, "skip_duplicate_urls": True}
    first = stage.register(integration, skipping, folder)
    assert (first.units_done_count, len(first.items_with_names)) == (3, 2)
    again = stage.register(integration, skipping, folder)
    assert (again.status, again.units_done_count, again.items_with_names) == (LongPollingStatus.DONE, 3, [])
    elsewhere = stage.register(integration, skipping)
    assert len(elsewhere.items_with_names) == 2
    assert len(stage.register(integration, document, folder).items_with_names) == 3


def test_a_group_is_a_duplicate_only_if_all_its_urls_are(stage: Stage, integration: str) -> None:
    folder = stage.folder()
    group = {"title": "g", "createVideo": False, "objectUrl_0": IMAGE, "objectUrl_1": url("images/3%20(32).jpg")}
    other = {**group, "objectUrl_1": url("images/3%20(33).jpg")}
    for entry in (group, other):
        result = stage.register(integration, {"image_groups": [entry], "skip_duplicate_urls": True}, folder)
        assert len(result.items_with_names) == 1


def test_metadata_of_duplicates_is_replaced_when_asked_for(stage: Stage, integration: str) -> None:
    folder = stage.folder()
    entry = {"objectUrl": IMAGE, "clientMetadata": {"version": 1}}
    later = {"objectUrl": IMAGE, "clientMetadata": {"version": 2}}
    stage.register(integration, {"images": [entry]}, folder)
    stage.register(integration, {"images": [later], "skip_duplicate_urls": True}, folder)
    assert only_item(folder).client_metadata == {"version": 1}
    stage.register(integration, {"images": [later], "skip_duplicate_urls": True, "upsert_metadata": True}, folder)
    assert only_item(folder).client_metadata == {"version": 2}


def test_a_duplicate_of_what_the_folder_has_is_not_read(stage: Stage, integration: str) -> None:
    folder = stage.folder()
    stage.register(integration, {"images": [{"objectUrl": url("gone.png"), "imageMetadata": IMAGE_METADATA}]}, folder)
    result = stage.register(
        integration, {"images": [{"objectUrl": url("gone.png")}], "skip_duplicate_urls": True}, folder
    )
    assert (result.status, result.unit_errors) == (LongPollingStatus.DONE, [])


# Waiting and cancelling


@pytest.fixture
def slow(stage: Stage, integration: str):
    """A job that takes seconds: sequences of many frames."""
    frames = {f"objectUrl_{n}": url(f"images/1%20({32 + n % 4}).jpg") for n in range(60)}
    document = {"image_groups": [{"title": f"s{n}", "createVideo": True, **frames} for n in range(64)]}
    folder = stage.folder()
    job = folder.add_private_data_to_folder_start(integration, document)
    yield folder, job
    folder.add_data_to_folder_job_cancel(job)


def test_a_peek_answers_at_once_that_the_job_is_pending(slow) -> None:
    folder, job = slow
    peek = folder.add_private_data_to_folder_get_result(job, timeout_seconds=0)
    assert (peek.status, peek.items_with_names) == (LongPollingStatus.PENDING, [])
    assert peek.units_pending_count + peek.units_done_count == 64


def test_who_waits_is_woken_when_the_job_ends(slow) -> None:
    folder, job = slow
    results = []
    waiter = threading.Thread(
        target=lambda: results.append(folder.add_private_data_to_folder_get_result(job, timeout_seconds=60))
    )
    waiter.start()
    cancelled = folder.add_data_to_folder_job_cancel(job).units_cancelled_count
    waiter.join(timeout=15)  # less than the 20 seconds that the platform holds a poll
    assert not waiter.is_alive()
    [result] = results
    assert (result.status, result.units_cancelled_count) == (LongPollingStatus.CANCELLED, cancelled)
    assert cancelled > 0


def test_nothing_is_registered_after_a_cancellation(slow) -> None:
    folder, job = slow
    folder.add_data_to_folder_job_cancel(job)
    state = folder.add_private_data_to_folder_get_result(job, timeout_seconds=0)
    time.sleep(1)
    later = folder.add_private_data_to_folder_get_result(job, timeout_seconds=0)
    assert (later.units_done_count, later.units_cancelled_count) == (
        state.units_done_count,
        state.units_cancelled_count,
    )
    assert len(list(folder.list_items(item_types=[orm.StorageItemType.IMAGE_SEQUENCE]))) == later.units_done_count
    assert folder.add_data_to_folder_job_cancel(job).units_cancelled_count == 0


def test_a_file_name_is_remembered(stage: Stage, integration: str, tmp_path) -> None:
    path = tmp_path / "media.json"
    path.write_text(json.dumps({"images": [{"objectUrl": IMAGE}]}))
    assert stage.register(integration, path).file_name == "media.json"


# Restarts and crashes


@pytest.fixture
def own_platform(stage: Stage, tmp_path):
    """A platform that a test may kill, with the stage's clouds and roles."""
    platform = Platform(tmp_path / "data", stage.aws.browser)
    platform.start()
    platform.admin.put_user(stage.user.email, "user", [stage.user.public])
    yield platform
    platform.stop()


def states(platform: Platform) -> dict[str, int]:
    """How many units are in each state, as the disk has it."""
    db = sqlite3.connect(database_path(platform.data))
    try:
        return dict(db.execute("select state, count(*) from unit group by state").fetchall())
    finally:
        db.close()


@pytest.fixture
def own_stage(stage: Stage, own_platform: Platform) -> Stage:
    return Stage(stage.aws, own_platform, stage.user, stage.access_point)


def test_a_restart_loses_nothing(own_stage: Stage, stage: Stage) -> None:
    integration = own_stage.integrate(stage.role([may_read(), may_list(), may_write()]), "kept")
    folder = own_stage.folder()
    job = folder.add_private_data_to_folder_start(integration, {"images": [{"objectUrl": IMAGE}]})
    before = folder.add_private_data_to_folder_get_result(job)
    own_stage.platform.stop()
    own_stage.platform.start()
    assert [one.id for one in own_stage.client.get_cloud_integrations()] == [integration]
    again = own_stage.client.get_storage_folder(folder.uuid)
    assert again.add_private_data_to_folder_get_result(job) == before
    assert requests.get(only_item(again).get_signed_url(), timeout=10).status_code == 200


def test_a_job_that_a_crash_interrupted_goes_on_and_does_nothing_twice(own_stage: Stage, stage: Stage) -> None:
    from platform_stage import may_list, may_read

    prefix = "after-a-crash/"
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{EU}/{prefix}*"}
    integration = own_stage.integrate(stage.role([may_read(), may_list(), write]), "crash", write_prefix=prefix)
    folder = own_stage.folder()
    frames = {f"objectUrl_{n}": url(f"images/1%20({32 + n}).jpg") for n in range(4)}
    document = {
        "images": [{"objectUrl": IMAGE, "title": f"i{n}"} for n in range(150)],
        "image_groups": [{"title": f"s{n}", "createVideo": True, **frames} for n in range(20)],
    }
    job = folder.add_private_data_to_folder_start(integration, document)
    while not folder.add_private_data_to_folder_get_result(job, timeout_seconds=0).units_done_count:
        time.sleep(0.02)
    own_stage.platform.kill()
    left = states(own_stage.platform)
    assert left["done"] > 0
    assert left["pending"] > 0
    own_stage.platform.start()
    folder = own_stage.client.get_storage_folder(folder.uuid)
    result = folder.add_private_data_to_folder_get_result(job, timeout_seconds=60)
    assert (result.status, result.units_done_count, result.unit_errors) == (LongPollingStatus.DONE, 170, [])
    assert len({item.item_uuid for item in result.items_with_names}) == 170
    names = [item.name for item in folder.list_items(page_size=1000)]
    assert len(names) == 150 + 20 * 5
    assert (
        len([name for name in names if name.startswith(("i", "s"))]) == len({n for n in names if n[0] in "is"}) == 170
    )
    videos = stage.s3().list_objects_v2(Bucket=EU, Prefix=prefix)["Contents"]
    assert len(videos) == 20
