"""Who may look at the console, under which policy, and how a browser gets there."""

from __future__ import annotations

import pytest

from integrations_sandbox import console
from integrations_sandbox.clouds.edge import Route, Routes
from integrations_sandbox.platform.console import sessions
from integrations_sandbox.platform.routes.console import API, PAGES, policy


def test_a_session_admits_its_own_token_until_it_ends(monkeypatch):
    known = sessions.Sessions()
    token = known.begin()
    assert known.admits(token)
    assert not known.admits(None)
    assert not known.admits(f"{token}x")
    now = sessions.time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + sessions.SECONDS + 1)
    assert not known.admits(token)


def test_each_session_has_a_token_of_its_own():
    known = sessions.Sessions()
    assert known.begin() != known.begin()


@pytest.mark.parametrize("named", [True, False])
def test_the_page_runs_no_script_but_its_own_and_nobody_frames_it(named):
    rules = dict(rule.strip().split(" ", 1) for rule in policy(named=named).split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"


def test_media_come_over_plain_http_on_loopback_only():
    assert "http://" not in policy(named=True)
    assert policy(named=False).count("http://127.0.0.1:*") == 3


def test_everything_that_the_page_loads_is_served_to_anybody_and_nothing_else_is():
    assert "/_sandbox/console" in PAGES
    assert "/_sandbox/console/console.js" in PAGES
    assert not any(page.startswith(f"{API}/") for page in PAGES)
    assert "/_sandbox/console/session" not in PAGES


def test_the_edge_plays_encords_host_and_no_look_alike():
    routes = Routes(1, (Route("app.encord.com", 2), Route("amazonaws.com", 3)), "ca.pem")
    assert routes.find("app.encord.com") == 2
    assert routes.find("app.encord.com.evil.example") is None
    assert routes.find("encord.com") is None


@pytest.mark.parametrize(
    ("variables", "platform", "window"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ""}, "linux", False),
        ({}, "linux", False),
        ({}, "darwin", True),
    ],
)
def test_a_window_is_opened_only_where_there_is_a_display(variables, platform, window):
    assert console.has_display(variables, platform) is window
