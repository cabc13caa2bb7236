"""Each fault alone: the right outcome, the right exit code, the right words."""

from __future__ import annotations

from pathlib import Path

import pytest
from submission_stage import Stage, all_urls, items, submit_words, write

from integrations_sandbox.faults import Fault

pytest_plugins = ("submission_fixtures",)


@pytest.fixture
def stage(quiet_platform: Stage) -> Stage:
    """The plugin's, by a short name of this module's own: another plugin has a stage too."""
    return quiet_platform


START = {"method": "POST", "path": "/data-upload-jobs"}
POLL = {"method": "GET", "path": "/data-upload-jobs/"}
IMAGES = items("images", 30)


@pytest.fixture
def file(project: Path) -> Path:
    return write(project / "night.json", images=IMAGES)


def registered_once(stage: Stage, folder: str) -> bool:
    return sorted(stage.urls_in(folder)) == all_urls(IMAGES)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_leaves_open_whether_the_work_was_done_so_it_is_said_and_sent_again(
    stage, project, folder, file, status
):
    stage.faults(Fault("error", **START, status=status, times=1))
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["registered"]) == (0, 30)
    assert "whether it was taken is not known; it is sent again, and duplicates are skipped" in played.err
    assert registered_once(stage, folder)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncate"])
def test_an_answer_that_is_lost_leads_to_nothing_lost_and_nothing_twice(stage, project, folder, file, kind):
    stage.faults(Fault(kind, **START, times=1))
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["registered"]) == (0, 30)
    assert "whether it was taken is not known" in played.err
    assert registered_once(stage, folder)


def test_duplicates_are_skipped_after_a_lost_answer_even_where_they_are_allowed(stage, project, folder, file):
    stage.faults(Fault("reset_after", **START, times=1))
    played = stage.submit(project, file, folder, "--allow-duplicates")
    assert played.code == 0
    assert registered_once(stage, folder)


def test_a_rate_limit_is_honoured_and_is_no_doubt(stage, project, folder, file):
    stage.faults(Fault("rate_limit", **START, seconds=1, times=2))
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["registered"]) == (0, 30)
    assert played.err.count("is asked too often; asks again after 1 s") == 2
    assert "not known" not in played.err
    assert registered_once(stage, folder)


def test_latency_only_takes_time(stage, project, folder, file):
    stage.faults(Fault("latency", seconds=0.05))
    played = stage.submit(project, file, folder)
    assert (played.code, played.err.count("batch ")) == (0, 0)
    assert registered_once(stage, folder)


@pytest.mark.parametrize("kind", ["error", "reset_before", "rate_limit"])
def test_a_poll_that_fails_is_made_again_and_nothing_is_sent_again(stage, project, folder, file, kind):
    stage.faults(Fault(kind, **POLL, times=1))
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["registered"]) == (0, 30)
    assert "sent again" not in played.err
    assert registered_once(stage, folder)


def test_a_stuck_job_ends_in_a_timeout_that_says_how_to_go_on(stage, project, folder, file):
    stage.faults(Fault("stuck_job", times=1))
    played = stage.submit(project, file, folder, "--timeout", "1")
    assert (played.code, played.json["ending"], played.json["tally"]["waiting"]) == (9, "timed_out", 30)
    assert "to go on: integrations registration resume 1" in played.err

    status = stage.play(project, "registration", "status")
    assert status.code == 9
    assert "PENDING" in status.out

    stage.kill()  # at its start the platform takes up what it has not done
    stage.start()
    resumed = stage.play(project, "registration", "resume", "1", "--format", "json")
    assert (resumed.code, resumed.json["tally"]["registered"], resumed.json["known"]) == (0, 30, 30)
    assert registered_once(stage, folder)


