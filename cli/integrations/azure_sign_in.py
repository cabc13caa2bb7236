"""How azure-identity reaches Microsoft Entra: within a time, and telling a silence from a refusal."""

from __future__ import annotations

import math
from typing import Any

import requests
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import DefaultAzureCredential

ATTEMPTS = 2  # a request is made once more before its silence counts


class _Listening(RequestsTransport):  # type: ignore[misc]  # the package gives it out by a function
    """Remembers that Entra did not answer. The libraries say then, as after a refusal, that nobody could sign in."""

    silence: Exception | None = None

    def send(self, request: Any, **kwargs: Any) -> Any:
        try:
            return super().send(request, **kwargs)
        except (ServiceRequestError, ServiceResponseError) as error:
            if str(request.url).startswith("https:"):  # a machine's own identity is asked for over HTTP
                self.silence = error
            raise


class SignIn:
    """Whoever azure-identity finds on this machine. seconds: for one attempt to reach Entra."""

    def __init__(self, seconds: float) -> None:
        self._transport = _Listening(connection_timeout=seconds, read_timeout=seconds)
        self._credential = DefaultAzureCredential(
            transport=self._transport, retry_total=ATTEMPTS - 1, process_timeout=math.ceil(seconds)
        )
        self._silence: Exception | None = None

    def token(self, scope: str, tenant: str) -> Any:
        """A token. Raises ClientAuthenticationError if nobody can sign in, and requests.ConnectionError if Entra is
        silent: then for every scope at once, because nobody waits for it twice."""
        if self._silence is None:
            self._transport.silence = None
            try:
                return self._credential.get_token(scope, tenant_id=tenant)
            except ClientAuthenticationError:
                if self._transport.silence is None:
                    raise
                self._silence = self._transport.silence
        raise requests.ConnectionError("Microsoft Entra did not answer") from self._silence
