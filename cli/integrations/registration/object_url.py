"""Object URLs: how a registration file names one object of one bucket, in each cloud.

    AWS, virtual-hosted  https://<bucket>.s3.<region>.amazonaws.com/<key>
    AWS, path style      https://s3.<region>.amazonaws.com/<bucket>/<key>
    AWS, access point    https://arn:aws:s3::<account>:accesspoint/<alias>.mrap.s3-accesspoint.amazonaws.com/<key>
    Google Cloud         https://storage.cloud.google.com/<bucket>/<key>
    Azure                https://<account>.blob.core.windows.net/<container>/<key>
    Open Telekom Cloud   https://<bucket>.obs.<region>.otc.t-systems.com/<key>
    S3-compatible        https://<endpoint>/<bucket>/<key>

The forms are those of Encord's own examples. For a Multi-Region Access Point its text and
its example disagree ("the ARN followed by the object name" against the form above, which
is no legal URL), so the spelling is a setting; the example's is the default.

Keys are percent-encoded as S3, Cloud Storage and Azure decode them: `%20` is a space, and
a `+` is a `+`, although the S3 console shows a space as `+` in its "Object URL".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from urllib.parse import quote, unquote

from integrations.errors import IntegrationsError

Cloud = Literal["aws", "gcp", "azure", "otc", "other"]


class UrlForm(StrEnum):
    """How a URL spells bucket and key."""

    S3_VIRTUAL = "s3-virtual"
    S3_PATH = "s3-path"
    S3_MRAP = "s3-mrap"
    GCS = "gcs"
    AZURE = "azure"
    OTC = "otc"
    S3_COMPATIBLE = "s3-compatible"
    DIRECT = "direct"  # any other host: a public or signed URL, whose bucket nobody can tell


class MrapSpelling(StrEnum):
    """How an object behind a Multi-Region Access Point is written."""

    ARN_HOST = "arn-host"  # as in Encord's example
    ARN = "arn"  # as in Encord's text: the ARN, a slash, the key
    ENDPOINT = "endpoint"  # the host that AWS itself answers on; it does not say the account


class ObjectUrlError(IntegrationsError, ValueError):
    """The text is no object URL; the message says why."""


@dataclass(frozen=True, slots=True)
class ObjectUrl:
    """One object URL, taken apart.

    bucket: the bucket, the Azure container, or the alias of the access point (ends in
    `.mrap`); empty for a direct URL. account: the Azure storage account, or the AWS account
    of the access point where the spelling says it. region: where the spelling says it.
    key: decoded. host: the host as written, with its port. query: what follows `?`, undecoded.
    spelling: set for access points only.
    """

    form: UrlForm
    cloud: Cloud
    host: str
    bucket: str
    key: str
    region: str | None = None
    account: str | None = None
    query: str = ""
    spelling: MrapSpelling | None = None

    @property
    def mrap_arn(self) -> str | None:
        """The access point's ARN, if this URL names one and says the account."""
        return mrap_arn(self.account, self.bucket) if self.form is UrlForm.S3_MRAP and self.account else None


_ALIAS = r"(?P<bucket>[a-z0-9]+\.mrap)"
_ARN = rf"arn:aws[a-z-]*:s3::(?P<account>\d*):accesspoint[/:]{_ALIAS}"
_MRAP = (
    (MrapSpelling.ARN_HOST, re.compile(rf"https://{_ARN}\.s3-accesspoint\.amazonaws\.com/(?P<key>.*)", re.DOTALL)),
    (MrapSpelling.ARN, re.compile(rf"(?:https://)?{_ARN}/(?P<key>.*)", re.DOTALL)),
    (
        MrapSpelling.ENDPOINT,
        re.compile(rf"https://{_ALIAS}\.accesspoint\.s3-global\.amazonaws\.com/(?P<key>.*)", re.DOTALL),
    ),
)
_SPLIT = re.compile(r"https://(?P<host>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?", re.DOTALL)
_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
_S3_HOST = rf"s3(?:[.-](?:dualstack\.)?{_REGION})?\.amazonaws\.com(?:\.cn)?"
_OTC_HOST = r"obs\.(?P<region>[a-z]{2}-[a-z]{2,})\.otc\.t-systems\.com"
_BUCKET_IN_HOST = r"(?P<bucket>[a-z0-9][a-z0-9._-]{1,61}[a-z0-9])"
_HOSTS: tuple[tuple[UrlForm, Cloud, re.Pattern[str]], ...] = (
    (UrlForm.S3_VIRTUAL, "aws", re.compile(rf"{_BUCKET_IN_HOST}\.{_S3_HOST}")),
    (UrlForm.S3_PATH, "aws", re.compile(_S3_HOST)),
    (UrlForm.GCS, "gcp", re.compile(r"storage\.(?:cloud\.google|googleapis)\.com")),
    (UrlForm.GCS, "gcp", re.compile(rf"{_BUCKET_IN_HOST}\.storage\.googleapis\.com")),
    (UrlForm.AZURE, "azure", re.compile(r"(?P<account>[a-z0-9]{3,24})\.blob\.core\.windows\.net")),
    (
        UrlForm.OTC,
        "otc",
        re.compile(rf"{_BUCKET_IN_HOST}\.obs\.(?P<region>[a-z]{{2}}-[a-z]{{2,}})\.otc\.t-systems\.com"),
    ),
    (UrlForm.OTC, "otc", re.compile(_OTC_HOST)),
)
_CLOUD_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "blob.core.windows.net", "otc.t-systems.com")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*(?::\d{1,5})?", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:localhost|\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?")


