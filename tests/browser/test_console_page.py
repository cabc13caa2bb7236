"""The console as a person uses it: folders, items, registrations, by pointer and by keyboard, in both themes."""

from __future__ import annotations

import json
import shutil
import time

import pytest
import requests
from console_page import appearance, open_console, reasons, show_folder

from integrations.errors import ExitCode
from integrations.registration.locations import first_url
from integrations_sandbox import people
from integrations_sandbox.console import visit
from integrations_sandbox.faults import Fault
from integrations_sandbox.media import write_samples
from integrations_sandbox.sandbox import open_sandbox
from integrations_sandbox.stages import DEPLOYER, stage_of

pytest_plugins = ["stage"]
CLOUD = "aws"
SAMPLES = (
    "images/Image1.png", "documents/report.pdf", "documents/notes.txt", "scans/volume.nii", "frames/frame1.jpg",
    "frames/frame2.jpg",
)  # fmt: skip
ITEMS = {
    "images": [{"objectUrl": "images/Image1.png", "title": "picture"}, {"objectUrl": "images/missing.png"}],
    "pdfs": [{"objectUrl": "documents/report.pdf", "title": "report"}],
    "text": [{"objectUrl": "documents/notes.txt", "title": "notes"}],
    "nifti": [{"objectUrl": "scans/volume.nii", "title": "volume"}],
    "image_groups": [
        {"title": "group", "createVideo": False, "objectUrl_0": "frames/frame1.jpg", "objectUrl_1": "frames/frame2.jpg"}
    ],
}
FOLDER = "Vehicles/2026/Night"
THEMES = [("light", 1280), ("dark", 1280), ("light", 380), ("dark", 380)]


@pytest.fixture(scope="session")
def filled(stages):
    """A folder three deep with one item of each kind that is shown in its own way; one unit failed."""
    stage = stages(CLOUD)
    media = integration(stage)
    folder = stage.root / "page-samples"
    write_samples(folder)
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        objects = [(key, (folder / key).read_bytes()) for key in SAMPLES]
        stage_of(media).put_objects(media, objects, everywhere=True)
    done = register(stage, ITEMS)
    assert (done.code, "images/missing.png" in done.out + done.err) == (ExitCode.FINDINGS, True)
    return stage


def integration(stage):
    return stage.sandbox.environment.settings.integrations["media"]


def register(stage, items, *more):
    """Register items, given by key, as a person does."""
    base = first_url(integration(stage), "")
    text = json.dumps(items)
    for key in (*SAMPLES, "images/missing.png"):
        text = text.replace(f'"{key}"', f'"{base}{key}"')
    file = stage.root / "page.json"
    file.write_text(text)
    words = ("--folder", FOLDER, "--integration", "media", "--create-folder", "--yes", "--allow-duplicates", "--anew")
    return stage.run("registration", "submit", str(file), *words, *more)


@pytest.fixture
def window(filled, open_window):
    """The console with that folder open."""
    window = open_console(open_window, filled)
    show_folder(window, FOLDER)
    appearance(window)
    return window


# Folders and items


def test_folders_are_a_tree_whose_links_say_the_whole_path(window):
    links = window.page.get_by_role("navigation", name="Folders").get_by_role("link")
    paths = [name for name in links.evaluate_all("all => all.map((one) => one.title)") if name.startswith("Vehicles")]
    assert paths == ["Vehicles", "Vehicles/2026", FOLDER]
    here = window.page.get_by_title(FOLDER, exact=True)
    assert here.inner_text().split("\n")[-1].strip() == "5"
    assert here.get_attribute("aria-current") == "page"


def test_the_pdf_is_fetched_whole_and_given_to_the_browsers_own_viewer(window):
    window.page.get_by_role("button", name="report").click()
    window.page.locator("dialog iframe[data-loaded]").wait_for()
    assert window.page.frames[1].url.startswith("blob:https://app.encord.com/")
    # Chromium's viewer is an extension of its own, which takes over a frame that holds a PDF.
    while not any(frame.url.startswith("chrome-extension://") for frame in window.page.frames):
        window.page.wait_for_event("framenavigated")


