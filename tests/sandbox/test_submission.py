"""Submissions from the command line to the platform: planned, sent, stopped, killed, said again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from submission_stage import BASE, MEDIA, Stage, all_urls, items, submit_words, wait_for, write

from integrations_sandbox.faults import Fault

pytest_plugins = ("submission_fixtures",)


@pytest.fixture
def stage(quiet_platform: Stage) -> Stage:
    """The plugin's, by a short name of this module's own: another plugin has a stage too."""
    return quiet_platform


IMAGES, VIDEOS = items("images", 300), items("videos", 200)
SLOWLY = Fault("latency", method="POST", path="/data-upload-jobs", seconds=0.4)
CRAWLING = Fault("latency", method="POST", path="/data-upload-jobs", seconds=3)  # until a test has seen enough


@pytest.fixture
def file(project: Path) -> Path:
    return write(project / "night.json", images=IMAGES, videos=VIDEOS)


def registered_once(stage: Stage, folder: str) -> bool:
    return sorted(stage.urls_in(folder)) == all_urls(IMAGES, VIDEOS)


# -- the plan -----------------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_be_sent_and_changes_nothing(stage, project, folder, file):
    words = submit_words(file, folder)
    plan = stage.play(project, *words, "--dry-run")
    assert plan.code == 0
    assert (plan.json["items"], plan.json["to_send"]) == ({"images": 300, "videos": 200}, 500)
    assert not (project / ".integrations" / "journal.sqlite3").exists()
    assert stage.play(project, "folder", "show", folder).code == 6

    assert stage.submit(project, file, folder).code == 0
    plan = stage.play(project, *words, "--dry-run")
    assert (plan.json["known"], plan.json["to_send"]) == (500, 0)


def test_without_a_terminal_nothing_is_sent_without_yes(stage, project, folder, file):
    words = [word for word in submit_words(file, folder) if word != "--yes"]
    played = stage.play(project, *words)
    assert (played.code, played.out) == (2, "")
    assert "--yes" in played.err


def test_the_same_words_again_send_nothing(stage, project, folder, file):
    assert stage.submit(project, file, folder).json["tally"]["registered"] == 500
    again = stage.submit(project, file, folder)
    assert (again.code, again.json["known"], again.json["tally"]["registered"]) == (0, 500, 500)
    assert registered_once(stage, folder)


def test_a_file_that_grew_sends_what_is_new(stage, project, folder, file):
    assert stage.submit(project, file, folder).code == 0
    write(file, images=items("images", 310), videos=VIDEOS)
    grown = stage.submit(project, file, folder)
    assert (grown.json["known"], grown.json["tally"]["registered"]) == (500, 10)
    assert len(stage.urls_in(folder)) == 510


def test_two_files_that_overlap_register_each_object_once(stage, project, folder, file):
    other = write(project / "other.json", images=items("images", 310))
    played = stage.play(project, *submit_words(file, folder), str(other))
    assert (played.code, played.json["total"], played.json["tally"]["registered"]) == (0, 810, 510)
    assert len(stage.urls_in(folder)) == 510


def test_anew_sends_everything_again_after_it_was_deleted_at_encord(stage, project, folder, file):
    assert stage.submit(project, file, folder).code == 0
    at_encord = stage.client.get_storage_folder(
        json.loads(stage.play(project, "folder", "show", folder, "--format", "json").out)["id"]
    )
    at_encord.delete_storage_items([item.uuid for item in at_encord.list_items(page_size=1000)])
    assert stage.submit(project, file, folder).json["known"] == 500
    assert stage.urls_in(folder) == []
    assert stage.submit(project, file, folder, "--anew").json["tally"]["registered"] == 500
    assert registered_once(stage, folder)


def test_anew_is_about_the_files_that_are_given_and_no_others(stage, project, folder, file):
    assert stage.submit(project, file, folder, "--allow-duplicates").code == 0
    some = write(project / "some.json", images=IMAGES[:10])
    assert stage.submit(project, some, folder, "--anew").json["tally"]["registered"] == 10
    assert stage.submit(project, file, folder, "--allow-duplicates").json["known"] == 500
    assert registered_once(stage, folder)


def test_standard_input_can_be_submitted_and_resumed(stage, project, folder, file):
    command = [sys.executable, "-m", "integrations", *submit_words("-", folder)]
    with file.open() as text:
        played = subprocess.run(
            command, cwd=project, env=stage.variables, stdin=text, capture_output=True, text=True, check=False
        )
    assert (played.returncode, json.loads(played.stdout)["total"]) == (0, 500)
    assert stage.play(project, "registration", "resume").code == 0


def test_metadata_is_replaced_only_when_that_is_said(stage, project, folder):
    def submit(color: str, *more: str):
        item = {"objectUrl": f"{BASE}/one.jpg", **MEDIA["images"], "clientMetadata": {"color": color}}
        return stage.submit(project, write(project / "one.json", images=[item]), folder, *more)

    def color() -> object:
        found = json.loads(stage.play(project, "folder", "show", folder, "--format", "json").out)
        [item] = stage.client.get_storage_folder(found["id"]).list_items()
        return item.client_metadata["color"]

    assert submit("red").code == 0
    assert submit("green").code == 0
    assert color() == "red"
    assert submit("green", "--upsert-metadata").code == 0
    assert color() == "green"
    assert submit("blue", "--upsert-metadata", "--allow-duplicates").code == 2


# -- what is wrong --------------------------------------------------------------------------------------------


def test_an_invalid_file_does_not_leave_the_machine(stage, project, folder):
    file = write(project / "bad.json", images=[*IMAGES[:2], {"objectUrl": "images/relative.jpg", **MEDIA["images"]}])
    played = stage.submit(project, file, folder)
    assert played.code == 1
    assert "bad.json:4:" in played.err
    assert "nothing was sent" in played.err
    assert stage.urls_in(folder) == []


def test_skip_invalid_sends_the_good_items_and_writes_the_bad_ones_to_a_file(stage, project, folder):
    bad = {"objectUrl": "images/relative.jpg", **MEDIA["images"]}
    file = write(project / "bad.json", images=[IMAGES[0], bad, IMAGES[1]])
    played = stage.submit(project, file, folder, "--skip-invalid")
    assert (played.code, played.json["tally"]["registered"], played.json["left_out"]) == (1, 2, 1)
    assert played.json["left_out_items"] == "bad.invalid-1.json"  # the number keeps it from that of another bad.json
    assert json.loads((project / "bad.invalid-1.json").read_text()) == {"images": [bad]}
    status = stage.play(project, "registration", "status")
    assert (status.code, "1 bad items of the files were left out" in status.out) == (1, True)
    assert sorted(stage.urls_in(folder)) == all_urls(IMAGES[:2])


def test_a_failed_item_is_named_with_its_line_and_written_to_a_file_for_the_next_try(stage, project, folder):
    missing = {"objectUrl": f"{BASE}/nobody/has/this.jpg"}  # not described, so the platform wants to read it
    file = write(project / "night.json", images=[*IMAGES[:3], missing, *IMAGES[3:5]])
    played = stage.submit(project, file, folder)
    assert (played.code, played.json["tally"]["registered"], played.json["tally"]["failed"]) == (1, 5, 1)
    [failure] = played.json["failures"]
    assert (Path(failure["file"]).name, failure["line"]) == ("night.json", 5)
    failed = project / "night.failed-1.json"
    assert json.loads(failed.read_text()) == {"images": [missing]}
    [reason] = [json.loads(line) for line in failed.with_suffix(".jsonl").read_text().splitlines()]
    assert (reason["line"], reason["urls"]) == (5, [missing["objectUrl"]])
    assert stage.play(project, "registration", "status").code == 1


def test_csv_is_converted_and_its_lines_are_known(stage, project, folder):
    file = project / "night.csv"
    file.write_text(f"ObjectURL,Image title\n{BASE}/a.jpg,A\n{BASE}/b.jpg,B\n")
    played = stage.submit(project, file, folder)  # CSV describes no media, and there is no cloud to read from
    assert (played.code, [one["line"] for one in played.json["failures"]]) == (1, [2, 3])


def test_a_folder_that_is_missing_is_made_only_when_that_is_said(stage, project, folder, file):
    deep = f"{folder}/Night"
    words = [word for word in submit_words(file, deep) if word != "--create-folder"]
    played = stage.play(project, *words)
    assert played.code == 6
    assert f": integrations folder create '{deep}'\n" in played.err  # which makes those above it too


def test_folders_of_the_same_path_are_reported_and_none_is_picked(stage, project, folder, file):
    top = folder.replace("/", "-")
    for _ in range(2):
        stage.client.create_storage_folder(top)
    played = stage.submit(project, file, top)
    assert played.code == 6
    assert "there are 2 folders" in played.err


# -- stopping, killing, two at once -----------------------------------------------------------------------------


def test_ctrl_c_stops_in_good_order_and_resume_goes_on(stage, project, folder, file):
    stage.faults(SLOWLY)
    process = stage.begin(project, *submit_words(file, folder), "--batch-size", "25", "--in-flight", "2")
    wait_for(lambda: len(stage.urls_in(folder)) >= 25)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    result = json.loads(out)
    assert (process.returncode, result["ending"]) == (8, "stopped")
    assert "to go on: integrations registration resume 1" in err
    assert result["tally"]["unclear"] == 0
    assert sum(result["tally"].values()) + result["unreached"] == result["total"] == 500
    assert 0 < len(stage.urls_in(folder)) < 500

    stage.faults()
    resumed = stage.play(project, "registration", "resume", "--format", "json")
    assert (resumed.code, resumed.json["tally"]["registered"]) == (0, 500)
    assert registered_once(stage, folder)


def test_a_second_ctrl_c_quits_at_once(stage, project, folder, file):
    stage.faults(Fault("latency", method="POST", path="/data-upload-jobs", seconds=40))
    process = stage.begin(project, *submit_words(file, folder))
    journal = project / ".integrations" / "journal.sqlite3"
    wait_for(lambda: journal.exists() and "sending" in states(journal))
    process.send_signal(signal.SIGINT)
    os.set_blocking(process.stderr.fileno(), True)
    while "stopping" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=20)  # the request would take 40 seconds
    finally:
        process.kill()
    assert process.returncode == 8

    stage.faults()
    assert stage.play(project, "registration", "resume").code == 0
    assert registered_once(stage, folder)


def states(journal: Path) -> list[str]:
    db = sqlite3.connect(journal)
    try:
        return [row[0] for row in db.execute("select state from batch")]
    except sqlite3.OperationalError:  # the tables are not there yet
        return []
    finally:
        db.close()


def test_killed_between_a_request_and_its_answer_it_asks_the_folder(stage, project, folder):
    """The work is done and the answer lost with the process: the next run sees everything in the folder."""
    file = write(project / "videos.json", videos=VIDEOS)
    stage.faults(Fault("reset_after", method="POST", path="/data-upload-jobs"))
    process = stage.begin(project, *submit_words(file, folder))
    wait_for(lambda: len(stage.urls_in(folder)) == 200)
    process.kill()
    process.communicate()
    stage.faults()
    again = stage.play(project, "registration", "resume", "--format", "jsonl")
    events = [json.loads(line) for line in again.out.splitlines()]
    [finished, end] = [one for one in events if one["event"] != "progress"]
    assert finished["text"] == "no answer had come, and all its objects are in the folder"
    assert (again.code, end["tally"]["registered"], end["tally"]["unclear"]) == (0, 200, 0)
    assert sorted(stage.urls_in(folder)) == all_urls(VIDEOS)


def test_two_submissions_of_the_same_file_at_once_the_second_waits(stage, project, folder, file):
    stage.faults(CRAWLING)
    first = stage.begin(project, *submit_words(file, folder), "--batch-size", "50", "--in-flight", "1")
    wait_for(lambda: len(stage.urls_in(folder)) > 0)
    second = stage.begin(project, *submit_words(file, folder))
    said = ""
    while "another submission to this folder is at work: waiting for it to end" not in said:
        said = second.stderr.readline()
        assert said, "the second has ended"
    stage.faults()
    (out, _), (later, _) = first.communicate(timeout=60), second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)
    assert (json.loads(out)["known"], json.loads(later)["known"]) == (0, 500)
    assert registered_once(stage, folder)


def test_two_submissions_at_once_the_second_says_so_if_it_is_not_to_wait(stage, project, folder, file):
    stage.faults(CRAWLING)
    first = stage.begin(project, *submit_words(file, folder), "--batch-size", "50", "--in-flight", "1")
    wait_for(lambda: len(stage.urls_in(folder)) > 0)
    second = stage.play(project, *submit_words(file, folder), "--no-wait")
    stage.faults()
    first.communicate(timeout=60)
    assert second.code == 4
    assert "another process works on folder" in second.err
    assert registered_once(stage, folder)


def test_no_wait_hands_everything_over_and_status_and_resume_settle_it(stage, project, folder, file):
    played = stage.submit(project, file, folder, "--no-wait")
    assert (played.code, played.json["ending"], played.json["tally"]["waiting"]) == (0, "handed_over", 500)
    wait_for(lambda: len(stage.urls_in(folder)) == 500)
    status = stage.play(project, "registration", "status")
    assert (status.code, status.out.count("DONE")) == (9, 2)  # done at Encord, not yet in the journal
    resumed = stage.play(project, "registration", "resume", "--format", "json")
    assert (resumed.code, resumed.json["tally"]["registered"]) == (0, 500)
    assert stage.play(project, "registration", "status").code == 0


# -- the journal ------------------------------------------------------------------------------------------------


def test_a_corrupted_journal_stops_everything_and_stays_as_it_is(stage, project, folder, file):
    assert stage.submit(project, file, folder).code == 0
    journal = project / ".integrations" / "journal.sqlite3"
    content = bytearray(journal.read_bytes())
    content[4096:8192] = b"\xa5" * 4096
    journal.write_bytes(content)
    played = stage.submit(project, write(project / "more.json", images=items("images", 5, 900)), folder)
    assert played.code == 4
    assert "is damaged" in played.err
    assert journal.read_bytes() == content
    assert len(stage.urls_in(folder)) == 500


def test_a_file_that_is_no_journal_is_refused(stage, project, folder, file):
    journal = project / ".integrations" / "journal.sqlite3"
    journal.parent.mkdir()
    journal.write_text("these are notes of somebody's, and no database at all\n" * 100)
    played = stage.submit(project, file, folder)
    assert played.code == 4
    assert "is damaged" in played.err
    assert journal.read_text().startswith("these are notes")
    assert stage.urls_in(folder) == []


def test_a_journal_of_a_newer_version_is_refused(stage, project, folder, file):
    assert stage.submit(project, file, folder).code == 0
    db = sqlite3.connect(project / ".integrations" / "journal.sqlite3")
    db.execute("pragma user_version = 99")
    db.close()
    played = stage.submit(project, file, folder)
    assert played.code == 4
    assert "was written by a newer version of integrations (journal 99" in played.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; tests/unit/submission has the same")
def test_a_read_only_directory_is_said_and_nothing_is_sent(stage, project, folder, file):
    project.chmod(0o555)
    try:
        played = stage.submit(project, file, folder)
    finally:
        project.chmod(0o755)
    assert played.code == 4
    assert "cannot be opened: Permission denied" in played.err
    assert stage.urls_in(folder) == []


# -- on a terminal ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "code", "count"), [("y\n", 0, 500), ("n\n", 8, 0)])
def test_on_a_terminal_the_plan_is_shown_and_asked_about(stage, project, folder, file, answer, code, count):
    import pty

    words = [word for word in submit_words(file, folder) if word != "--yes"]
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "integrations", *words],
            cwd=project, env=stage.variables, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        os.write(ours, answer.encode())
        _, err = process.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    assert "500 items, about 2 batches" in err
    assert "send this? [y/N]" in err
    assert (process.returncode, len(stage.urls_in(folder))) == (code, count)
