"""What a player in a browser needs besides the object: HEAD, parts of it, headers it may look at, answers not mixed up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime

from integrations.access import cors
from integrations.checks.browser import ALLOW_ORIGIN, ask, fetch, header, lets_in, words
from integrations.checks.records import Answer, Obstacle, failed, passed, unknown, warned

EXPOSED = "Access-Control-Expose-Headers"
PART = "bytes=0-0"
SKEW_SECONDS = 60


def ask_parts(get: Callable[[], str], head: Callable[[], str], origins: Sequence[str], fix: str, repair: str) -> Answer:
    """Whether HEAD, and GET of a part, are answered with leave. repair: for a store that gives no parts."""

    def judge(target: str) -> Answer:
        for origin in origins:
            whole = fetch("HEAD", head(), {"Origin": origin})
            if not lets_in(whole, origin):
                return failed(f"HEAD with Origin {origin}: {words(whole)}", fix)
            part = fetch("GET", target, {"Origin": origin, "Range": PART})
            if part.status_code != 206:
                return failed(f"GET of one byte: {part.status_code}, not 206", repair)
            if not lets_in(part, origin):
                return failed(f"GET of one byte with Origin {origin}: {ALLOW_ORIGIN} is {header(part)}", fix)
        return passed("HEAD and parts, with leave")

    return ask(get, judge)


def ask_exposed(get: Callable[[], str], origins: Sequence[str], fix: str) -> Answer:
    """Whether a script may look at the headers that it needs to jump within a video."""

    def judge(target: str) -> Answer:
        for origin in origins:
            answer = fetch("GET", target, {"Origin": origin, "Range": PART})
            exposed = {one.strip().lower() for one in answer.headers.get(EXPOSED, "").split(",")}
            hidden = [one for one in cors.EXPOSED_HEADERS if one.lower() not in exposed]
            if hidden and "*" not in exposed:
                return failed(f"for {origin} not exposed: {', '.join(hidden)}", fix)
        return passed(", ".join(cors.EXPOSED_HEADERS))

    return ask(get, judge)


def ask_cached(get: Callable[[], str], origins: Sequence[str], repair: str) -> Answer:
    """Whether a browser can mix up answers: one for another origin, or one from before there was an origin.

    https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches
    """

    def judge(target: str) -> Answer:
        for origin in origins:
            answer = fetch("GET", target, {"Origin": origin})
            if not _varies(answer.headers.get("Vary", "")) and answer.headers.get(ALLOW_ORIGIN) != "*":
                return failed(f"the answer for {origin} has no `Vary: Origin`", repair)
        plain = fetch("GET", target, {})
        kept = plain.headers.get("Cache-Control", "")
        if _varies(plain.headers.get("Vary", "")) or not _is_kept(kept):
            return passed("answers for different origins are kept apart")
        seen = f"an answer without Origin has no `Vary: Origin` and may be kept ({kept})"
        return warned(seen, "take Cache-Control off the objects, or always load them with `crossorigin`")

    return ask(get, judge)


def _varies(vary: str) -> bool:
    return "*" in vary or "origin" in (one.strip().lower() for one in vary.split(","))


def _is_kept(control: str) -> bool:
    """Whether the answer says of itself that a browser may use it again without asking."""
    words_ = [one.strip().lower() for one in control.split(",")]
    asks_first = {"no-store", "no-cache", "max-age=0"}.intersection(words_)
    return any(one.startswith(("max-age", "immutable", "public")) for one in words_) and not asks_first


def ask_clock(url: Callable[[], str], now: Callable[[], float] = time.time) -> Answer:
    """Whether this machine's clock is right by that of whoever answers, whatever the answer is."""

    def judge(target: str) -> Answer:
        stated = fetch("HEAD", target, {}).headers.get("Date")
        if stated is None:
            return unknown("the cloud does not state its time", Obstacle.NETWORK)
        skew = now() - parsedate_to_datetime(stated).timestamp()
        if abs(skew) > SKEW_SECONDS:
            way = "ahead" if skew > 0 else "behind"
            return failed(
                f"this machine's clock is {abs(skew):.0f} s {way}", "set the clock: signatures carry the time"
            )
        return passed(f"within {SKEW_SECONDS} s")

    return ask(url, judge)
