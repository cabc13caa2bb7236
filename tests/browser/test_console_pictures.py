"""A real browser agrees: media appear in the console exactly when the buckets' CORS rules are right.

Every case is made for real in the sandbox, on every integration of its environment, and
`integrations check` says beforehand what the browser will say. Those of the matrix are in test_console_matrix.py.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from console_page import PIXEL, appearance, open_console, reasons, show_folder
from cors_rules import Rule, in_force
from samples_at_encord import NAMES

from integrations.environment.load import load_environment
from integrations.errors import ExitCode
from integrations_sandbox.stages import stage_of

pytest_plugins = ["stage", "samples_at_encord"]

ROOT = Path(__file__).parents[2]
INTEGRATIONS = load_environment("sandbox", ROOT).integrations
ORIGIN = "https://app.encord.com"
WRONG = {
    "an origin that begins like Encord's": (Rule((f"{ORIGIN}.evil.example",)),),
    "Encord's host over plain http": (Rule(("http://app.encord.com",)),),
    "a method that is not GET": (Rule((ORIGIN,), ("PUT",)),),
}
# The page gets its list of items late: signed URLs are old then.
LATE = """
  const real = window.fetch;
  window.fetch = async (address, options) => {
    const answer = await real(address, options);
    if (`${address}`.endsWith("/items")) await new Promise((wake) => setTimeout(wake, 2500));
    return answer;
  };
"""


@pytest.fixture(params=INTEGRATIONS, ids=lambda integration: integration.name)
def integration(request):
    """Each integration of the sandbox's environment in turn."""
    return request.param


@pytest.fixture
def stage(filled, integration):
    """The sandbox of that integration's cloud."""
    return filled(integration.cloud)


def _seen(open_window, stage, integration):
    window = open_console(open_window, stage)
    show_folder(window, f"Console/{integration.name}")
    return window, appearance(window)


def test_with_cors_right_everything_appears_and_the_browser_has_nothing_to_complain_of(stage, integration, open_window):
    assert stage.check("--integration", integration.name, "--select", "COR") == (ExitCode.CLEAN, {})
    window, states = _seen(open_window, stage, integration)
    assert states == dict.fromkeys(NAMES, "appears")
    red, green, blue, _ = window.page.locator("#grid img").first.evaluate(PIXEL)
    assert (red, green, blue) != (0, 0, 0)
    assert window.page.evaluate("[...document.querySelectorAll('#grid video')].every((one) => one.videoWidth > 0)")
    assert window.page.locator("#grid pre").inner_text().startswith("Sample notes")
    assert window.complaints == []


@pytest.mark.parametrize("case", WRONG)
def test_with_cors_wrong_nothing_appears_and_check_said_so(stage, integration, case, open_window):
    with in_force(stage, integration, *WRONG[case]):
        code, found = stage.check("--integration", integration.name, "--select", "COR")
        window, states = _seen(open_window, stage, integration)
        assert (code, "COR203" in found["fail"]) == (ExitCode.FINDINGS, True)
        assert states == dict.fromkeys(NAMES, "lost")
        words = reasons(window, len(NAMES))
        assert f"does not let {ORIGIN} in: Access-Control-Allow-Origin" in words
        assert any("has been blocked by CORS policy" in complaint for complaint in window.complaints)


def test_with_rules_that_were_mended_the_same_page_shows_everything_again(stage, integration, open_window):
    with in_force(stage, integration):
        window, states = _seen(open_window, stage, integration)
        assert states == dict.fromkeys(NAMES, "lost")
    # A URL that is signed in the same second is the same, and the browser keeps what it got for it without leave.
    window.page.wait_for_timeout(1100)
    window.page.get_by_role("button", name="Load again").click()
    window.page.locator("#unseen").wait_for(state="hidden")
    assert appearance(window) == dict.fromkeys(NAMES, "appears")


def test_a_signed_url_that_has_expired_shows_nothing_and_is_not_called_cors(stage, integration, open_window):
    outputs = json.loads(stage.sandbox.layout.outputs.read_text())[integration.name]
    known = next(one for one in stage.sandbox.admin().list_integrations() if one["title"] == integration.encord.title)
    at_platform = stage_of(integration).at_platform(integration, outputs, known["uuid"], stage.sandbox.layout.folder)
    stage.sandbox.admin().put_integration(msgspec.structs.replace(at_platform, url_seconds=1))
    try:
        window = open_console(open_window, stage, script=LATE)
        show_folder(window, f"Console/{integration.name}")
        assert appearance(window) == dict.fromkeys(NAMES, "lost")
        words = reasons(window, len(NAMES))
        assert "That is not about CORS." in words
        assert re.search("expired|not valid in the specified time frame", words)
    finally:
        stage.sandbox.admin().put_integration(at_platform)
