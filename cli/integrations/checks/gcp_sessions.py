"""Google Cloud: who asks, and what it means when Google does not answer the question."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, partial
from typing import Any

from integrations import google_cloud
from integrations.access import gcp as access
from integrations.checks import patience
from integrations.checks.records import Answer, Obstacle, unknown
from integrations.environment.model import GcpIntegration

URL_LIFETIME = timedelta(seconds=60)
TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address


class Clients:
    """The checker's client and the check principal's; each is made once and shared by all questions."""

    def __init__(self, integration: GcpIntegration) -> None:
        google_cloud.load()
        self.integration = integration
        self._lock = threading.Lock()
        self._credentials: Any = None
        self._own: Any = None
        self._check: Any = None

    @property
    def own(self) -> Any:
        """The client of whoever runs this. Raises GoogleAuthError if there are no credentials."""
        with self._lock:
            if self._own is None:
                self._credentials = google_cloud.own_credentials()
                self._own = google_cloud.client(self._credentials, self.integration.project)
            return self._own

    def become_check_principal(self) -> None:
        """Impersonate the check principal, and keep its client. Raises RefreshError if that is refused.

        https://cloud.google.com/iam/docs/service-account-impersonation
        """
        from google.auth import impersonated_credentials

        assert self.own is not None  # noqa: S101 - it raises if there are no credentials
        credentials = impersonated_credentials.Credentials(  # type: ignore[no-untyped-call]
            source_credentials=self._credentials,
            target_principal=self.integration.check_principal,
            target_scopes=list(google_cloud.SCOPES),
        )
        credentials.refresh(in_time())  # type: ignore[no-untyped-call]
        self._check = google_cloud.client(credentials, self.integration.project)

    @property
    def check(self) -> Any:
        """The check principal's client; only for questions that presuppose that it was impersonated."""
        if self._check is None:
            raise RuntimeError("the check principal was not impersonated")
        return self._check

    @cached_property
    def signer(self) -> Any:
        """Signs in the check principal's name, as `check` would, but no more patiently than we are.

        https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signBlob
        """
        from google.auth.iam import Signer

        account = str(self.integration.check_principal)
        signer = Signer(in_time(), self._credentials, account)  # type: ignore[no-untyped-call]
        return signing(signer, account)

    @property
    def caller(self) -> str:
        """Who runs this, as far as the credentials say."""
        return str(getattr(self._credentials, "service_account_email", None) or "this identity")


def limits() -> dict[str, Any]:
    """How long a call may take, and how long it is repeated: for every call to the library."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    # No attempt begins in the second half of the time, so that the last one ends within it.
    return {"timeout": patience.each(), "retry": DEFAULT_RETRY.with_timeout(patience.seconds() - patience.each())}


def in_time() -> Callable[..., Any]:
    """What Google's libraries ask for tokens and signatures with; left to themselves they wait for two minutes."""
    from google.auth.transport.requests import Request

    return partial(Request(), timeout=patience.each())


def signed_url(client: Any, bucket: str, key: str, credentials: Any, *, method: str = "GET") -> str:
    """A URL that reads an object for a minute, signed in the name of the credentials.

    The method is signed too: https://cloud.google.com/storage/docs/authentication/canonical-requests
    """
    blob = client.bucket(bucket).blob(key)
    given = {"expiration": URL_LIFETIME, "method": method, "credentials": credentials}
    return str(blob.generate_signed_url(version="v4", **given))


def forged_url(client: Any, bucket: str, key: str, email: str) -> str:
    """The same, signed in the name of a service account with a key made up for this run."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from google.auth.crypt import RSASigner

    key_pair = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key_pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = RSASigner.from_string(pem)  # type: ignore[no-untyped-call]
    return signed_url(client, bucket, key, signing(signer, email))


def signing(signer: Any, email: str) -> Any:
    """Credentials that sign in the name of a service account."""
    from google.oauth2.service_account import Credentials

    return Credentials(signer, email, TOKEN_URI)  # type: ignore[no-untyped-call]


def guarded(ask: Callable[[], Answer], integration: GcpIntegration) -> Callable[[], Answer]:
    """The same question, with Google's refusals and silences turned into *unknown* and its reason."""

    def answer() -> Answer:
        from google.api_core.exceptions import GoogleAPICallError, RetryError
        from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError
        from requests import RequestException

        try:
            return ask()
        except DefaultCredentialsError:
            return unknown("there are no Google Cloud credentials", Obstacle.AUTHENTICATION, google_cloud.SIGN_IN)
        except RefreshError as error:
            reason = f"Google does not accept these credentials ({error.args[0] if error.args else error})"
            return unknown(reason, Obstacle.AUTHENTICATION, "renew the credentials")
        except GoogleAPICallError as error:
            return _refused(error, integration)
        except (RetryError, TransportError, RequestException) as error:
            return unknown(f"Google Cloud did not answer: {type(error).__name__}", Obstacle.NETWORK)

    return answer


def _refused(error: Any, integration: GcpIntegration) -> Answer:
    from google.api_core.exceptions import Forbidden, Unauthorized

    if isinstance(error, Unauthorized):
        reason = f"Google does not accept these credentials: {google_cloud.said(error)}"
        return unknown(reason, Obstacle.AUTHENTICATION, "renew the credentials")
    if isinstance(error, Forbidden):
        roles = " and ".join(access.CHECKER_ROLES.values())
        fix = f"grant {roles}: integrations access show {integration.name} --document checker-grants"
        return unknown(f"these credentials may not ask: {google_cloud.said(error)}", Obstacle.RIGHTS, fix)
    return unknown(f"Google Cloud says {google_cloud.said(error)}", Obstacle.NETWORK)
