"""The CORS rule that lets Encord's web application show objects, in cloud-neutral terms.

Encord's web application runs at https://app.encord.com and https://app.us.encord.com.
Which methods and headers it sends is not documented. Showing pictures takes GET and
HEAD; seeking in a video takes range requests, whose answer a script can only use if
these headers are exposed (https://fetch.spec.whatwg.org/#http-access-control-expose-headers).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

METHODS = ("GET", "HEAD")
REQUEST_HEADERS = ("*",)
EXPOSED_HEADERS = ("Accept-Ranges", "Content-Length", "Content-Range", "ETag")
MAX_AGE_SECONDS = 3600


def allows(patterns: Iterable[str], origin: str) -> bool:
    """Whether S3 or OBS takes the origin for one of those: an asterisk stands for anything.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html,
    https://docs.otc.t-systems.com/object-storage-service/umn/obs_browser_operation_guide/cors/configuring_cors.html
    """
    return any(fnmatchcase(origin, pattern.replace("[", "[[]").replace("?", "[?]")) for pattern in patterns)


def look_alike(origin: str) -> str:
    """An origin that begins like `origin` and belongs to somebody else; it must be refused."""
    return f"{origin}.evil.example"


FOREIGN_ORIGIN = "https://foreign.example"


def refused_origins(origins: Sequence[str]) -> tuple[str, ...]:
    """Origins that must not be let in where `origins` are: a foreign one, and a look-alike of the first."""
    return (FOREIGN_ORIGIN, look_alike(origins[0]))
