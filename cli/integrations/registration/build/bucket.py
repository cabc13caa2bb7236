"""Why no object of a bucket can be had: it is not there, or not in the region that its URLs say."""

from __future__ import annotations

import os
import re
from typing import Any

from integrations.registration.build.listing import Problem, Trouble
from integrations.registration.build.source import Source

_TIMEOUT_SECONDS = 15
# What a listing says; the answer to HEAD, by which objects are asked for, has no text.
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist")
_ELSEWHERE = re.compile(r"redirect without LOCATION|PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocation")
_REGION = re.compile(r"<Region>([a-z0-9-]+)</Region>")


def bucket_problem(source: Source, store: Any) -> Problem | None:
    """What is wrong with the bucket as a whole, by one page of its listing; None if nothing is, or it may not be listed.

    The reason of Trouble.ELSEWHERE is the right region, empty if nobody says it.
    """
    import obstore

    try:
        next(iter(obstore.list(store, chunk_size=1)), None)
    except Exception as error:  # noqa: BLE001 - obstore has no exceptions for these, only words
        text = str(error)
        if _NO_BUCKET.search(text):
            return Problem(Trouble.NO_BUCKET)
        if _ELSEWHERE.search(text):
            named = _REGION.search(text)
            return Problem(Trouble.ELSEWHERE, named[1] if named else _region(source))
    return None


def _region(source: Source) -> str:
    """The region of an S3 bucket, which S3 names to anybody who asks for the bucket; empty if it does not.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    if source.scheme != "s3":
        return ""
    # Only here: every validation would pay for them.
    import ssl
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    endpoint = os.environ.get("AWS_ENDPOINT_URL") or f"https://s3.{source.region}.amazonaws.com"
    bundle = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    asked = Request(f"{endpoint.rstrip('/')}/{source.bucket}", method="HEAD")  # noqa: S310 - the scheme is http or https
    try:
        with urlopen(asked, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context(cafile=bundle)) as answer:  # noqa: S310
            headers = answer.headers
    except HTTPError as error:
        headers = error.headers
    except (URLError, OSError):
        return ""
    return str(headers.get("x-amz-bucket-region", ""))