def test_a_text_and_what_no_browser_draws_are_read_through_cors_as_well(window):
    cards = window.page.locator("#grid > li")
    assert "Three apples" in cards.filter(has_text="notes").locator("pre").inner_text()
    assert cards.filter(has_text="volume").locator(".object").inner_text().startswith("readable, 3.")


def test_a_group_shows_its_parts(window):
    window.page.get_by_role("button", name="group").click()
    parts = window.page.wait_for_function(
        """() => {
          const parts = [...document.querySelectorAll("dialog .strip img")];
          return parts.length > 0 && parts.every((one) => one.naturalWidth > 0) ? parts.map((one) => one.alt) : null;
        }"""
    )
    assert parts.json_value() == ["Part 1 of 2", "Part 2 of 2"]


def test_the_viewer_opens_and_closes_by_keyboard_and_gives_the_focus_back(window):
    name = window.page.get_by_role("button", name="picture")
    name.focus()
    window.page.keyboard.press("Enter")
    dialog = window.page.get_by_role("dialog", name="picture")
    dialog.wait_for()
    assert "https://acme-media-eu.s3.eu-west-2.amazonaws.com/images/Image1.png" in dialog.inner_text()
    window.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert name.evaluate("(one) => one === document.activeElement")


def test_an_object_that_is_gone_is_said_to_be_missing_and_not_blamed_on_cors(filled, open_window):
    s3 = filled.client("s3")
    held = s3.get_object(Bucket="acme-media-eu", Key="images/Image1.png")["Body"].read()
    s3.delete_object(Bucket="acme-media-eu", Key="images/Image1.png")
    try:
        window = open_console(open_window, filled)
        show_folder(window, FOLDER)
        assert appearance(window)["picture"] == "lost"
        assert "answers 404" in (words := reasons(window, 1))
        assert "not about CORS" in words
    finally:
        s3.put_object(Bucket="acme-media-eu", Key="images/Image1.png", Body=held)


# Registrations


def test_units_that_failed_are_told_with_their_reason(window):
    job = window.page.locator("#jobs > li").first
    assert "5 of 6 units done, 1 failed" in job.inner_text()
    job.get_by_text("What failed (1)").click()
    reason = job.locator("details li")
    reason.wait_for()
    assert "images/missing.png" in reason.inner_text()


def test_a_registration_appears_and_its_end_is_announced_while_one_looks(filled, window):
    known = window.page.locator("#jobs > li").count()
    filled.sandbox.admin().put_faults(Fault("stuck_job", times=1))
    try:
        left = register(filled, {"images": [{"objectUrl": "images/Image1.png", "title": "late"}]}, "--no-wait")
        assert left.code == ExitCode.CLEAN, left.err
        window.page.locator("#jobs > li").nth(known).wait_for()
        first = window.page.locator("#jobs > li").first
        assert "running: 0 of 1 units done" in first.inner_text()
    finally:
        filled.sandbox.admin().put_faults()
        stopped = filled.run("registration", "cancel")
    assert stopped.code == ExitCode.CLEAN, stopped.err
    window.page.get_by_role("status").get_by_text("cancelled").wait_for(state="attached")
    assert "cancelled: 0 of 1 units done, 1 cancelled" in first.inner_text()


# Who may look


@pytest.mark.parametrize("token", ["", "wrong"])
def test_without_a_session_nothing_is_told(filled, open_window, token):
    seen = visit(filled.sandbox)
    window = open_window(f"{seen.address.partition('#')[0]}#{token}", seen.options)
    window.page.get_by_role("alert").get_by_text("integrations sandbox console").wait_for()
    assert window.page.locator("#folders li").count() == 0


