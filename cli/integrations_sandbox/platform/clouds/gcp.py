"""Google Cloud as Encord meets it: its own service account reads, writes and signs, as far as each bucket lets it.

Encord's documentation says that the dialog asks for a bucket's name and shows a service
account; how it reads with it is not documented, and chosen here: the JSON API, and V4 signed URLs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from msgspec import Struct

from integrations import google_cloud
from integrations.registration.object_url import ObjectUrlError, UrlForm, gcs_url, parse_object_url
from integrations_sandbox.platform.clouds.door import HEAD, Found, ObjectProblem, find_in_turn

API = "https://storage.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"
SECONDS = 60


class GcpIntegration(Struct, frozen=True, kw_only=True, tag_field="cloud", tag="gcp", forbid_unknown_fields=True):
    """An integration on Google Cloud, as Encord keeps it.

    key_file: the content of the key file of the platform's own service account. write_prefix:
    where the video of an image sequence is written; Encord's choice is not documented, this
    one is ours. url_seconds: how long a signed URL holds.
    """

    uuid: str
    title: str
    key_file: str
    write_prefix: str = "encord-image-sequences/"
    url_seconds: int = 3600


class Place(Struct, frozen=True):
    """Where an object is."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        """The one spelling that has only one meaning."""
        return gcs_url(self.bucket, self.key)

    @property
    def path(self) -> str:
        """Its path in the JSON API."""
        return f"/b/{quote(self.bucket, safe='')}/o/{quote(self.key, safe='')}"

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rstrip("/").rsplit("/", 1)[-1]


def places(url: str) -> tuple[Place, ...]:
    """The places that a URL may mean, the likelier first.

    In a URL's path `+` is a plus. Encord's own examples have one where the key has a space,
    so it is tried as a plus, then as a space. Raises ObjectProblem if it is not the URL of an
    object on Google Cloud.
    """
    return tuple(dict.fromkeys((_place(url), _place(url.replace("+", "%20")))))


def _place(url: str) -> Place:
    try:
        parsed = parse_object_url(url)
    except ObjectUrlError as error:
        raise ObjectProblem(f"{url} is not the URL of an object on Google Cloud: {error}") from error
    if parsed.form is not UrlForm.GCS or parsed.query:
        raise ObjectProblem(f"{url} is not the URL of an object on Google Cloud, which this integration is for")
    return Place(parsed.bucket, parsed.key)


class GcpDoor:
    """The door to one integration on Google Cloud. Threads may share it."""

    def __init__(self, integration: GcpIntegration, browser_base: str | None = None) -> None:
        self._integration = integration
        self._browser_base = browser_base
        key = json.loads(integration.key_file)
        self._credentials: Any = Credentials.from_service_account_info(key, scopes=[SCOPE])  # type: ignore[no-untyped-call]
        self._http: Any = AuthorizedSession(self._credentials)  # type: ignore[no-untyped-call]
        self._signer = google_cloud.client(self._credentials, key["project_id"])

    def name(self, url: str) -> str:
        return places(url)[0].name

    def find(self, url: str) -> Found:
        return find_in_turn(places(url), lambda place: self._look(place, url))

    def read(self, found: Found, start: int, end: int) -> bytes:
        return self._get(places(found.url)[0], found.url, start, end).content

    def write(self, beside: str, name: str, file: Path, content_type: str) -> str:
        place = Place(places(beside)[0].bucket, f"{self._integration.write_prefix}{name}")
        query = {"uploadType": "media", "name": place.key}
        path = f"/upload/storage/v1/b/{quote(place.bucket, safe='')}/o"
        with file.open("rb") as body:
            self._ask(
                "POST", path, place, place.url, "storage.objects.create",
                params=query, data=body, headers={"Content-Type": content_type},
            )  # fmt: skip
        return place.url

    def sign(self, url: str) -> str:
        candidates = places(url)
        place = candidates[0] if len(candidates) == 1 else places(self.find(url).url)[0]
        signed: str = (
            self._signer.bucket(place.bucket)
            .blob(place.key)
            .generate_signed_url(
                version="v4",
                expiration=timedelta(seconds=self._integration.url_seconds),
                api_access_endpoint=self._browser_base or API,
            )
        )
        return signed

    def _look(self, place: Place, url: str) -> Found:
        answer = self._get(place, url, 0, HEAD)
        # `bytes 0-65535/1234567`
        size = answer.headers.get("Content-Range", "").rpartition("/")[2]
        known = int(size) if size.isdecimal() else len(answer.content)
        return Found(place.url, place.name, known, answer.content, answer.headers.get("Content-Type"))

    def _get(self, place: Place, url: str, start: int, end: int) -> requests.Response:
        wanted = {"Range": f"bytes={start}-{end - 1}"}
        path = f"/download/storage/v1{place.path}"
        return self._ask("GET", path, place, url, "storage.objects.get", params={"alt": "media"}, headers=wanted)

    def _ask(self, method: str, path: str, place: Place, url: str, permission: str, **more: Any) -> requests.Response:
        """One request. Raises ObjectProblem with one sentence that says what is known."""
        try:
            answer: requests.Response = self._http.request(method, API + path, timeout=SECONDS, **more)
        except GoogleAuthError as error:
            reason = error.args[0] if error.args else type(error).__name__
            raise ObjectProblem(f"{url}: the service account {self._email} could not sign in: {reason}") from error
        except requests.RequestException as error:
            raise ObjectProblem(f"{url}: Cloud Storage could not be asked: {type(error).__name__}") from error
        if not answer.ok:
            raise ObjectProblem(f"{url}: {_refusal(answer, self._email, place, permission)}")
        return answer

    @property
    def _email(self) -> str:
        return str(self._credentials.service_account_email)


def _refusal(answer: requests.Response, email: str, place: Place, permission: str) -> str:
    """Why Cloud Storage said no, in its own words where it says them."""
    where, words = f"{place.bucket}/{place.key}", _words(answer)
    match answer.status_code:
        case 404 if "bucket" in words:
            return f"there is no bucket {place.bucket}"
        case 404:
            return f"there is no object {place.key!r} in {place.bucket}"
        case 416:
            return "the object is empty"
        case 403 if permission == "storage.objects.create":
            return f"403: the service account {email} may not write {where}: it needs {permission} there ({words})"
        case 403:
            return (
                f"403: {where} is missing, or the service account {email} may not read it ({permission}):"
                f" without list permission Google does not say which ({words})"
            )
    return f"Cloud Storage refused {permission} on {where}: {answer.status_code}: {words}"


def _words(answer: requests.Response) -> str:
    """Google's sentence: JSON, or plain text where an object's content was asked for."""
    try:
        error: Mapping[str, Any] = answer.json()["error"]
        return str(error["message"])
    except (ValueError, KeyError, TypeError):
        return re.sub(r"\s+", " ", answer.text)[:300]
