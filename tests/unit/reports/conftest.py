"""Results of every kind, as a run would give them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from integrations.checks.catalogue import CheckId
from integrations.checks.records import Excuse, Obstacle, Result, failed, passed, skipped, unknown, warned
from integrations.checks.runner import Question, run

ROLE = "arn:aws:iam::123456789012:role/encord-videos"
HOSTILE = '<script>alert("1")</script> & \x1b[31m ]]> \U0001f41d'


@pytest.fixture
def results() -> list[Result]:
    """One of each status, one suppressed, one that waited for another, and text that means something elsewhere."""
    assumed = Question("videos", "aws", CheckId.ROLE_ASSUMED, ROLE, lambda: failed(HOSTILE, "pulumi up --stack prod"))
    answers = [
        Question("videos", "aws", CheckId.BUCKET_FOUND, "films", lambda: passed("there")),
        Question("videos", "aws", CheckId.BUCKET_TLS_ONLY, "films", lambda: warned("not denied", "deny it")),
        Question("videos", "aws", CheckId.CORS_PREFLIGHT, "films", lambda: failed("403", "set the rules")),
        assumed,
        Question("videos", "aws", CheckId.PROBE_OBJECT_READ, "films", pytest.fail, (assumed.key,)),
        Question("videos", "aws", CheckId.ENCORD_CONNECTED, "https://api.encord.com", no_answer),
        Question("scans", "gcp", CheckId.BUCKET_FOUND, "hospital", lambda: skipped("not now")),
        Question("scans", "gcp", CheckId.BUCKET_PRIVATE, "hospital", lambda: failed("open", "close it")),
    ]
    *others, private = run(answers, "prod")
    return [*others, replace(private, excuse=Excuse.SUPPRESSED, excused="the owner knows (until 2027-01-31)")]


def no_answer():
    return unknown("no answer", Obstacle.NETWORK)
