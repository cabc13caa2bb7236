"""Ways to an object that obstore does not know: through a Multi-Region Access Point, and by a URL as it is.

Each answers as a store of obstore does, as far as it is asked: `head`, and `get_range` where bytes are read.
"""

from __future__ import annotations

import os
from typing import Any

from integrations.errors import ConfigurationError, IntegrationsError

TIMEOUT_SECONDS = 15
# Whichever names a bundle of certificates; requests by itself knows the first alone.
BUNDLES = ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE")
MISSING = ("404", "NoSuchKey", "NotFound")


# What a cloud, or any host, answers when it is busy or broken: it says nothing of the object.
TROUBLE = (408, 429)
REFUSALS = (401, 403)


class ObjectUnknownError(IntegrationsError, OSError):
    """Whether the object can be read could not be had; the text says why."""


class ObjectRefusedError(IntegrationsError, PermissionError):
    """The object may not be read; the text says why."""


class AccessPoint:
    """Objects behind a Multi-Region Access Point, with boto3's credentials.

    Requests are signed with Signature Version 4A
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html), which botocore leaves
    to the AWS Common Runtime. Raises ConfigurationError if one of them is not installed.
    """

    def __init__(self, arn: str) -> None:
        try:
            import awscrt  # type: ignore[import-untyped]  # noqa: F401 - botocore signs with it
            import boto3
            from botocore.config import Config
            from botocore.exceptions import ProfileNotFound
        except ModuleNotFoundError:
            text = "objects behind an access point need boto3 and botocore[crt]: pip install 'encord-integrations[aws]'"
            raise ConfigurationError(text) from None
        config = Config(
            connect_timeout=TIMEOUT_SECONDS,
            read_timeout=TIMEOUT_SECONDS,
            retries={"total_max_attempts": 3, "mode": "standard"},
            max_pool_connections=32,
        )
        self._arn = arn
        try:
            # A point is asked without a region, but no client is made without one.
            self._client: Any = boto3.Session().client("s3", region_name="us-east-1", config=config)
        except ProfileNotFound as error:
            raise ConfigurationError(f"AWS_PROFILE: {error}") from None

    def head(self, key: str) -> dict[str, Any]:
        """The object's size in bytes. Raises FileNotFoundError, ObjectRefusedError or ObjectUnknownError."""
        return {"size": self._asked(self._client.head_object, key)["ContentLength"]}

    def get_range(self, key: str, *, start: int, end: int) -> bytes:
        """Bytes from start up to end, which must be inside the object. Raises likewise."""
        return bytes(self._asked(self._client.get_object, key, Range=f"bytes={start}-{end - 1}")["Body"].read())

    def _asked(self, ask: Any, key: str, **more: str) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = ask(Bucket=self._arn, Key=key, **more)
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                raise FileNotFoundError(key) from None
            refused = error.response["ResponseMetadata"]["HTTPStatusCode"] in REFUSALS
            kind = ObjectRefusedError if refused else ObjectUnknownError
            raise kind(f"the access point refused: {error}") from None
        except BotoCoreError as error:
            raise ObjectUnknownError(f"the access point could not be asked: {error}") from None
        return answer


class PublicUrls:
    """Objects by their URLs as they are, public or signed: asked with nobody's credentials."""

    def __init__(self) -> None:
        import requests
        from requests.adapters import HTTPAdapter

        self._session = requests.Session()
        self._session.auth = lambda request: request  # a machine's .netrc would spoil a signature
        bundle = next((os.environ[name] for name in BUNDLES if os.environ.get(name)), None)
        self._session.verify = bundle or True
        self._session.mount("https://", HTTPAdapter(pool_connections=32, pool_maxsize=32))

    def head(self, url: str) -> dict[str, Any]:
        """Ask for the first byte, because what is signed for GET is refused for HEAD.

        Raises FileNotFoundError, ObjectRefusedError or ObjectUnknownError, whose text does not hold the URL: it may be a secret.
        """
        import requests

        header = {"Range": "bytes=0-0", "Accept-Encoding": "identity"}
        try:
            with self._session.get(url, headers=header, timeout=TIMEOUT_SECONDS, stream=True) as answer:
                status, reason = answer.status_code, answer.reason
                total = answer.headers.get("Content-Range", "").rpartition("/")[2]
        except (requests.RequestException, OSError) as error:
            raise ObjectUnknownError(f"no answer from its host ({type(error).__name__})") from None
        if status in (requests.codes.not_found, requests.codes.gone):
            raise FileNotFoundError("there is nothing at this URL")
        # 416: the object is empty, so it has no first byte.
        if status not in (requests.codes.ok, requests.codes.partial_content, requests.codes.range_not_satisfiable):
            busy = status in TROUBLE or status >= requests.codes.server_error
            raise (ObjectUnknownError if busy else ObjectRefusedError)(f"its host answers {status} {reason}")
        return {"size": int(total) if total.isdigit() else None}
