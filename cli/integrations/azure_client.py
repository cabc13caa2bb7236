"""Azure as one identity meets it: Azure Resource Manager and Microsoft Graph, read with plain requests.

The identity is whoever azure-identity finds on this machine: variables, a CI system's token, a managed identity,
`az login` (https://learn.microsoft.com/en-us/azure/developer/python/sdk/authentication/credential-chains).
"""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import time
from typing import TYPE_CHECKING, Any

from integrations.access.azure import API_VERSION, ARM
from integrations.errors import ConfigurationError

if TYPE_CHECKING:
    import requests
    from azure.core.credentials import AccessToken

GRAPH = "https://graph.microsoft.com"
AUTHORIZATION_VERSION = "2022-04-01"
SECONDS = 15.0  # for one attempt to get an answer, where nobody says otherwise
# A token is renewed this long before it ends.
MARGIN_SECONDS = 300


class AzureError(Exception):
    """A refusal of Azure, in its own words. operation: what was asked, for a message."""

    def __init__(self, operation: str, status: int, code: str, message: str) -> None:
        super().__init__(f"{operation}: {message} ({code})")
        self.operation, self.status, self.code, self.message = operation, status, code, message


def why(error: Exception) -> str:
    """Why signing in failed, in one line: Entra's own reason, if it gave one, among those of every way that was tried."""
    text = str(error)
    reason = re.search(r"AADSTS\d+: [^\n]*?(?=\. |\.?$)", text, re.MULTILINE)
    return reason[0] if reason else text.splitlines()[0]


class Session:
    """One identity in one tenant. Threads may share it. seconds: for one attempt to get an answer.

    Whatever it is asked, it raises requests.RequestException if nobody answers.
    """

    def __init__(self, tenant: str, seconds: float = SECONDS) -> None:
        try:
            from integrations.azure_sign_in import ATTEMPTS, SignIn
        except ModuleNotFoundError:
            raise ConfigurationError("Azure needs azure-identity: pip install 'encord-integrations[azure]'") from None
        # It says in an exception what it also logs, and without a handler that would go to stderr.
        logging.getLogger("azure.identity").addHandler(logging.NullHandler())
        self._tenant, self._seconds = tenant, seconds
        self._sign_in, self._http = SignIn(seconds), _connections(ATTEMPTS)
        self._tokens: dict[str, AccessToken] = {}
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token for a scope, asked for once; so the session can stand for a credential of Azure's libraries."""
        (scope,) = scopes
        with self._lock:
            known = self._tokens.get(scope)
            if known is None or known.expires_on - MARGIN_SECONDS < time.time():
                known = self._tokens[scope] = self._sign_in.token(scope, self._tenant)
            return known

    def close(self) -> None:
        """Nothing is open between two requests."""

    @property
    def object_id(self) -> str:
        """Who this is: the object id of the service principal or user
        (https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference)."""
        body = self.get_token(f"{ARM}/.default").token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["oid"])

    def find(self, resource: str, version: str = API_VERSION) -> dict[str, Any] | None:
        """The document of a resource; None if there is none. Raises AzureError."""
        try:
            return self._get(ARM, resource, {"api-version": version})
        except AzureError as error:
            if error.status == 404:
                return None
            raise

    def read(self, resource: str, version: str = API_VERSION) -> dict[str, Any]:
        """The same for a resource that must be there."""
        return self._get(ARM, resource, {"api-version": version})

    def listed(self, resource: str, **query: str) -> list[dict[str, Any]]:
        """Every entry of a list about rights, page by page. Raises AzureError."""
        answer = self._get(ARM, resource, {"api-version": AUTHORIZATION_VERSION, **query})
        found = list(answer["value"])
        while following := answer.get("nextLink"):
            answer = self._get(ARM, str(following).removeprefix(ARM), {})
            found += answer["value"]
        return found

    def directory(self, path: str, **query: str) -> dict[str, Any]:
        """An answer of Microsoft Graph. Raises AzureError."""
        return self._get(GRAPH, path, query)

    def _get(self, base: str, path: str, query: dict[str, str]) -> dict[str, Any]:
        header = {"Authorization": f"Bearer {self.get_token(f'{base}/.default').token}"}
        answer = self._http.get(base + path, params=query, headers=header, timeout=self._seconds)
        if answer.ok:
            return dict(answer.json())
        code, message = _said(answer.text)
        raise AzureError(f"reading {_short(path)}", answer.status_code, code or str(answer.status_code), message)


def _connections(attempts: int) -> requests.Session:
    """Connections that threads share. What is only read here may be asked for again."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    again = Retry(total=attempts - 1, backoff_factor=0, respect_retry_after_header=False)
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=32, max_retries=again))
    return session


def _said(text: str) -> tuple[str, str]:
    """Code and message of a refusal."""
    try:
        error = json.loads(text)["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        return "", "Azure gave no reason"


def _short(path: str) -> str:
    """The end of a resource's id: its type and its name."""
    return "/".join(path.partition("?")[0].split("/")[-2:])
