"""Local files in Encord's own storage: every kind, run again, killed, with faults."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import requests
from submission_stage import Stage, wait_for

from integrations_sandbox.faults import Fault
from integrations_sandbox.media import write_samples

pytest_plugins = ("submission_fixtures",)


@pytest.fixture
def stage(quiet_platform: Stage) -> Stage:
    """The plugin's, by a short name of this module's own: another plugin has a stage too."""
    return quiet_platform


KINDS = {"images": 17, "videos": 3, "nifti": 2, "audio": 1, "pdfs": 1, "text": 1, "dicom_series": 1}


@pytest.fixture
def media(project: Path) -> Path:
    folder = project / "media"
    write_samples(folder)
    return folder


def upload(stage: Stage, project: Path, folder: str, *more: str):
    words = ("registration", "upload", "media", "--folder", folder, "--create-folder", "--yes", "--format", "json")
    return stage.play(project, *words, *more)


def listed(stage: Stage, folder: str, **options):
    found = list(stage.client.find_storage_folders(search=folder.rpartition("/")[2]))
    return list(found[0].list_items(page_size=1000, **options)) if found else []


def test_every_kind_of_file_is_uploaded_and_can_be_looked_at(stage, project, folder, media):
    played = upload(stage, project, folder)
    assert (played.code, played.json["tally"]["registered"]) == (0, sum(KINDS.values()))
    items = listed(stage, folder, get_signed_urls=True)
    [image] = [item for item in items if item.name == "Image1.png"]
    assert (image.width, image.height) == (160, 120)
    url = image.get_signed_url()
    assert requests.get(url, timeout=10).content == (media / "images" / "Image1.png").read_bytes()
    assert requests.get(f"{url[:-1]}{'0' if url[-1] != '0' else '1'}", timeout=10).status_code == 403
    [series] = [item for item in items if item.item_type.name == "DICOM_SERIES"]
    assert len(list(series.get_child_items())) == 3


def test_the_images_of_a_folder_can_be_a_group_or_a_sequence(stage, project, folder, media):
    for images, kind in (("group", "IMAGE_GROUP"), ("sequence", "IMAGE_SEQUENCE")):
        played = upload(stage, project, folder, "--images", images)
        assert played.code == 0
        assert {item.name for item in listed(stage, folder) if item.item_type.name == kind} == {"images", "frames"}


def test_run_again_it_sends_only_what_is_new(stage, project, folder, media):
    assert upload(stage, project, folder).code == 0
    before = len(listed(stage, folder))
    (media / "more.txt").write_text("one more")
    again = upload(stage, project, folder)
    assert (again.code, again.json["known"], again.json["total"]) == (0, sum(KINDS.values()), sum(KINDS.values()) + 1)
    assert len(listed(stage, folder)) == before + 1


def test_killed_in_the_middle_it_goes_on_and_nothing_is_there_twice(stage, project, folder, media):
    stage.faults(Fault("latency", seconds=0.15))
    words = ("registration", "upload", "media", "--folder", folder, "--create-folder", "--yes")
    process = stage.begin(project, *words)
    wait_for(lambda: len(stage.urls_in(folder)) >= 4)
    process.kill()
    process.communicate()
    stage.faults()
    resumed = stage.play(project, "registration", "resume", "--format", "json")
    assert (resumed.code, resumed.json["tally"]["registered"]) == (0, sum(KINDS.values()))
    names = Counter(item.name for item in listed(stage, folder) if item.item_type.name != "DICOM_FILE")
    assert (len(names), set(names.values())) == (sum(KINDS.values()), {1})


def test_a_lost_answer_makes_it_look_into_the_folder_before_it_sends_again(stage, project, folder, media):
    stage.faults(Fault("reset_after", method="POST", path="/data-upload-jobs", times=3))
    played = upload(stage, project, folder)
    assert (played.code, played.json["tally"]["registered"]) == (0, sum(KINDS.values()))
    assert "tries again after" in played.err
    names = Counter(item.name for item in listed(stage, folder) if item.item_type.name != "DICOM_FILE")
    assert set(names.values()) == {1}


def test_a_file_that_is_not_what_its_name_says_fails_by_name(stage, project, folder):
    (project / "media").mkdir()
    (project / "media" / "broken.jpg").write_text("no picture")
    (project / "media" / "good.txt").write_text("good")
    (project / "media" / "strange.xyz").write_text("of no kind")
    played = upload(stage, project, folder)
    assert (played.code, played.json["tally"]["registered"], played.json["tally"]["failed"]) == (1, 1, 1)
    assert "broken.jpg" in played.json["failures"][0]["file"]
    assert played.json["failures"][0]["error"] == "Expected an image, got a file of type text/plain"
    assert "left out, of no kind that Encord takes" in played.err


def test_a_dry_run_uploads_nothing(stage, project, folder, media):
    played = upload(stage, project, folder, "--dry-run")
    assert played.code == 0
    assert "Cooking.mp4" in played.out
    assert listed(stage, folder) == []
