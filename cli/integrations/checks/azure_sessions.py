"""Azure: who asks, with whose rights blobs are read, and what it means when Azure does not answer the question."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from integrations.azure_client import AzureError, Session, why
from integrations.checks import patience
from integrations.checks.records import Answer, Obstacle, unknown
from integrations.environment.azure import AzureContainer, AzureIntegration
from integrations.errors import ConfigurationError
from integrations.registration.object_url import azure_url

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, BlobServiceClient

SIGNED_FOR = timedelta(minutes=1)
SKEW = timedelta(minutes=5)  # a key that begins now may not have begun on another clock
# https://learn.microsoft.com/en-us/rest/api/storageservices/common-rest-api-error-codes
NOT_ALLOWED = {
    "AuthenticationFailed", "AuthorizationFailure", "AuthorizationPermissionMismatch", "AuthorizationProtocolMismatch",
    "AuthorizationResourceTypeMismatch", "AuthorizationServiceMismatch", "KeyBasedAuthenticationNotPermitted",
}  # fmt: skip
# The account's own key cannot be used, whoever asks.
NO_KEY = {"KeyVaultAccessTokenCannotBeAcquired", "KeyVaultEncryptionKeyNotFound", "KeyVaultVaultNotFound"}
MISSING = {"BlobNotFound", "ContainerNotFound", "ResourceNotFound"}


def code_of(error: Any) -> str:
    """The blob service's error code, empty if it gave none."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def sas_variable(integration: AzureIntegration) -> str:
    """Where the account SAS of an integration is looked for; with `_FILE` behind it, the file that holds it."""
    return f"INTEGRATIONS_AZURE_SAS_{integration.name.upper().replace('-', '_')}"


def _signature(integration: AzureIntegration) -> str | None:
    """The account SAS that Encord was given, if it is on this machine. Raises ConfigurationError."""
    variable = sas_variable(integration)
    if path := os.environ.get(f"{variable}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip().removeprefix("?")
        except OSError as error:
            raise ConfigurationError(f"{variable}_FILE names {path}, which cannot be read: {error.strerror}") from error
    return os.environ.get(variable, "").strip().removeprefix("?") or None


class Sessions:
    """Azure Resource Manager as the operator, and the blobs as the check principal or with Encord's own signature.

    azure: the operator's session. signature: the account SAS, None if it is not here or not in use.
    """

    def __init__(self, integration: AzureIntegration) -> None:
        self.integration = integration
        self.azure = Session(integration.tenant, patience.each())
        self.signature = _signature(integration) if integration.encord.access == "account-sas" else None

    @property
    def terms(self) -> dict[str, str]:
        """What the account SAS says of itself; only where there is one."""
        return {key: values[0] for key, values in parse_qs(self.signature or "").items()}

    def url(self, container: AzureContainer, name: str) -> str:
        return azure_url(self.integration.account.name, container.name, name)

    def blob(self, container: AzureContainer, name: str) -> BlobClient:
        """A blob, with the signature or as whoever runs this; to be closed."""
        return self._service().get_blob_client(container.name, name)

    def signed_url(self, container: AzureContainer, name: str) -> str:
        """A URL that reads the blob for a minute, signed as Encord does it: with a key that Azure gives the reader."""
        from azure.storage.blob import BlobSasPermissions, generate_blob_sas

        if self.signature is not None:
            return f"{self.url(container, name)}?{self.signature}"
        now = datetime.now(UTC)
        with self._service() as service:
            key = service.get_user_delegation_key(now - SKEW, now + SKEW)
        signed = generate_blob_sas(
            self.integration.account.name, container.name, name, user_delegation_key=key,
            permission=BlobSasPermissions(read=True), expiry=now + SIGNED_FOR, protocol="https",
        )  # fmt: skip
        return f"{self.url(container, name)}?{signed}"

    def _service(self) -> BlobServiceClient:
        from azure.core.credentials import AzureSasCredential
        from azure.storage.blob import BlobServiceClient, LinearRetry

        return BlobServiceClient(
            f"https://{self.integration.account.name}.blob.core.windows.net",
            credential=AzureSasCredential(self.signature) if self.signature else self.azure,
            connection_timeout=patience.each(), read_timeout=patience.each(),
            retry_policy=LinearRetry(backoff=0, retry_total=patience.ATTEMPTS - 1, random_jitter_range=0),
        )  # fmt: skip


def guarded(ask: Callable[[], Answer], integration: AzureIntegration) -> Callable[[], Answer]:
    """The same question, with Azure's refusals and silences turned into *unknown* and its reason."""

    def answer() -> Answer:
        from azure.core.exceptions import AzureError as LibraryError
        from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
        from requests import RequestException

        try:
            return ask()
        except AzureError as error:
            return _refused(error, integration)
        except ClientAuthenticationError as error:
            fix = "log in (`az login`), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
            return unknown(f"Azure does not accept these credentials: {why(error)}", Obstacle.AUTHENTICATION, fix)
        except HttpResponseError as error:
            return unknown(
                f"the blob service refused: {code_of(error) or error.status_code}",
                Obstacle.RIGHTS if error.status_code == 403 else Obstacle.NETWORK,
            )
        except (LibraryError, RequestException) as error:
            return unknown(f"Azure did not answer: {type(error).__name__}", Obstacle.NETWORK)

    return answer


def _refused(error: AzureError, integration: AzureIntegration) -> Answer:
    if error.status == 401:
        reason = f"Azure does not accept these credentials ({error.code})"
        return unknown(reason, Obstacle.AUTHENTICATION, "renew the credentials")
    if error.status == 403:
        fix = f"give the checker what `integrations access show {integration.name} --document role-assignments` prints"
        return unknown(f"these credentials may not do this: {error.operation}", Obstacle.RIGHTS, fix)
    return unknown(str(error), Obstacle.NETWORK)
