"""A fault on purpose is refused in the words of the cloud that has the host."""

from __future__ import annotations

import pytest

from integrations_sandbox.clouds.fault_refusals import refusal
from integrations_sandbox.faults import Fault

SLOW, EXPIRED, BROKEN = Fault("rate_limit", seconds=7), Fault("expired_credentials"), Fault("error", status=502)


@pytest.mark.parametrize(
    ("host", "slow", "expired"),
    [
        ("acme.s3.eu-west-2.amazonaws.com", (503, b"SlowDown"), (400, b"ExpiredToken")),
        ("iam.amazonaws.com", (400, b"Throttling"), (403, b"ExpiredToken")),
        ("storage.googleapis.com", (429, b"rateLimitExceeded"), (401, b"authError")),
        ("acme.blob.core.windows.net", (503, b"ServerBusy"), (403, b"AuthenticationFailed")),
        ("management.azure.com", (429, b"TooManyRequests"), (401, b"ExpiredAuthenticationToken")),
        ("acme.obs.eu-de.otc.t-systems.com", (503, b"SlowDown"), (400, b"ExpiredToken")),
    ],
)
def test_each_cloud_has_its_own_words(host, slow, expired):
    for fault, (status, code) in ((SLOW, slow), (EXPIRED, expired)):
        answer = refusal(fault, host)
        assert answer.status_code == status
        assert code in answer.body
    assert refusal(BROKEN, host).status_code == 502


@pytest.mark.parametrize(
    ("host", "waits"),
    [
        ("storage.googleapis.com", "7"),
        ("acme.blob.core.windows.net", "7"),
        ("management.azure.com", "7"),
        ("s3.amazonaws.com", None),
    ],
)
def test_how_long_to_wait_is_said_by_those_that_say_it(host, waits):
    assert refusal(SLOW, host).headers.get("Retry-After") == waits
