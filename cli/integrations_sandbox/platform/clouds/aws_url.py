"""Where a URL leads on AWS, from the point of view of who reads the object."""

from __future__ import annotations

import re

from msgspec import Struct

from integrations.registration.object_url import ObjectUrlError, UrlForm, mrap_url, parse_object_url, s3_url
from integrations_sandbox.platform.clouds.door import ObjectProblem

# A bucket's home when its URL names no region, and where requests to an access point begin.
DEFAULT_REGION = "us-east-1"
ACCOUNT = re.compile(r"\d{12}")
FORMS = (UrlForm.S3_VIRTUAL, UrlForm.S3_PATH, UrlForm.S3_MRAP)


class Place(Struct, frozen=True):
    """Where an object is. bucket: a bucket's name, or the ARN of a Multi-Region Access Point."""

    bucket: str
    key: str
    region: str

    @property
    def behind_access_point(self) -> bool:
        """Whether this leads through a Multi-Region Access Point."""
        return self.bucket.startswith("arn:")

    @property
    def url(self) -> str:
        """The one spelling that has only one meaning."""
        if self.behind_access_point:
            return mrap_url(self.bucket, self.key)
        return s3_url(self.bucket, self.region, self.key)

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rstrip("/").rsplit("/", 1)[-1]


def places(url: str) -> tuple[Place, ...]:
    """The places that a URL may mean, the likelier first.

    In a URL's path `+` is a plus. The S3 console shows "Object URLs" with `+` for a space,
    and they are pasted from there: so a `+` is tried as a plus, then as a space.
    Raises ObjectProblem if it is not the URL of an object on AWS.
    """
    return tuple(dict.fromkeys((_place(url), _place(url.replace("+", "%20")))))


def _place(url: str) -> Place:
    try:
        parsed = parse_object_url(url)
    except ObjectUrlError as error:
        raise ObjectProblem(f"{url} is not the URL of an object on AWS: {error}") from error
    if parsed.form not in FORMS or parsed.query:
        raise ObjectProblem(f"{url} is not the URL of an object on AWS, which this integration is for")
    if parsed.form is not UrlForm.S3_MRAP:
        return Place(parsed.bucket, parsed.key, parsed.region or DEFAULT_REGION)
    if parsed.mrap_arn is None or not ACCOUNT.fullmatch(parsed.account or ""):
        raise ObjectProblem(f"{url} does not name the account of the access point, which has 12 digits")
    return Place(parsed.mrap_arn, parsed.key, DEFAULT_REGION)
