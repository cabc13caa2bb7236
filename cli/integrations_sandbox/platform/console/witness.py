"""Why a medium does not appear: the browser does not tell the page, so the platform asks the bucket the same."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import requests
from msgspec import Struct

SECONDS = 10
# Only the words that are the same for every object: what follows them are times and numbers of requests.
SAID = (
    re.compile(r"<AuthenticationErrorDetail>([^<:\n]{1,300})"),  # Azure says there what its message does not
    re.compile(r"<Message>([^<\n]{1,300})"),
)


class Answer(Struct, frozen=True):
    """What a bucket answers to a browser. allow_origin: its Access-Control-Allow-Origin. said: its own words, if any."""

    status: int
    allow_origin: str | None
    said: str | None = None

    @property
    def ok(self) -> bool:
        return self.status < 400


def same_object(url: str, other: str) -> bool:
    """Whether two signed URLs lead to the same object: they differ in their signatures alone."""
    return urlsplit(url)._replace(query="") == urlsplit(other)._replace(query="")


def ask(url: str, origin: str) -> Answer:
    """Ask as a browser does for a page of `origin`. Raises requests.RequestException if nobody answers."""
    headers = {"Origin": origin}
    with requests.get(url, headers=headers, timeout=SECONDS, stream=True, allow_redirects=False) as answer:
        said = None
        if not answer.ok:
            said = reason(answer.raw.read(4000, decode_content=True).decode("utf-8", "replace")) or answer.reason
        return Answer(answer.status_code, answer.headers.get("Access-Control-Allow-Origin"), said)


def reason(body: str) -> str | None:
    """Why a bucket refused, in its own words, from the XML that S3, Cloud Storage and Azure answer with."""
    return next((found[1].strip() for pattern in SAID if (found := pattern.search(body))), None)


def sentence(host: str, origin: str, answer: Answer) -> str:
    """What that answer means for the page, without the object's name: many objects share one cause."""
    if not answer.ok:
        return f"{host} answers {answer.status} ({answer.said}). That is not about CORS."
    if answer.allow_origin in (origin, "*"):
        return (
            f"{host} answers {answer.status} and lets {origin} in. Either this browser cannot reach it,"
            " or it does not know this kind of media."
        )
    named = f"names {answer.allow_origin}" if answer.allow_origin else "is missing"
    return (
        f"{host} answers {answer.status}, but does not let {origin} in: Access-Control-Allow-Origin {named}."
        " So the browser keeps it from the page. integrations check --select COR says whether the rules are right."
    )
