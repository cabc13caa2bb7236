"""How long one question may wait for a cloud that does not answer."""

from __future__ import annotations

import os

from integrations.errors import ConfigurationError

VARIABLE = "INTEGRATIONS_TIMEOUT"
SECONDS = 30.0
# A request is made once more before its silence counts.
ATTEMPTS = 2
# A registration is work that Encord queues, not an answer.
JOB = 4


def seconds() -> float:
    """Seconds for one request with its repetition. Raises ConfigurationError if the variable is no number above 0."""
    text = os.environ.get(VARIABLE, "")
    try:
        value = float(text) if text else SECONDS
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise ConfigurationError(f"{VARIABLE} is {text!r}: it is a number of seconds above 0")
    return value


def for_a_job() -> float:
    """Seconds for a registration."""
    return seconds() * JOB


def each() -> float:
    """Seconds for one attempt."""
    return seconds() / ATTEMPTS
