"""AWS as Encord meets it: a role is assumed with an external ID, and everything is done with its session.

Encord's documentation names the role and the external ID; under which session name and for
how long it assumes the role is not documented, and chosen here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from integrations_sandbox.platform.clouds.aws_url import Place, places
from integrations_sandbox.platform.clouds.door import HEAD, Found, ObjectProblem, find_in_turn

SESSION_SECONDS = 3600
# A session is renewed this long before it ends, so that nothing that begins with it outlives it.
MARGIN = timedelta(minutes=5)
CONFIG = Config(
    max_pool_connections=32,
    connect_timeout=10,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 3},
    # Signed URLs with the region in the host: the global host redirects, which a browser does not follow with CORS.
    s3={"addressing_style": "virtual"},
)
ABSENT = ("NoSuchKey", "404")
DENIED = ("AccessDenied", "403")


class AwsIntegration(Struct, frozen=True, kw_only=True, tag_field="cloud", tag="aws", forbid_unknown_fields=True):
    """An integration on AWS, as Encord keeps it.

    access_key and secret_key: the platform's own identity, the principal that the role trusts.
    write_prefix: where the video of an image sequence is written; Encord's choice is not documented,
    this one is ours. url_seconds: how long a signed URL holds, at most as long as the session.
    """

    uuid: str
    title: str
    role_arn: str
    external_id: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    write_prefix: str = "encord-image-sequences/"
    url_seconds: int = 3600


class WrongRegion(Exception):  # noqa: N818 - raised and caught in this file, to leave botocore's retries
    """S3 says that the bucket lives in another region."""

    def __init__(self, region: str | None) -> None:
        super().__init__(region)
        self.region = region


class AwsDoor:
    """The door to one integration on AWS. Threads may share it."""

    def __init__(self, integration: AwsIntegration, browser_base: str | None = None) -> None:
        self._integration = integration
        self._browser_base = browser_base
        self._lock = threading.Lock()
        self._session: boto3.Session | None = None
        self._expires = datetime.min.replace(tzinfo=UTC)
        self._clients: dict[tuple[str, bool], Any] = {}

    def name(self, url: str) -> str:
        return places(url)[0].name

    def find(self, url: str) -> Found:
        return find_in_turn(places(url), lambda place: self._look(place, url))

    def read(self, found: Found, start: int, end: int) -> bytes:
        place = places(found.url)[0]
        with self._sentences(place, found.url):
            answer = self._client(place).get_object(
                Bucket=place.bucket, Key=place.key, Range=f"bytes={start}-{end - 1}"
            )
            return bytes(answer["Body"].read())

    def write(self, beside: str, name: str, file: Path, content_type: str) -> str:
        neighbour = places(beside)[0]
        place = Place(neighbour.bucket, f"{self._integration.write_prefix}{name}", neighbour.region)
        with self._sentences(place, place.url, action="s3:PutObject"), file.open("rb") as body:
            self._client(place).put_object(Bucket=place.bucket, Key=place.key, Body=body, ContentType=content_type)
        return place.url

    def sign(self, url: str) -> str:
        candidates = places(url)
        place = candidates[0] if len(candidates) == 1 else places(self.find(url).url)[0]
        with self._sentences(place, url):
            # A Multi-Region Access Point has no address on loopback: it is known by its host name alone.
            client = self._client(place, for_browser=not place.behind_access_point)
            signed: str = client.generate_presigned_url(
                "get_object",
                Params={"Bucket": place.bucket, "Key": place.key},
                ExpiresIn=min(self._integration.url_seconds, SESSION_SECONDS),
            )
            return signed

    def _look(self, place: Place, url: str) -> Found:
        with self._sentences(place, url):
            answer = self._client(place).get_object(Bucket=place.bucket, Key=place.key, Range=f"bytes=0-{HEAD - 1}")
            head = answer["Body"].read()
        # `bytes 0-65535/1234567`
        size = int(answer["ContentRange"].rsplit("/", 1)[1]) if "ContentRange" in answer else len(head)
        return Found(place.url, place.name, size, head, answer.get("ContentType"))

    def _client(self, place: Place, *, for_browser: bool = False) -> Any:
        """An S3 client in the role's session, made when it is first needed and again when the session ends."""
        for_browser = for_browser and self._browser_base is not None
        with self._lock:
            if self._session is None or datetime.now(UTC) > self._expires - MARGIN:
                self._session, self._expires = self._assume_role()
                self._clients.clear()
            known = self._clients.get((place.region, for_browser))
            if known is None:
                config = CONFIG.merge(Config(s3={"addressing_style": "path"})) if for_browser else CONFIG
                known = self._session.client(
                    "s3",
                    region_name=place.region,
                    config=config,
                    endpoint_url=self._browser_base if for_browser else None,
                )
                known.meta.events.register_first("needs-retry.s3", _notice_wrong_region)
                self._clients[place.region, for_browser] = known
            return known

    def _assume_role(self) -> tuple[boto3.Session, datetime]:
        integration = self._integration
        own = boto3.Session(integration.access_key, integration.secret_key, region_name=integration.region)
        try:
            answer = own.client("sts", config=CONFIG).assume_role(
                RoleArn=integration.role_arn,
                RoleSessionName="encord-platform",
                ExternalId=integration.external_id,
                DurationSeconds=SESSION_SECONDS,
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise ObjectProblem(
                f"the role {integration.role_arn} could not be assumed ({code}): it does not exist, its trust policy"
                f" does not name {_caller(own)}, or it expects another external ID"
            ) from error
        except BotoCoreError as error:
            raise ObjectProblem(f"the role {integration.role_arn} could not be assumed: {error}") from error
        got = answer["Credentials"]
        session = boto3.Session(
            got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], region_name=integration.region
        )
        return session, got["Expiration"]

    @contextmanager
    def _sentences(self, place: Place, url: str, action: str = "s3:GetObject") -> Iterator[None]:
        """Turn a refusal of S3 into one sentence that says what is known."""
        try:
            yield
        except WrongRegion as error:
            home = f"lives in {error.region}" if error.region else "lives in another region"
            raise ObjectProblem(f"{url}: the bucket {place.bucket} {home}, and the URL says {place.region}") from error
        except ClientError as error:
            answer = error.response["Error"]
            sentence = _refusal(answer["Code"], answer.get("Message", ""), self._integration.role_arn, place, action)
            raise ObjectProblem(f"{url}: {sentence}") from error
        except BotoCoreError as error:
            raise ObjectProblem(f"{url}: S3 could not be asked: {error}") from error