def test_the_token_is_in_no_address_and_in_no_log(filled, open_window):
    seen = visit(filled.sandbox)
    token = seen.address.partition("#")[2]
    asked = []
    window = open_window(seen.address, seen.options)
    window.page.on("request", lambda request: asked.append(request.url))
    window.page.locator("#folders li").first.wait_for()
    window.page.wait_for_event("requestfinished")
    assert token not in window.page.url
    assert asked
    assert not any(token in address for address in asked)
    assert not any(token in path.read_text(errors="replace") for path in filled.sandbox.layout.folder.rglob("log*.txt"))


def test_a_session_opens_the_console_and_nothing_else(filled):
    token = visit(filled.sandbox).address.partition("#")[2]
    bearer = {"Authorization": f"Bearer {token}"}

    def status(path):
        return requests.get(f"{filled.sandbox.domain}{path}", headers=bearer, timeout=10).status_code

    assert status("/_sandbox/console/api/state") == 200
    assert status("/_sandbox/integrations") == 401
    assert status("/v2/public/cloud-integrations") == 401
    assert (
        requests.post(f"{filled.sandbox.domain}/_sandbox/console/session", headers=bearer, timeout=10).status_code
        == 401
    )


# On loopback, for browsers that know nothing of the sandbox


def test_on_loopback_the_page_says_in_words_why_pictures_do_not_appear(filled, open_window):
    seen = visit(filled.sandbox)
    window = open_window(seen.plain)
    window.page.get_by_role("alert").get_by_text("Buckets let Encord's origin in and no other").wait_for()
    show_folder(window, FOLDER)
    assert set(appearance(window).values()) == {"lost"}
    assert f"does not let {filled.sandbox.domain} in" in reasons(window, 5)


def test_the_command_prints_how_to_start_the_browser_and_up_prints_the_command(filled):
    printed = filled.run("sandbox", "console", "--print")
    assert printed.code == ExitCode.CLEAN, printed.err
    assert "https://app.encord.com/_sandbox/console#" in printed.out
    assert f"--proxy-server=http://127.0.0.1:{filled.sandbox.ports['edge']}" in printed.out
    assert "integrations sandbox console" in filled.run("sandbox", "up").err


def test_the_command_starts_a_browser_where_there_is_a_display(filled, tmp_path):
    said, draft = tmp_path / "said", tmp_path / "draft"
    browser = tmp_path / "chromium"
    browser.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {draft} && mv {draft} {said}\n")
    browser.chmod(0o755)
    started = filled.run("sandbox", "console", PATH=f"{tmp_path}:/usr/bin:/bin", DISPLAY=":0")
    assert (started.code, started.out) == (ExitCode.CLEAN, ""), started.err
    assert "#" not in started.err  # the token is for the browser alone
    deadline = time.monotonic() + 20
    while not said.exists():
        assert time.monotonic() < deadline, "the browser was not started"
        time.sleep(0.05)
    *options, address = said.read_text().splitlines()
    assert f"--user-data-dir={filled.sandbox.layout.folder / 'browser'}" in options
    assert address.startswith("https://app.encord.com/_sandbox/console#")


def test_without_a_running_sandbox_the_command_says_what_to_do(filled, tmp_path):
    for name in ("Pulumi.yaml", "Pulumi.sandbox.yaml"):
        shutil.copy(filled.root / name, tmp_path / name)
    refused = type(filled)(open_sandbox(tmp_path)).run("sandbox", "console")
    assert refused.code == ExitCode.USAGE
    assert refused.err.strip().endswith("the sandbox does not run: integrations sandbox up")


# For everybody


@pytest.mark.parametrize(("theme", "width"), THEMES)
def test_axe_finds_nothing_and_the_browser_has_nothing_to_complain_of(filled, open_window, axe, theme, width):
    window = open_console(open_window, filled, theme=theme, width=width)
    show_folder(window, FOLDER)
    appearance(window)
    window.page.get_by_text("What failed (1)").last.click()
    assert axe(window) == []
    for name in ("notes", "report", "group"):
        window.page.get_by_role("button", name=name).click()
        window.page.locator("dialog .medium").first.wait_for()
        assert axe(window) == [], name
        window.page.keyboard.press("Escape")
    assert window.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert window.complaints == []