def test_a_stuck_job_can_be_cancelled_and_its_items_sent_after_all(stage, project, folder, file):
    stage.faults(Fault("stuck_job", times=1))
    assert stage.submit(project, file, folder, "--timeout", "1").code == 9
    cancelled = stage.play(project, "registration", "cancel")
    assert cancelled.out == "submission 1: 1 jobs cancelled, 30 items of them not registered\n"
    assert "to go on after all: integrations registration resume 1" in cancelled.err
    status = stage.play(project, "registration", "status")
    assert (status.code, status.out.splitlines()[0]) == (8, "submission 1: 30 cancelled")
    again = stage.play(project, "registration", "resume", "--format", "json")
    assert (again.code, again.json["tally"]["registered"], again.json["tally"]["cancelled"]) == (0, 30, 0)
    assert registered_once(stage, folder)


def test_a_job_that_ends_in_an_error_is_sent_again(stage, project, folder, file):
    stage.faults(Fault("failed_job", times=1))
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["registered"]) == (0, 30)
    assert "Encord ended the job with an error: the platform failed on purpose" in played.err
    assert registered_once(stage, folder)


def test_a_job_that_always_ends_in_an_error_fails_every_item_by_name(stage, project, folder, file):
    stage.faults(Fault("failed_job"))
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["failed"]) == (1, 30)
    first = played.json["failures"][0]
    assert (first["line"], first["urls"]) == (2, [IMAGES[0]["objectUrl"]])
    assert "the platform failed on purpose" in first["error"]

    stage.faults()
    again = stage.submit(project, played.json["failed_items"], folder)
    assert (again.code, again.json["tally"]["registered"]) == (0, 30)
    assert registered_once(stage, folder)


def test_credentials_that_expire_on_the_way_end_in_3_and_it_goes_on_from_there(stage, project, folder, file):
    stage.faults(Fault("expired_credentials", **START))
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["ending"], played.json["tally"]["unsent"]) == (3, "not_authorised", 30)
    assert "does not know this key" in played.err
    assert "to go on: integrations registration resume 1" in played.err

    stage.faults()
    resumed = stage.play(project, "registration", "resume", "--format", "json")
    assert (resumed.code, resumed.json["tally"]["registered"]) == (0, 30)
    assert registered_once(stage, folder)


def test_a_platform_that_only_fails_is_given_up_with_4(stage, project, folder, file):
    stage.faults(Fault("error", **START, status=503))
    played = stage.submit(project, file, folder, "--silence", "2")
    assert (played.code, played.json["ending"], played.json["tally"]["unclear"]) == (4, "unreachable", 30)
    assert stage.urls_in(folder) == []

    stage.faults()
    resumed = stage.play(project, "registration", "resume", "--format", "json")
    assert "no answer had come; 0 of 30 items are in the folder" in resumed.err
    assert (resumed.code, resumed.json["tally"]["registered"]) == (0, 30)


def test_a_platform_that_is_not_there_is_said_and_nothing_is_written(stage, project, folder, file):
    stage.kill()
    try:
        played = stage.play(project, *submit_words(file, folder))
    finally:
        stage.start()
    assert played.code == 4
    assert "cannot be reached" in played.err
    assert stage.play(project, "registration", "list").code == 6


def test_a_registration_that_is_too_large_is_halved_until_it_fits(stage, project, folder, file):
    stage.faults(Fault("error", **START, status=413, times=3))
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["registered"]) == (0, 30)
    assert "tries each half by itself" in played.err
    assert registered_once(stage, folder)


def test_one_item_that_nobody_takes_fails_by_name_and_the_others_are_registered(stage, project, folder):
    """A refusal of the whole request is tracked down to the one item that it is about."""
    file = write(project / "mixed.json", images=IMAGES, scenes=[{"title": "A street", "scene": {}}])
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["registered"], played.json["tally"]["failed"]) == (1, 30, 1)
    [failure] = played.json["failures"]
    assert (failure["section"], failure["line"]) == ("scenes", 34)
    assert "the sandbox has not" in failure["error"]
    assert registered_once(stage, folder)