def _refusal(code: str, message: str, role: str, place: Place, action: str) -> str:
    """Why S3 said no, in its own words where it says them."""
    where = f"{place.bucket}/{place.key}"
    if code == "NoSuchBucket":
        return f"there is no bucket {place.bucket}"
    if code in ABSENT:
        return f"there is no object {place.key!r} in {place.bucket}"
    if code == "InvalidRange":
        return "the object is empty"
    if code in DENIED and "kms:" in message:
        return f"403: the role {role} may not use the key that encrypts {where}: {message}"
    if code in DENIED and action == "s3:PutObject":
        return f"403: the role {role} may not write {where}: it needs s3:PutObject there ({message})"
    if code in DENIED:
        return (
            f"403: {where} is missing, or the role {role} may not read it (s3:GetObject):"
            f" without list permission AWS does not say which ({message})"
        )
    return f"S3 refused {action} on {where}: {code}: {message}"


def _caller(session: boto3.Session) -> str:
    """Who we are, for the sentence that says whom the role must trust."""
    try:
        return str(session.client("sts", config=CONFIG).get_caller_identity()["Arn"])
    except (BotoCoreError, ClientError) as error:
        return f"the platform's own identity (whose keys do not work either: {error})"


def _notice_wrong_region(response: Any, **_: Any) -> None:
    """botocore would quietly go to the right region; a browser with a signed URL would not."""
    if response is None:
        return
    http, parsed = response
    error = parsed.get("Error", {})
    headers = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if error.get("Code") in ("PermanentRedirect", "AuthorizationHeaderMalformed") or http.status_code in (301, 307):
        raise WrongRegion(error.get("Region") or headers.get("x-amz-bucket-region"))
