"""Where objects come from: a bucket, or a list of one, and how the URL of an object in it is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

from integrations.errors import ConfigurationError
from integrations.registration.object_url import (
    MrapSpelling,
    azure_url,
    gcs_url,
    mrap_url,
    otc_url,
    s3_compatible_url,
    s3_url,
)

Scheme = Literal["s3", "gs", "az", "obs", "https", "arn", "url"]
FOLDER = "folder"  # why an object is no item
_FORM = re.compile(r"((?i:s3|gs|az|obs|https))://([^/]+)/?(.*)", re.DOTALL)
_ARN = re.compile(r"(arn:aws[a-z-]*:s3::\d{12}:accesspoint/[a-z0-9]+\.mrap)/?(.*)", re.DOTALL)


class Source(Struct, frozen=True):
    """A bucket, and the prefix of the keys that are meant.

    bucket: the container on Azure; the ARN of a Multi-Region Access Point; the host for public
    and signed URLs (`url`), whose keys are the URLs themselves. account: the storage account on
    Azure. endpoint: the host of an S3-compatible store. region: AWS and OTC.
    """

    scheme: Scheme
    bucket: str
    prefix: str = ""
    region: str = ""
    account: str = ""
    endpoint: str = ""

    def url(self, key: str) -> str:
        """The object URL of a key."""
        match self.scheme:
            case "s3":
                return s3_url(self.bucket, self.region, key)
            case "gs":
                return gcs_url(self.bucket, key)
            case "az":
                return azure_url(self.account, self.bucket, key)
            case "obs":
                return otc_url(self.bucket, self.region, key)
            case "https":
                return s3_compatible_url(self.endpoint, self.bucket, key)
            case "arn":
                return mrap_url(self.bucket, key, MrapSpelling.ARN_HOST)
            case "url":
                return key


def parse_source(text: str, region: str | None = None) -> Source:
    """Read `s3://bucket/prefix`, `gs://…`, `az://account/container/prefix`, `obs://…`, `https://host/bucket/prefix`
    or the ARN of a Multi-Region Access Point.

    Raises ConfigurationError if it is none of these, or needs a region and has none.
    """
    if match := _ARN.fullmatch(text):
        return Source("arn", match[1], match[2])
    match = _FORM.fullmatch(text)
    if match is None:
        raise ConfigurationError(
            f"{text!r} is no bucket: write s3://BUCKET, gs://BUCKET, az://ACCOUNT/CONTAINER, obs://BUCKET,"
            " https://HOST/BUCKET or an access point's ARN, each with a prefix behind it if wanted"
        )
    scheme, first, rest = match[1].lower(), match[2], match[3]
    if scheme in ("az", "https"):
        bucket, _, prefix = rest.partition("/")
        if not bucket:
            raise ConfigurationError(f"{text!r} names no {'container' if scheme == 'az' else 'bucket'}")
        return (
            Source("az", bucket, prefix, account=first)
            if scheme == "az"
            else Source("https", bucket, prefix, endpoint=first)
        )
    if scheme == "gs":
        return Source("gs", first, rest)
    if not region:
        raise ConfigurationError(f"{text!r} needs --region: it stands in every object URL")
    return Source("s3", first, rest, region) if scheme == "s3" else Source("obs", first, rest, region)


class Object(Struct, frozen=True):
    """One object of a bucket. size: bytes. modified: ISO 8601, in UTC. unfit: why it can be no item, if so."""

    key: str
    size: int
    modified: str
    unfit: str = ""


def utc(text: str) -> str:
    """A time as `Object.modified` has it: a day or a time in ISO 8601, in UTC if it says no offset; nothing stays nothing.

    Raises ConfigurationError for what is no time.
    """
    if not text:
        return ""
    try:
        time = datetime.fromisoformat(text)
        time = time.astimezone(UTC) if time.tzinfo else time
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"{text!r} is no time: write 2026-11-22, 2026-11-22T15:30:00Z or 2026-11-22T15:30:00+02:00"
        ) from None
    return f"{time.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
