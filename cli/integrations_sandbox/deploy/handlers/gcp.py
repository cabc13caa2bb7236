"""Google Cloud as the handlers see it: Cloud Storage's JSON API, as one identity asks it."""

from __future__ import annotations

import threading
from typing import Any

import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from integrations.access.gcp import DOMAIN_POLICY
from integrations_sandbox.deploy.handler import Handler
from integrations_sandbox.deploy.records import StepError
from integrations_sandbox.deploy.wire import Props

API = "https://storage.googleapis.com/storage/v1"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# What a provider may be configured with: https://www.pulumi.com/registry/packages/gcp/api-docs/provider/.
# Who signs in is the deployer's own business, so credentials are not among them.
SETTINGS = {"project", "region"}
HTTP_SECONDS = 60
REFUSED_MEMBER = "do not belong to a permitted customer"


class GcpError(Exception):
    """A refusal of Google Cloud, in its own words."""

    def __init__(self, what: str, status: int, message: str) -> None:
        super().__init__(f"{what}: {message} ({status})")
        self.status = status


class Cloud:
    """Cloud Storage, as one identity asks it."""

    def __init__(self, credentials: Credentials, project: str) -> None:
        self.project = project
        self.policies = threading.Lock()  # held while a policy is read, changed and written back
        self._credentials = credentials
        self._lock = threading.Lock()

    def call(self, method: str, path: str, query: Props | None = None, body: Any = None) -> Props:
        """One call; the answer's document. Raises GcpError unless it is 2xx."""
        header = {"Authorization": f"Bearer {self._token()}"}
        answer = requests.request(
            method, API + path, params=query, json=body, headers=header, timeout=HTTP_SECONDS
        )  # fmt: skip
        if not answer.ok:
            raise GcpError(f"{method} {path}", answer.status_code, _said(answer))
        return dict(answer.json()) if answer.content else {}

    def find(self, path: str, query: Props | None = None) -> Props | None:
        """The document of this path; None if there is none."""
        try:
            return self.call("GET", path, query)
        except GcpError as error:
            if error.status == 404:
                return None
            raise

    def _token(self) -> str:
        with self._lock:  # credentials may not be renewed by two threads at once
            if not self._credentials.valid:
                self._credentials.refresh(Request())  # type: ignore[no-untyped-call]
            return str(self._credentials.token)


def connect(credentials: Credentials, config: Props) -> Cloud:
    """The connection for a provider's inputs. Raises StepError for settings that the sandbox does not know."""
    if unknown := set(config) - SETTINGS:
        raise StepError(f"the sandbox does not know the setting {', '.join(sorted(unknown))} of a Google provider")
    return Cloud(credentials, config.get("project", ""))


def _said(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "Google gave no reason"


class GcpHandler(Handler):
    """A type of Cloud Storage."""

    def explain(self, error: Exception) -> str | None:
        if isinstance(error, GcpError):
            return f"{error}. {DOMAIN_POLICY}" if REFUSED_MEMBER in str(error) else str(error)
        if isinstance(error, GoogleAuthError):
            return f"the deployer could not sign in to Google Cloud: {error.args[0] if error.args else error}"
        if isinstance(error, requests.RequestException):
            return f"Google Cloud could not be asked: {' '.join(str(error).split())}"
        return None
