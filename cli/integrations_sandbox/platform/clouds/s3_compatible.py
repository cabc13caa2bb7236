"""OBS and other S3-compatible stores as Encord meets them: with the access key of a user that was made for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct
from msgspec.structs import replace

from integrations.environment.s3_compatible import Store
from integrations.registration.object_url import (
    ObjectUrlError,
    UrlForm,
    otc_url,
    parse_object_url,
    s3_compatible_url,
)
from integrations.s3_compatible.client import client
from integrations_sandbox.platform.clouds.door import HEAD, Found, ObjectProblem


class S3CompatibleIntegration(
    Struct, frozen=True, kw_only=True, tag_field="cloud", tag="s3-compatible", forbid_unknown_fields=True
):
    """An integration on such a store, as Encord keeps it.

    browser: the name of the browsers' door to it, as Settings.browser_base has it. write_prefix: where the video of an
    image sequence is written; Encord's choice is not documented, this one is ours. url_seconds: how long a signed URL
    holds.
    """

    uuid: str
    title: str
    browser: str
    endpoint: str
    region: str
    addressing: Literal["virtual", "path"]
    access_key: str
    secret_key: str
    write_prefix: str = "encord-image-sequences/"
    url_seconds: int = 3600


class Place(Struct, frozen=True):
    """Where an object is. region: of Open Telekom Cloud, where the URL says it. host: of any other store."""

    bucket: str
    key: str
    region: str | None
    host: str

    @property
    def url(self) -> str:
        """The one spelling that has only one meaning."""
        if self.region is not None:
            return otc_url(self.bucket, self.region, self.key)
        return s3_compatible_url(self.host, self.bucket, self.key)

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rstrip("/").rsplit("/", 1)[-1]


class S3CompatibleDoor:
    """The door to one integration on such a store. Threads may share it."""

    def __init__(self, integration: S3CompatibleIntegration, browser_base: str | None = None) -> None:
        self._integration = integration
        self._store = Store(integration.endpoint, integration.region, integration.addressing, "s3")
        self._browser = replace(self._store, endpoint=browser_base, addressing="path") if browser_base else self._store
        self._clients: dict[Store, Any] = {}
        self._lock = threading.Lock()

    def name(self, url: str) -> str:
        return self._place(url).name

    def find(self, url: str) -> Found:
        """In a URL's path `+` is a plus; where there is none of that name, a space, as Encord's own examples have it."""
        place = self._place(url)
        try:
            return self._look(place, url)
        except ObjectProblem as problem:
            if "+" not in url:
                raise
            spaced = self._place(url.replace("+", "%20"))
            try:
                return self._look(spaced, url)
            except ObjectProblem:
                read_as = f"nor is it {spaced.key!r}, with + read as a space"
                raise ObjectProblem(f"{problem}; {read_as}") from problem

    def _look(self, place: Place, url: str) -> Found:
        with self._sentences(place, url):
            answer = self._client().get_object(Bucket=place.bucket, Key=place.key, Range=f"bytes=0-{HEAD - 1}")
            head = answer["Body"].read()
        # `bytes 0-65535/1234567`
        size = int(answer["ContentRange"].rsplit("/", 1)[1]) if "ContentRange" in answer else len(head)
        return Found(place.url, place.name, size, head, answer.get("ContentType"))

    def read(self, found: Found, start: int, end: int) -> bytes:
        place = self._place(found.url)
        with self._sentences(place, found.url):
            answer = self._client().get_object(Bucket=place.bucket, Key=place.key, Range=f"bytes={start}-{end - 1}")
            return bytes(answer["Body"].read())

    def write(self, beside: str, name: str, file: Path, content_type: str) -> str:
        place = replace(self._place(beside), key=f"{self._integration.write_prefix}{name}")
        with self._sentences(place, place.url, action="s3:PutObject"), file.open("rb") as body:
            self._client().put_object(Bucket=place.bucket, Key=place.key, Body=body, ContentType=content_type)
        return place.url

    def sign(self, url: str) -> str:
        place = self._place(self.find(url).url if "+" in url else url)
        signed: str = self._client(self._browser).generate_presigned_url(
            "get_object",
            Params={"Bucket": place.bucket, "Key": place.key},
            ExpiresIn=self._integration.url_seconds,
        )
        return signed

    def _place(self, url: str) -> Place:
        """Where a URL leads. Raises ObjectProblem if it leads to another store."""
        host = urlsplit(self._store.endpoint).netloc
        try:
            parsed = parse_object_url(url, s3_endpoints=(host,))
        except ObjectUrlError as error:
            raise ObjectProblem(f"{url} is not the URL of an object on {host}: {error}") from error
        otc = parsed.form is UrlForm.OTC and host == f"obs.{parsed.region}.otc.t-systems.com"
        if parsed.query or not (otc or parsed.form is UrlForm.S3_COMPATIBLE):
            raise ObjectProblem(f"{url} is not the URL of an object on {host}, which this integration is for")
        return Place(parsed.bucket, parsed.key, parsed.region if otc else None, host)

    def _client(self, store: Store | None = None) -> Any:
        """An S3 client with the integration's key, made when it is first needed."""
        wanted = store or self._store
        with self._lock:
            if wanted not in self._clients:
                keys = boto3.Session(self._integration.access_key, self._integration.secret_key)
                self._clients[wanted] = client(wanted, keys)
            return self._clients[wanted]

    @contextmanager
    def _sentences(self, place: Place, url: str, action: str = "s3:GetObject") -> Iterator[None]:
        """Turn a refusal of the store into one sentence that says what is known."""
        try:
            yield
        except ClientError as error:
            answer = error.response["Error"]
            raise ObjectProblem(
                f"{url}: {_refusal(answer['Code'], answer.get('Message', ''), place, action)}"
            ) from error
        except BotoCoreError as error:
            raise ObjectProblem(f"{url}: {place.host} could not be asked: {error}") from error


def _refusal(code: str, message: str, place: Place, action: str) -> str:
    """Why the store said no, in its own words where it says them."""
    where = f"{place.bucket}/{place.key}"
    if code == "NoSuchBucket":
        return f"there is no bucket {place.bucket}"
    if code in ("NoSuchKey", "404"):
        return f"there is no object {place.key!r} in {place.bucket}"
    if code == "InvalidRange":
        return "the object is empty"
    if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return f"the store does not accept the access key that Encord was given ({code})"
    if code in ("AccessDenied", "403") and action == "s3:PutObject":
        return f"403: the user of this integration may not write {where}: it needs s3:PutObject there ({message})"
    if code in ("AccessDenied", "403"):
        return (
            f"403: {where} is missing, or the user of this integration may not read it (s3:GetObject):"
            f" without list permission a store need not say which ({message})"
        )
    return f"the store refused {action} on {where}: {code}: {message}"
