"""A smallest environment file, and a way to read it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.environment.load import parse_environment
from integrations.environment.model import Environment

SMALLEST = """\
config:
  encord-integrations:corsOrigins: [https://app.encord.com]
  encord-integrations:integrations:
    images:
      cloud: aws
      account: "123456789012"
      role: encord-images
      buckets:
        - {name: acme-images, region: eu-west-2, ownership: create}
"""


@pytest.fixture
def smallest() -> str:
    return SMALLEST


@pytest.fixture
def read() -> Callable[[str], Environment]:
    """Reads a text as the environment `dev`."""
    return lambda text: parse_environment("dev", text, "Pulumi.dev.yaml")
