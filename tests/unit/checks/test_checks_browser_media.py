"""What a player needs besides the object, against a tiny server that answers as told."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from integrations.access import cors
from integrations.checks import browser_media
from integrations.checks.browser import ALLOW_ORIGIN
from integrations.checks.browser_media import EXPOSED
from integrations.checks.records import Obstacle, Status

ORIGINS = ("https://app.encord.com", "https://app.us.encord.com")


def store(*, parts=True, head=True, exposed=cors.EXPOSED_HEADERS, vary="Origin", control=None):
    """A store that does everything right, but for what is said."""

    def reply(method, headers):
        origin = headers.get("Origin")
        answer = {"Cache-Control": control} if control else {}
        if origin in ORIGINS and (head or method != "HEAD"):
            answer |= {ALLOW_ORIGIN: origin, EXPOSED: ", ".join(exposed), **({"Vary": vary} if vary else {})}
        return (206 if parts and headers.get("Range") else 200), answer, b"x"

    return reply


def asked_for_parts(server):
    return browser_media.ask_parts(server.url, server.url, ORIGINS, "mend", "repair")


def test_head_and_parts_with_leave_pass(server):
    server.reply = store()
    assert asked_for_parts(server).status is Status.PASS
    assert server.asked == [(method, origin) for origin in ORIGINS for method in ("HEAD", "GET")]


@pytest.mark.parametrize(
    ("faults", "said", "fix"),
    [({"head": False}, "HEAD with Origin https://app.encord.com: 200", "mend"),
     ({"parts": False}, "GET of one byte: 200, not 206", "repair")],
)  # fmt: skip
def test_a_store_that_gives_no_parts_or_no_leave_for_head_fails(server, faults, said, fix):
    server.reply = store(**faults)
    answer = asked_for_parts(server)
    assert (answer.status, answer.fix) == (Status.FAIL, fix)
    assert said in answer.seen


def test_headers_that_seeking_needs_must_be_exposed(server):
    server.reply = store()
    assert browser_media.ask_exposed(server.url, ORIGINS, "mend").status is Status.PASS
    server.reply = store(exposed=("*",))
    assert browser_media.ask_exposed(server.url, ORIGINS, "mend").status is Status.PASS
    server.reply = store(exposed=("etag",))
    answer = browser_media.ask_exposed(server.url, ORIGINS, "mend")
    assert answer.status is Status.FAIL
    assert answer.seen == "for https://app.encord.com not exposed: Accept-Ranges, Content-Length, Content-Range"


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({}, Status.PASS),
        ({"vary": "Accept, origin"}, Status.PASS),
        ({"vary": ""}, Status.FAIL),
        ({"vary": "Accept"}, Status.FAIL),
        ({"control": "max-age=60"}, Status.WARNING),
        ({"control": "private, max-age=0"}, Status.PASS),  # as Cloud Storage answers
        ({"control": "public, no-store"}, Status.PASS),
        ({"control": "no-cache"}, Status.PASS),
    ],
)
def test_answers_for_different_origins_must_be_told_apart(server, how, status):
    server.reply = store(**how)
    assert browser_media.ask_cached(server.url, ORIGINS, "repair").status is status


@pytest.mark.parametrize(("off", "said"), [(0, None), (59, None), (120, "120 s ahead"), (-3600, "3600 s behind")])
def test_the_clock_is_held_against_the_clouds(server, off, said):
    now = 1_790_000_000
    server.reply = lambda method, headers: (403, {"Date": formatdate(now, usegmt=True)}, b"")
    answer = browser_media.ask_clock(server.url, now=lambda: now + off)
    assert answer.status is (Status.FAIL if said else Status.PASS)
    assert said is None or said in answer.seen


@pytest.mark.parametrize(
    "ask",
    [
        lambda url: browser_media.ask_parts(url, url, ORIGINS, "mend", "repair"),
        lambda url: browser_media.ask_exposed(url, ORIGINS, "mend"),
        lambda url: browser_media.ask_cached(url, ORIGINS, "repair"),
        browser_media.ask_clock,
    ],
)
def test_no_answer_is_unknown_and_no_verdict(server, ask):
    server.close()
    answer = ask(server.url)
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, Obstacle.NETWORK)
    assert "secret" not in answer.reason
