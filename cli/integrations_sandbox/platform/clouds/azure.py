"""Azure as Encord meets it: with its own application's roles in the customer's tenant, or with an account SAS.

Encord's documentation names both. Which keys it signs URLs with is not documented: with its application it can only be
a user delegation key, with an account SAS only the SAS itself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.identity import ClientSecretCredential
from azure.storage.blob import BlobSasPermissions, BlobServiceClient, ContentSettings, LinearRetry, generate_blob_sas
from msgspec import Struct

from integrations.registration.object_url import ObjectUrlError, UrlForm, azure_url, encode_key, parse_object_url
from integrations_sandbox.platform.clouds.door import HEAD, Found, ObjectProblem, find_in_turn

SKEW = timedelta(minutes=5)  # between this clock and Azure's
HOT = "Hot"
# https://learn.microsoft.com/en-us/rest/api/storageservices/common-rest-api-error-codes
DENIED = ("AuthorizationPermissionMismatch", "AuthorizationFailure", "AuthenticationFailed")


class AzureIntegration(Struct, frozen=True, kw_only=True, tag_field="cloud", tag="azure", forbid_unknown_fields=True):
    """An integration on Azure, as Encord keeps it.

    account: the storage account. tenant, client_id and client_secret: the platform's own application in the customer's
    tenant; or signature: an account SAS. write_prefix: where the video of an image sequence is written; Encord's choice
    is not documented, this one is ours. url_seconds: how long a signed URL holds; one with an account SAS holds as
    long as the SAS.
    """

    uuid: str
    title: str
    account: str
    tenant: str = ""
    client_id: str = ""
    client_secret: str = ""
    signature: str = ""
    write_prefix: str = "encord-image-sequences/"
    url_seconds: int = 3600


class Place(Struct, frozen=True):
    """Where an object is."""

    account: str
    container: str
    key: str

    @property
    def url(self) -> str:
        """The one spelling that has only one meaning."""
        return azure_url(self.account, self.container, self.key)

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rstrip("/").rsplit("/", 1)[-1]


def places(url: str) -> tuple[Place, ...]:
    """The places that a URL may mean, the likelier first.

    In a URL's path `+` is a plus. Encord's own examples have one where the key has a space, so it is tried as a plus,
    then as a space. Raises ObjectProblem if it is not the URL of a blob.
    """
    return tuple(dict.fromkeys((_place(url), _place(url.replace("+", "%20")))))


def _place(url: str) -> Place:
    try:
        parsed = parse_object_url(url)
    except ObjectUrlError as error:
        raise ObjectProblem(f"{url} is not the URL of a blob on Azure: {error}") from error
    if parsed.form is not UrlForm.AZURE or parsed.account is None or parsed.query:
        raise ObjectProblem(f"{url} is not the URL of a blob on Azure, which this integration is for")
    return Place(parsed.account, parsed.bucket, parsed.key)


class AzureDoor:
    """The door to one integration on Azure. Threads may share it."""

    def __init__(self, integration: AzureIntegration, browser_base: str | None = None) -> None:
        self._integration = integration
        self._browser_base = browser_base
        self._service = BlobServiceClient(
            f"https://{integration.account}.blob.core.windows.net", credential=_credential(integration),
            connection_timeout=10, read_timeout=60,
            # The library's own repetitions take minutes, and it repeats a refused sign-in too.
            retry_policy=LinearRetry(backoff=0, retry_total=2, random_jitter_range=0),
        )  # fmt: skip
        self._lock = threading.Lock()
        self._key: Any = None
        self._key_ends = datetime.min.replace(tzinfo=UTC)

    def name(self, url: str) -> str:
        return self._places(url)[0].name

    def find(self, url: str) -> Found:
        return find_in_turn(self._places(url), lambda place: self._look(place, url))

    def read(self, found: Found, start: int, end: int) -> bytes:
        place = self._places(found.url)[0]
        with self._sentences(place, found.url):
            return bytes(self._blob(place).download_blob(offset=start, length=end - start).readall())

    def write(self, beside: str, name: str, file: Path, content_type: str) -> str:
        neighbour = self._places(beside)[0]
        place = Place(neighbour.account, neighbour.container, f"{self._integration.write_prefix}{name}")
        with self._sentences(place, place.url, writing=True), file.open("rb") as body:
            self._blob(place).upload_blob(body, content_settings=ContentSettings(content_type=content_type))
        return place.url

    def sign(self, url: str) -> str:
        candidates = self._places(url)
        place = candidates[0] if len(candidates) == 1 else self._places(self.find(url).url)[0]
        if self._integration.signature:
            return f"{self._address(place)}?{self._integration.signature}"
        expiry = datetime.now(UTC) + timedelta(seconds=self._integration.url_seconds)
        with self._sentences(place, url, signing=True):
            signed = generate_blob_sas(
                place.account, place.container, place.key, user_delegation_key=self._signing_key(expiry),
                permission=BlobSasPermissions(read=True), expiry=expiry,
            )  # fmt: skip
        return f"{self._address(place)}?{signed}"

    def close(self) -> None:
        """Give its connections up."""
        self._service.close()

    # -- pieces ----------------------------------------------------------------------

    def _places(self, url: str) -> tuple[Place, ...]:
        found, account = places(url), self._integration.account
        if found[0].account != account:
            raise ObjectProblem(f"{url} is in the account {found[0].account}, and this integration is for {account}")
        return found

    def _look(self, place: Place, url: str) -> Found:
        with self._sentences(place, url):
            about = self._blob(place).get_blob_properties()  # only this answer says the tier
            head = self._blob(place).download_blob(offset=0, length=HEAD).readall()
        if (tier := str(getattr(about.blob_tier, "value", about.blob_tier) or HOT)) != HOT:
            raise ObjectProblem(f"{url}: the blob is in the tier {tier}, and Encord reads those in the Hot tier only")
        return Found(place.url, place.name, about.size, head, about.content_settings.content_type)

    def _blob(self, place: Place) -> Any:
        return self._service.get_blob_client(place.container, place.key)

    def _address(self, place: Place) -> str:
        if self._browser_base is None:
            return place.url
        return f"{self._browser_base}/{place.account}/{place.container}/{encode_key(place.key)}"

    def _signing_key(self, until: datetime) -> Any:
        """A user delegation key, asked for once an hour: a signature must end before its key does."""
        with self._lock:
            if self._key is None or self._key_ends < until:
                now = datetime.now(UTC)
                self._key_ends = max(until, now + timedelta(hours=1)) + SKEW
                self._key = self._service.get_user_delegation_key(now - SKEW, self._key_ends)
            return self._key

    @contextmanager
    def _sentences(self, place: Place, url: str, *, writing: bool = False, signing: bool = False) -> Iterator[None]:
        """Turn a refusal of Azure into one sentence that says what is known."""
        who = self._who()
        try:
            yield
        except ClientAuthenticationError as error:
            said = error.message.splitlines()[0]
            raise ObjectProblem(
                f"{url}: {who} could not sign in to tenant {self._integration.tenant}: {said}"
            ) from error
        except HttpResponseError as error:
            raise ObjectProblem(f"{url}: {_refusal(error, who, place, writing=writing, signing=signing)}") from error
        except AzureError as error:
            raise ObjectProblem(f"{url}: Azure could not be asked: {type(error).__name__}") from error

    def _who(self) -> str:
        return "the account SAS" if self._integration.signature else f"the application {self._integration.client_id}"


def _credential(integration: AzureIntegration) -> Any:
    if integration.signature:
        return AzureSasCredential(integration.signature)
    return ClientSecretCredential(integration.tenant, integration.client_id, integration.client_secret)


def _refusal(error: HttpResponseError, who: str, place: Place, *, writing: bool, signing: bool) -> str:
    """Why Azure said no, in its own words where it says them."""
    where, found = f"{place.container}/{place.key}", getattr(error, "error_code", "")
    code = str(getattr(found, "value", found))
    if code == "ContainerNotFound":
        return f"there is no container {place.container} in {place.account}"
    if code == "BlobNotFound":
        return f"there is no blob {place.key!r} in {place.container}"
    if code == "BlobArchived":
        return "the blob is archived, and Encord reads those in the Hot tier only"
    if code in DENIED and signing:
        return f"403: {who} may not sign URLs for the account {place.account} ({code})"
    if code in DENIED and writing:
        return f"403: {who} may not write {where} ({code})"
    if code in DENIED:
        return f"403: {who} may not read {where} ({code})"
    return f"Azure refused {where}: {code or error.status_code}"
