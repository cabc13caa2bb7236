"""What a browser's requests prove, against a tiny server that answers as told."""

from __future__ import annotations

import pytest

from integrations.checks import browser
from integrations.checks.records import Obstacle, Status

ORIGINS = ("https://app.encord.com", "https://app.us.encord.com")


def leave(origins=ORIGINS, methods="GET, HEAD"):
    """A server that lets exactly these origins in, as a bucket does."""

    def reply(method, headers):
        origin = headers.get("Origin")
        if origin not in origins:
            return (200 if method == "GET" else 403), {}, b"<Error><Message>CORSResponse: not enabled</Message></Error>"
        return 200, {browser.ALLOW_ORIGIN: origin, "Access-Control-Allow-Methods": methods}, b"x"

    return reply


def test_every_origin_is_asked_for_every_method(server):
    server.reply = leave()
    answer = browser.ask_preflight(server.url, ORIGINS, "mend")
    assert answer.status is Status.PASS
    assert server.asked == [("OPTIONS", origin) for origin in ORIGINS for _ in ("GET", "HEAD")]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (leave(ORIGINS[:1]), "preflight from https://app.us.encord.com for GET: 403"),
        (leave(methods="GET"), "preflight from https://app.encord.com for HEAD"),
        (lambda method, headers: (200, {}, b""), "Access-Control-Allow-Origin missing"),
        (lambda method, headers: (301, {browser.ALLOW_ORIGIN: "https://other.example"}, b""), "301"),
    ],
)
def test_a_preflight_that_gives_no_leave_fails_with_what_was_said(server, reply, said):
    server.reply = reply
    answer = browser.ask_preflight(server.url, ORIGINS, "mend")
    assert (answer.status, answer.fix) == (Status.FAIL, "mend")
    assert said in answer.seen


def test_the_clouds_own_words_are_passed_on_and_the_signature_is_not(server):
    server.reply = leave(())
    answer = browser.ask_preflight(server.url, ORIGINS, "mend")
    assert "(CORSResponse: not enabled)" in answer.seen
    assert "secret" not in answer.seen


def test_foreign_origins_are_refused_by_a_bucket_that_names_its_own(server):
    server.reply = leave()
    answer = browser.ask_foreign(server.url, ORIGINS, "mend")
    assert answer.status is Status.PASS
    assert {origin for _, origin in server.asked} == {"https://foreign.example", "https://app.encord.com.evil.example"}


@pytest.mark.parametrize("allowed", ["*", "echo", "prefix"])
def test_a_bucket_that_lets_a_foreigner_in_fails(server, allowed):
    def reply(method, headers):
        origin = headers["Origin"]
        lets = allowed != "prefix" or origin.startswith(ORIGINS[0])
        return 200, {browser.ALLOW_ORIGIN: "*" if allowed == "*" else origin} if lets else {}, b""

    server.reply = reply
    answer = browser.ask_foreign(server.url, ORIGINS, "mend")
    assert answer.status is Status.FAIL
    assert ("evil" in answer.seen) == (allowed == "prefix")


def test_a_signed_get_must_bring_the_object_and_leave(server):
    server.reply = leave()
    assert browser.ask_signed_get(server.url, ORIGINS, "mend").status is Status.PASS
    server.reply = leave(ORIGINS[:1])
    without = browser.ask_signed_get(server.url, ORIGINS, "mend")
    assert without.seen == "GET with Origin https://app.us.encord.com: 200, but Access-Control-Allow-Origin is missing"
    server.reply = lambda method, headers: (403, {}, b"<Message>Request has expired</Message>")
    refused = browser.ask_signed_get(server.url, ORIGINS, "mend")
    assert refused.status is Status.FAIL and "(Request has expired)" in refused.seen


@pytest.mark.parametrize("ask", [browser.ask_preflight, browser.ask_foreign, browser.ask_signed_get])
def test_no_answer_is_unknown_and_no_verdict(server, ask):
    server.close()
    answer = ask(server.url, ORIGINS, "mend")
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, Obstacle.NETWORK)
    assert "secret" not in answer.reason


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_cloud_in_trouble_is_asked_again_and_is_no_verdict(server, status):
    server.reply = lambda method, headers: (status, {"Retry-After": "3600"}, b"")
    answer = browser.ask_signed_get(server.url, ORIGINS, "mend")
    assert (answer.status, answer.obstacle) == (Status.UNKNOWN, Obstacle.NETWORK)
    assert answer.reason == f"a browser's request: the cloud answers {status}"
    assert len(server.asked) == 2


def test_one_bad_moment_is_forgotten(server):
    moments = iter([(503, {}, b"")])
    server.reply = lambda method, headers: next(moments, None) or leave()(method, headers)
    assert browser.ask_signed_get(server.url, ORIGINS, "mend").status is Status.PASS


def test_a_refusal_is_a_verdict_and_trouble_is_no_refusal(server):
    import requests

    server.reply = lambda method, headers: (403, {}, b"")
    assert not browser.is_answered(server.url())
    server.reply = lambda method, headers: (503, {}, b"")
    with pytest.raises(requests.RequestException):
        browser.is_answered(server.url())