def parse_object_url(url: str, *, s3_endpoints: tuple[str, ...] = ()) -> ObjectUrl:
    """Take one object URL apart.

    s3_endpoints: hosts (with port, if any) of S3-compatible stores; any other unknown host is
    a direct URL. Raises ObjectUrlError if the text is no URL, or lacks the bucket or the key.
    """
    for spelling, pattern in _MRAP:
        if match := pattern.fullmatch(url):
            return _access_point(spelling, match)
    parts = _SPLIT.fullmatch(url)
    if parts is None:
        raise ObjectUrlError("an object URL starts with https://")
    host, path, query = parts["host"], parts["path"], parts["query"] or ""
    if not _HOST.fullmatch(host) and not _ADDRESS.fullmatch(host):
        raise ObjectUrlError(f"{host!r} is no host name" if host else "the URL names no host")
    for form, cloud, pattern in _HOSTS:
        if match := pattern.fullmatch(host.lower()):
            groups = match.groupdict()
            bucket, key = _bucket_and_key(groups.get("bucket"), path)
            return ObjectUrl(form, cloud, host, bucket, key, groups.get("region"), groups.get("account"), query)
    if host in s3_endpoints:
        bucket, key = _bucket_and_key(None, path)
        return ObjectUrl(UrlForm.S3_COMPATIBLE, "other", host, bucket, key, query=query)
    if host.lower().endswith(_CLOUD_DOMAINS):
        raise ObjectUrlError(f"{host!r} is a host of a cloud, but in no form that names a bucket")
    if path in ("", "/"):
        raise ObjectUrlError("the URL names no object, only a host")
    return ObjectUrl(UrlForm.DIRECT, "other", host, "", unquote(path[1:]), query=query)


def _access_point(spelling: MrapSpelling, match: re.Match[str]) -> ObjectUrl:
    groups = match.groupdict()
    if not groups["key"]:
        raise ObjectUrlError("the URL names an access point, but no object behind it")
    host = match[0].removeprefix("https://")[: -len(groups["key"]) - 1]
    key, _, query = groups["key"].partition("?")
    account = groups.get("account")
    return ObjectUrl(UrlForm.S3_MRAP, "aws", host, groups["bucket"], unquote(key), None, account, query, spelling)


def _bucket_and_key(bucket: str | None, path: str) -> tuple[str, str]:
    """Bucket and decoded key; the bucket is the first part of the path where the host does not say it."""
    path = path[1:]
    if bucket is None:
        bucket, _, path = path.partition("/")
        if not bucket:
            raise ObjectUrlError("the URL names no bucket")
    if not path:
        raise ObjectUrlError(f"the URL names bucket {bucket!r}, but no object in it")
    return unquote(bucket), unquote(path)


def encode_key(key: str) -> str:
    """A key as it stands in a URL: everything but letters, digits, `/` and `-_.~` percent-encoded, so also `+`."""
    return quote(key, safe="/-_.~")


def s3_url(bucket: str, region: str, key: str) -> str:
    """An object on AWS, virtual-hosted; path style for a bucket with dots, whose certificate would not match."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    if "." in bucket:
        return f"https://s3.{region}.{domain}/{bucket}/{encode_key(key)}"
    return f"https://{bucket}.s3.{region}.{domain}/{encode_key(key)}"


def mrap_arn(account: str, alias: str) -> str:
    """The ARN of a Multi-Region Access Point; `alias` as AWS gives it, with `.mrap` at the end."""
    return f"arn:aws:s3::{account}:accesspoint/{alias}"


def mrap_url(arn: str, key: str, spelling: MrapSpelling = MrapSpelling.ARN_HOST) -> str:
    """An object behind a Multi-Region Access Point; `arn` ends in `<alias>.mrap`."""
    match spelling:
        case MrapSpelling.ARN_HOST:
            return f"https://{arn}.s3-accesspoint.amazonaws.com/{encode_key(key)}"
        case MrapSpelling.ARN:
            return f"{arn}/{encode_key(key)}"
        case MrapSpelling.ENDPOINT:
            return f"https://{arn.rpartition('/')[2]}.accesspoint.s3-global.amazonaws.com/{encode_key(key)}"


def gcs_url(bucket: str, key: str) -> str:
    """An object on Google Cloud Storage."""
    return f"https://storage.cloud.google.com/{bucket}/{encode_key(key)}"


def azure_url(account: str, container: str, key: str) -> str:
    """A blob on Azure."""
    return f"https://{account}.blob.core.windows.net/{container}/{encode_key(key)}"


def otc_url(bucket: str, region: str, key: str) -> str:
    """An object on Open Telekom Cloud."""
    return f"https://{bucket}.obs.{region}.otc.t-systems.com/{encode_key(key)}"


def s3_compatible_url(endpoint: str, bucket: str, key: str) -> str:
    """An object of an S3-compatible store; `endpoint` is its host, with the port if there is one."""
    return f"https://{endpoint}/{bucket}/{encode_key(key)}"
