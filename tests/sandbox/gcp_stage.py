"""The local Google Cloud as tests see it: people's clients, and the words they share."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from integrations_sandbox.clouds import gcp as local_gcp

with warnings.catch_warnings():
    # Google's libraries warn, while they are imported, of what they do without (grpcio-status)
    # and of when they will stop knowing this Python.
    warnings.simplefilter("ignore")
    from google.cloud import exceptions as exceptions
    from google.cloud import storage

DEPLOYER, CI, ENCORD = local_gcp.DEPLOYER_ACCOUNT, local_gcp.CI_ACCOUNT, local_gcp.ENCORD_ACCOUNT
OBJECT = "images/1 (32).jpg"
CONTENT = b"a picture"
ORIGIN = "https://app.encord.com"
CORS = [{"origin": [ORIGIN], "method": ["GET"], "responseHeader": ["Content-Type", "ETag"], "maxAgeSeconds": 600}]
UNSET = ("http_proxy", "https_proxy", "all_proxy", "STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS")
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@dataclass(frozen=True)
class Gcp:
    """A running local Google Cloud. browser: a plain loopback base URL for it."""

    folder: Path
    port: int
    keys: dict[str, local_gcp.Key]
    browser: str

    def key(self, who: str) -> dict[str, Any]:
        """The content of a person's key file."""
        content: dict[str, Any] = json.loads(self.keys[who].path.read_text())
        return content

    def credentials(self, who: str, *scopes: str) -> service_account.Credentials:
        return service_account.Credentials.from_service_account_file(self.keys[who].path, scopes=scopes or [SCOPE])

    def client(self, who: str) -> storage.Client:
        """A person's client, unmodified and with default options."""
        return storage.Client.from_service_account_json(str(self.keys[who].path))

    def session(self, who: str | None = None, *scopes: str) -> requests.Session:
        """Plain HTTP with a person's token, or as nobody in particular."""
        session = requests.Session()
        if who is not None:
            credentials = self.credentials(who, *scopes)
            credentials.refresh(Request())
            session.headers["Authorization"] = f"Bearer {credentials.token}"
        return session


def enter(patch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name in UNSET:
        patch.delenv(name, raising=False)
    for name, value in environment.items():
        patch.setenv(name, value)


def grant(bucket: storage.Bucket, who: str, *roles: str) -> None:
    """Give a service account roles on the bucket, keeping everybody else's."""
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings += [{"role": role, "members": {f"serviceAccount:{who}"}} for role in roles]
    bucket.set_iam_policy(policy)
