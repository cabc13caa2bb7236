"""The resource types that the sandbox can deploy. Any other is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import boto3
from google.auth.credentials import Credentials as GoogleCredentials
from msgspec import Struct

from integrations_sandbox.deploy.handler import DYNAMIC, Handler
from integrations_sandbox.deploy.handlers import aws, azure, gcp, gcs, iam, s3, s3control
from integrations_sandbox.deploy.handlers.dynamic import Dynamic
from integrations_sandbox.deploy.wire import Props

HANDLERS: Mapping[str, Handler] = {
    **s3.HANDLERS,
    **iam.HANDLERS,
    **s3control.HANDLERS,
    **azure.HANDLERS,
    **gcs.HANDLERS,
    DYNAMIC: Dynamic(),
}


class Credentials(Struct, frozen=True):
    """Whose credentials deploy, each as its cloud's own library has it; None where nothing is deployed."""

    aws: boto3.Session | None = None
    azure: azure.Credential | None = None
    gcp: GoogleCredentials | None = None


def connections(who: Credentials) -> dict[str, Callable[[Props], Any]]:
    """How to connect each package's providers, with the deployer's own credentials."""
    known: dict[str, tuple[Callable[..., Any], Any]] = {
        "aws": (aws.connect, who.aws),
        "azure-native": (azure.connect, who.azure),
        "gcp": (gcp.connect, who.gcp),
    }
    return {package: partial(connect, own) for package, (connect, own) in known.items() if own is not None}
