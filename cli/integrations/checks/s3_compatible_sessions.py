"""OBS and other S3-compatible stores: who asks, and what it means when the store does not answer the question."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import Any

from integrations.checks import patience
from integrations.checks.records import Answer, Obstacle, skipped, unknown
from integrations.environment.s3_compatible import S3Compatible
from integrations.errors import ConfigurationError, NotAuthorisedError
from integrations.s3_compatible.client import CHECK, client, code_of, session, session_of, variables

NOT_AUTHENTICATED = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"}
NOT_ALLOWED = {"AccessDenied", "403"}
# A store that does not know a question must not be taken for one that answered it.
NOT_KNOWN = {"NotImplemented", "MethodNotAllowed", "501", "405"}


class Clients:
    """The checker's client, the check principal's, and one with a wrong key; each is made once.

    Raises ConfigurationError if nobody can be that patient.
    """

    def __init__(self, integration: S3Compatible) -> None:
        self.integration = integration
        self._each = patience.each()
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}

    def _of(self, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if name not in self._made:
                self._made[name] = client(
                    self.integration.store, make(), seconds=self._each, attempts=patience.ATTEMPTS
                )
            return self._made[name]

    @property
    def own(self) -> Any:
        """The client of whoever runs this. Raises NotAuthorisedError if there are no credentials."""
        return self._of("own", lambda: session(self.integration.profile, self.integration.region))

    @property
    def check(self) -> Any:
        """The check principal's, who is granted what Encord is. Raises NotAuthorisedError likewise."""
        return self._of("check", lambda: session(f"{self.integration.profile}{CHECK}", self.integration.region))

    @property
    def reader(self) -> Any:
        """The check principal's client where there is one, else one's own."""
        return self.check if self.integration.check_principal else self.own

    def impostor(self) -> Any:
        """A client with the check principal's access key id and a secret key made up for this run."""
        real = session(f"{self.integration.profile}{CHECK}", self.integration.region).get_credentials()
        if real is None:  # a profile may be there and hold none
            raise NotAuthorisedError(f"profile {self.integration.profile}{CHECK} holds no access key")
        forged = {"aws_access_key_id": real.access_key, "aws_secret_access_key": secrets.token_hex(20)}
        return self._of("impostor", lambda: session_of(self.integration.region, **forged))


def guarded(ask: Callable[[], Answer], integration: S3Compatible) -> Callable[[], Answer]:
    """The same question, with refusals and silences turned into *unknown* and its reason."""

    def answer() -> Answer:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return ask()
        except NotAuthorisedError as error:
            key, secret = variables(integration.profile)
            return unknown(str(error), Obstacle.AUTHENTICATION, f"set {key} and {secret}")
        except ConfigurationError as error:
            return unknown(str(error), Obstacle.AUTHENTICATION)
        except ClientError as error:
            return _refused(error, integration)
        except BotoCoreError as error:
            return unknown(f"{integration.store.host} did not answer: {type(error).__name__}", Obstacle.NETWORK)

    return answer


def _refused(error: Any, integration: S3Compatible) -> Answer:
    code, operation = code_of(error), error.operation_name
    if code in NOT_AUTHENTICATED:
        return unknown(
            f"{integration.store.host} does not accept these credentials ({code})",
            Obstacle.AUTHENTICATION,
            "renew the credentials",
        )
    if code in NOT_ALLOWED:
        fix = f"name this user under `checkers` and run `pulumi up`, or grant it {operation}"
        return unknown(f"these credentials may not call {operation}", Obstacle.RIGHTS, fix)
    if code in NOT_KNOWN:
        return skipped(f"the store does not know {operation} ({code})", unproven=True)
    return unknown(f"{operation}: {code or 'no code'}", Obstacle.NETWORK)
