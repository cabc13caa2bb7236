"""Why a medium does not appear: each cause in its own words, and CORS blamed only where it is CORS."""

from __future__ import annotations

import pytest

from integrations_sandbox.platform.console.witness import Answer, reason, same_object, sentence

HOST, ORIGIN = "media.s3.eu-west-2.amazonaws.com", "https://app.encord.com"
AZURE = """<Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.
RequestId:1
Time:2</Message><AuthenticationErrorDetail>Signature not valid in the specified time frame: Expiry [x]\
</AuthenticationErrorDetail></Error>"""


@pytest.mark.parametrize(
    ("allowed", "words"), [(None, "is missing"), ("https://other.example", "names https://other.")]
)
def test_an_answer_without_leave_for_the_page_is_cors(allowed, words):
    told = sentence(HOST, ORIGIN, Answer(200, allowed))
    assert f"does not let {ORIGIN} in: Access-Control-Allow-Origin {words}" in told


@pytest.mark.parametrize("allowed", [None, ORIGIN])
def test_a_refusal_is_told_with_the_buckets_words_and_not_called_cors(allowed):
    told = sentence(HOST, ORIGIN, Answer(403, allowed, "Request has expired"))
    assert told == f"{HOST} answers 403 (Request has expired). That is not about CORS."


@pytest.mark.parametrize("allowed", [ORIGIN, "*"])
def test_with_leave_the_cause_is_the_browsers_own(allowed):
    told = sentence(HOST, ORIGIN, Answer(206, allowed))
    assert f"lets {ORIGIN} in" in told
    assert "this browser" in told


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", "Request has expired"),
        (AZURE, "Signature not valid in the specified time frame"),
        ("<Error><Message>The blob does not exist.\nRequestId:1\nTime:2</Message></Error>", "The blob does not exist."),
        ("<html>Bad gateway</html>", None),
        ("", None),
    ],
)
def test_the_buckets_words_are_the_ones_that_are_the_same_for_every_object(body, words):
    assert reason(body) == words


def test_only_the_signature_may_differ_between_what_was_shown_and_what_is_asked():
    shown = f"https://{HOST}/a%20b.png?X-Amz-Signature=1"
    assert same_object(shown, f"https://{HOST}/a%20b.png?X-Amz-Signature=2")
    assert not same_object(shown, f"https://{HOST}/other.png?X-Amz-Signature=1")
    assert not same_object(shown, "https://169.254.169.254/a%20b.png?X-Amz-Signature=1")
    assert not same_object(shown, f"http://{HOST}/a%20b.png?X-Amz-Signature=1")
