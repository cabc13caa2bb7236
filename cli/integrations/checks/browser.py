"""Requests as a browser makes them for Encord's web application: a preflight, and a signed GET with an origin."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from integrations.access import cors
from integrations.checks import patience
from integrations.checks.records import Answer, Obstacle, failed, passed, unknown

if TYPE_CHECKING:
    import requests

ALLOW_ORIGIN = "Access-Control-Allow-Origin"


# A moment of the cloud's own, which says nothing about the integration: asked again, and then not known.
BUSY = (429, 500, 502, 503, 504)
BACKOFF_SECONDS = 0.2
SMALL = 64 * 1024  # bytes of an answer that are read at once, so that its connection serves the next question


@functools.cache
def _session() -> requests.Session:
    """One for all threads: connections are used again, as in a browser; cookies there are none."""
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    again = Retry(
        patience.ATTEMPTS - 1, status_forcelist=BUSY, allowed_methods=None, backoff_factor=BACKOFF_SECONDS,
        raise_on_status=False, respect_retry_after_header=False,
    )  # fmt: skip
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=64, pool_maxsize=64, max_retries=again))
    return session


def fetch(method: str, url: str, headers: dict[str, str]) -> requests.Response:
    """One request, as it is answered: no redirect is followed, and no large object is read.

    Raises requests.RequestException if nobody answers, and its RetryError if the cloud is too busy to.
    """
    from requests.exceptions import RetryError

    answer = _session().request(
        method, url, headers=headers, timeout=patience.each(), allow_redirects=False, stream=True
    )
    if answer.status_code in BUSY:
        raise RetryError(f"the cloud answers {answer.status_code}")
    if not answer.ok or int(answer.headers.get("Content-Length", SMALL)) < SMALL:
        _ = answer.content
    return answer


def preflight(url: str, origin: str, method: str = "GET") -> requests.Response:
    """What a browser sends before a request that CORS does not call simple."""
    return fetch("OPTIONS", url, {"Origin": origin, "Access-Control-Request-Method": method})


def lets_in(answer: requests.Response, origin: str) -> bool:
    """Whether the answer gives the origin leave to use it."""
    return answer.ok and answer.headers.get(ALLOW_ORIGIN) in (origin, "*")


def ask(url: Callable[[], str], judge: Callable[[str], Answer]) -> Answer:
    """What `judge` says of the URL; no answer at all is no verdict, and neither is that of a cloud in trouble."""
    import requests

    try:
        return judge(url())
    except requests.exceptions.RetryError as error:
        return unknown(f"a browser's request: {error}", Obstacle.NETWORK)
    except requests.RequestException as error:
        return unknown(f"no answer to a browser's request: {type(error).__name__}", Obstacle.NETWORK)


def is_answered(url: str) -> bool:
    """Whether a plain GET gets the object. Raises requests.RequestException if nobody answers."""
    return fetch("GET", url, {}).ok


def ask_preflight(url: Callable[[], str], origins: Sequence[str], fix: str) -> Answer:
    """Whether a preflight from every origin is answered with leave."""

    def judge(target: str) -> Answer:
        for origin in origins:
            for method in cors.METHODS:
                answer = preflight(target, origin, method)
                allowed = answer.headers.get("Access-Control-Allow-Methods", "")
                if not lets_in(answer, origin) or method not in allowed:
                    return failed(f"preflight from {origin} for {method}: {words(answer)}", fix)
        return passed(f"leave for {', '.join(origins)}")

    return ask(url, judge)


def ask_foreign(url: Callable[[], str], origins: Sequence[str], fix: str) -> Answer:
    """Whether origins that are not Encord's get no leave."""

    def judge(target: str) -> Answer:
        refused = cors.refused_origins(origins)
        for origin in refused:
            answer = preflight(target, origin)
            if lets_in(answer, origin):
                return failed(f"{origin} is let in: {words(answer)}", fix)
        return passed(f"no leave for {', '.join(refused)}")

    return ask(url, judge)


def ask_signed_get(url: Callable[[], str], origins: Sequence[str], fix: str) -> Answer:
    """Whether a signed GET with each origin is answered with the object and leave to use it."""

    def judge(target: str) -> Answer:
        for origin in origins:
            answer = fetch("GET", target, {"Origin": origin})
            if not answer.ok:
                return failed(f"the signed URL of the probe object: {words(answer)}", fix)
            if not lets_in(answer, origin):
                return failed(f"GET with Origin {origin}: 200, but {ALLOW_ORIGIN} is {header(answer)}", fix)
        return passed(f"object and leave for {', '.join(origins)}")

    return ask(url, judge)


def words(answer: requests.Response) -> str:
    """The status, and what the cloud says about it, without anything of the signed URL."""
    message = re.search(r"<Message>([^<]{1,200})", answer.text[:2000])
    return f"{answer.status_code}, {ALLOW_ORIGIN} {header(answer)}" + (f" ({message[1]})" if message else "")


def header(answer: requests.Response) -> str:
    """Whom the answer gives leave."""
    return answer.headers.get(ALLOW_ORIGIN, "missing")
