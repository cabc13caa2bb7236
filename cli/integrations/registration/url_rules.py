"""What is wrong with one object URL, and what it should be instead. Pure functions of the text."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import quote

from msgspec import Struct

from integrations.registration.findings import FindingId
from integrations.registration.model import KINDS, MAX_URL_BYTES, Kind
from integrations.registration.object_url import (
    Cloud,
    MrapSpelling,
    ObjectUrl,
    ObjectUrlError,
    UrlForm,
    gcs_url,
    mrap_url,
    parse_object_url,
)


class Location(Struct, frozen=True):
    """A place that an integration reads from. None: any. bucket ends in `.mrap` for an access point."""

    cloud: Cloud
    bucket: str | None
    region: str | None = None
    account: str | None = None
    prefixes: tuple[str, ...] = ()

    def holds(self, url: ObjectUrl) -> bool:
        """Whether the URL names an object of this place."""
        bucket = url.form is UrlForm.S3_MRAP if self.bucket is None else url.bucket == self.bucket
        return (
            url.cloud == self.cloud
            and bucket
            and (self.region is None or url.region in (None, self.region))
            and (self.account is None or url.account in (None, self.account))
            and (not self.prefixes or url.key.startswith(self.prefixes))
        )


class UrlOptions(Struct, frozen=True):
    """What the rules cannot know by themselves.

    mrap_spelling: how objects behind an access point are to be written. s3_endpoints: hosts of
    S3-compatible stores. locations: where the integration reads from; empty if not asked.
    plus: what a raw `+` in a key stands for, if somebody knows.
    """

    mrap_spelling: MrapSpelling = MrapSpelling.ARN_HOST
    s3_endpoints: tuple[str, ...] = ()
    locations: tuple[Location, ...] = ()
    plus: Literal["space", "plus"] | None = None


class Problem(Struct, frozen=True):
    """One thing wrong with a text. mended: the whole text as it should be, if that needs no guess."""

    id: FindingId
    message: str
    fix: str
    mended: str | None = None


# As Encord's templates have them. A whole URL of a real host is none, whatever its key.
_PLACEHOLDER = re.compile(
    r"<[^<>]*>|^cloud-path-to-|^(?!\w+://)(?:.*/)?path/to/|^https://[^/.]+/\.{3}/|^Multi-Region-Access-Point-ARN\b"
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_ILLEGAL = re.compile(r"[^\w.~:/?#\[\]@!$&'()*+,;=%-]|#|%(?![0-9A-Fa-f]{2})", re.ASCII)
_CLOUD_HOST = re.compile(
    r"(?:https?://)?[a-z0-9.-]+\.(?:amazonaws\.com|google\.com|googleapis\.com|windows\.net|t-systems\.com)/"
)
_GS = re.compile(r"gs://([^/]+)/(.+)", re.DOTALL)
_EXTENSION = re.compile(r"(?:\.nii)?\.[A-Za-z0-9]{2,5}$")
_KIND_OF_EXTENSION = {extension: kind.noun for kind in reversed(KINDS.values()) for extension in kind.extensions}


def is_placeholder_url(url: str) -> bool:
    """Whether a text in place of a URL was copied from a template."""
    return _PLACEHOLDER.search(url) is not None


def url_problems(url: str, options: UrlOptions) -> list[Problem]:
    """Everything wrong with a URL that is not empty, whatever the kind of its item."""
    if is_placeholder_url(url):
        return [Problem(FindingId.URL_PLACEHOLDER, "this is a placeholder, not an object URL", "put the object's URL")]
    mended = _mended(url, options)
    problems = _text_problems(url, mended, options)
    if len(url.encode("utf-8", "replace")) > MAX_URL_BYTES:
        text = f"the URL is longer than the {MAX_URL_BYTES:,} bytes that Encord takes"
        problems.append(Problem(FindingId.URL_TOO_LONG, text, "use a shorter key, or no signed URL"))
    return problems + _form_problems(mended, options)


def _mended(url: str, options: UrlOptions) -> str:
    """The URL trimmed and percent-encoded, with the scheme that was meant, as far as that needs no guess."""
    if options.plus:
        path, mark, query = url.partition("?")
        url = path.replace("+", "%20" if options.plus == "space" else "%2B") + mark + query
    url = _ILLEGAL.sub(lambda match: quote(match[0], safe="", errors="replace"), url.strip())
    if url[:8].lower() == "https://":
        return "https://" + url[8:]
    if match := _GS.fullmatch(url):
        return gcs_url(match[1], "") + match[2]
    if _CLOUD_HOST.match(url) and not url.startswith("https://"):
        return "https://" + url.removeprefix("http://")
    return url


def _text_problems(url: str, mended: str, options: UrlOptions) -> list[Problem]:
    """Problems with how the URL is written: characters and scheme."""
    problems = []
    repair = mended if mended.startswith(("https://", "arn:")) else None
    if re.search(r"\s", url):
        text = "an object URL cannot hold white space"
        problems.append(Problem(FindingId.URL_WHITESPACE, text, "trim it, and write a space in a key as %20", repair))
    bad = next((match[0] for match in _ILLEGAL.finditer(url) if not match[0].isspace()), None)
    if bad is not None:
        fix = f"percent-encode it as {quote(bad, safe='', errors='replace')}"
        text = f"the character {bad!r} cannot stand in a URL as it is"
        problems.append(Problem(FindingId.URL_CHARACTER, text, fix, repair))
    scheme = _SCHEME.match(url.lstrip())
    if scheme and scheme[1] != "https":
        text = f"Encord reads https:// URLs, not {scheme[1]}://"
        fix = f"write {mended}" if repair else "write the https:// form, with the bucket's region for S3"
        problems.append(Problem(FindingId.URL_SCHEME, text, fix, repair))
    elif not scheme and not url.lstrip().startswith("arn:"):
        fix = f"write {mended}" if repair else "put the whole URL, starting with https://"
        problems.append(Problem(FindingId.URL_RELATIVE, "this is a path, not a URL", fix, repair))
    if "+" in url.partition("?")[0]:
        text = "a raw + means a plus in the key, but the S3 console shows a space this way"
        fix = "write %20 if the key has a space here, %2B if it has a plus"
        problems.append(Problem(FindingId.URL_PLUS, text, fix, repair if options.plus else None))
    return problems


def _form_problems(url: str, options: UrlOptions) -> list[Problem]:
    """Problems with what the URL names. A URL that has no https form has said so already."""
    if not url.startswith(("https://", "arn:")):
        return []
    try:
        parsed = parse_object_url(url, s3_endpoints=options.s3_endpoints)
    except ObjectUrlError as error:
        kind = FindingId.MRAP_FORM if "arn:" in url or ".mrap" in url else FindingId.URL_FORM
        return [Problem(kind, str(error), "compare it with the forms on this finding's page")]
    problems = _mrap_problems(parsed, options.mrap_spelling) if parsed.form is UrlForm.S3_MRAP else []
    if options.locations and not any(location.holds(parsed) for location in options.locations):
        text = f"this object is in none of the integration's buckets and prefixes ({parsed.bucket or parsed.host})"
        problems.append(
            Problem(FindingId.URL_NOT_OF_INTEGRATION, text, "register it with the integration of its bucket")
        )
    return problems


def _mrap_problems(url: ObjectUrl, spelling: MrapSpelling) -> list[Problem]:
    if url.account is not None and len(url.account) != 12:
        text = f"the account in the access point's ARN has {len(url.account)} digits; an AWS account has 12"
        return [Problem(FindingId.MRAP_FORM, text, "copy the ARN from the access point's page")]
    if url.spelling is spelling:
        return []
    arn = url.mrap_arn
    mended = mrap_url(arn, url.key, spelling) if arn else None
    fix = f"write {mended}" if mended else "write it with the access point's ARN, which says the account"
    text = f"the access point is spelled as {url.spelling}, and {spelling} is asked for"
    return [Problem(FindingId.MRAP_SPELLING, text, fix, mended)]


def extension_problem(url: str, kind: Kind) -> Problem | None:
    """A file name that belongs to another kind than its section's. A name that tells nothing is no problem."""
    match = _EXTENSION.search(url.partition("?")[0])
    extension = match[0].lower() if match else ""
    other = _KIND_OF_EXTENSION.get(extension)
    if not kind.extensions or other is None or extension in kind.extensions:
        return None
    text = f"{extension} is the name of a {other}, and this is the section of {kind.section}"
    return Problem(FindingId.EXTENSION, text, "move the item to the section of its kind")


def place_of(url: str, options: UrlOptions) -> tuple[Cloud, str] | None:
    """Cloud and host of a URL, to compare the URLs of one group; None if it cannot be taken apart."""
    try:
        parsed = parse_object_url(_mended(url, options), s3_endpoints=options.s3_endpoints)
    except ObjectUrlError:
        return None
    return parsed.cloud, parsed.host if parsed.cloud == "other" else ""
