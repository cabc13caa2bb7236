"""The resource types that the sandbox can deploy. Any other is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import boto3

from integrations_sandbox.deploy.handler import DYNAMIC, Handler
from integrations_sandbox.deploy.handlers import aws, iam, s3, s3control
from integrations_sandbox.deploy.handlers.dynamic import Dynamic
from integrations_sandbox.deploy.wire import Props

HANDLERS: Mapping[str, Handler] = {**s3.HANDLERS, **iam.HANDLERS, **s3control.HANDLERS, DYNAMIC: Dynamic()}


def connections(session: boto3.Session) -> dict[str, Callable[[Props], Any]]:
    """How to connect each package's providers, with the deployer's own session."""
    return {"aws": partial(aws.connect, session)}
