"""Faults on purpose: what a network, a busy platform and a busy cloud do to requests and jobs, staged by rules.

The rules come through an admin door and are forgotten at a restart. The admin door itself is
never at fault, so a rehearsal can always be ended. Those for the platform are applied in it
(platform/app.py), those for a cloud's hosts on the way there (clouds/detour.py).
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Kind = Literal[
    "latency", "rate_limit", "error", "reset_before", "reset_after", "truncate", "expired_credentials", "stuck_job",
    "failed_job",
]  # fmt: skip
JOBS: tuple[Kind, ...] = ("stuck_job", "failed_job")


class Fault(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rule.

    kind: `latency` waits `seconds` and then does what was asked; `rate_limit` is a 429 with `seconds` as its
    Retry-After; `error` is `status`; `reset_before` drops the connection before any work was done, `reset_after` after
    it was done, without an answer; `truncate` sends half of the answer; `expired_credentials` is a 401; a `stuck_job`
    is never begun, a `failed_job` ends in ERROR at once.
    host, method and path: which requests: a part of the host's name, an exact method, a part of the path; without a
    host it is the platform's. times: how often, None without end. chance: for each request, 0 to 1.
    """

    kind: Kind
    host: str = ""
    method: str | None = None
    path: str = ""
    times: Annotated[int, Meta(ge=1)] | None = None
    chance: Annotated[float, Meta(gt=0, le=1)] = 1.0
    seconds: Annotated[float, Meta(ge=0)] = 0.0
    status: Annotated[int, Meta(ge=400, le=599)] = 500

    def __post_init__(self) -> None:
        """Raises ValueError for what could never strike."""
        if self.host and self.kind in JOBS:
            raise ValueError(f"a {self.kind} is the platform's: it takes no host")
        if self.kind == "latency" and not self.seconds:
            raise ValueError("a latency takes seconds")

    def concerns(self, method: str, path: str, host: str = "") -> bool:
        """Whether the rule is about this request."""
        return self.kind not in JOBS and self.method in (None, method) and self.path in path and self.host in host


class Faults:
    """The rules in force, and how often each has struck. May be asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(0)  # noqa: S311 - for rehearsals that can be repeated
        self._rules: list[tuple[Fault, int]] = []

    def replace(self, rules: list[Fault]) -> None:
        """These rules from now on, counted from nothing."""
        with self._lock:
            self._rules = [(rule, 0) for rule in rules]
            self._random.seed(0)

    def report(self) -> list[dict[str, Any]]:
        """Each rule with how often it has struck."""
        with self._lock:
            return [{**msgspec.to_builtins(rule), "struck": struck} for rule, struck in self._rules]

    def of_request(self, method: str, path: str, host: str = "") -> list[Fault]:
        """What happens to a request: every latency that strikes, and the first other fault."""
        return self._struck(lambda rule: rule.concerns(method, path, host), several="latency")

    def of_job(self) -> Kind | None:
        """What happens to a job that is about to begin."""
        struck = self._struck(lambda rule: rule.kind in JOBS, several=None)
        return struck[0].kind if struck else None

    def _struck(self, concerns: Callable[[Fault], bool], several: Kind | None) -> list[Fault]:
        found: list[Fault] = []
        ended = False
        with self._lock:
            for number, (rule, struck) in enumerate(self._rules):
                if not concerns(rule) or (rule.times is not None and struck >= rule.times):
                    continue
                if (ended and rule.kind != several) or self._random.random() >= rule.chance:
                    continue
                ended = ended or rule.kind != several
                self._rules[number] = (rule, struck + 1)
                found.append(rule)
        return found


class FaultInjection:
    """In front of everything else: applies the rules to requests.

    spared: the paths that begin so never meet one. refusal: the words in which the server at fault refuses, by the host's name.
    """

    def __init__(
        self,
        app: ASGIApp,
        faults: Faults,
        spared: str | None = None,
        refusal: Callable[[Fault, str], Response] | None = None,
    ) -> None:
        self._app = app
        self._faults = faults
        self._spared = spared
        self._refusal = refusal or _refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (self._spared and scope["path"].startswith(self._spared)):
            await self._app(scope, receive, send)
            return
        other: Fault | None = None
        for fault in self._faults.of_request(scope["method"], scope["path"], host_of(scope)):
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            else:
                other = fault
        await self._apply(other, scope, receive, send)

    async def _apply(self, fault: Fault | None, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "reset_before":
            drop(receive)
        elif fault.kind == "reset_after":
            await self._app(scope, receive, _nowhere)
            drop(receive)
        elif fault.kind == "truncate":
            await self._app(scope, receive, _Truncated(send, receive))
        else:
            await _read(receive)
            await self._refusal(fault, host_of(scope))(scope, receive, send)


def host_of(scope: Scope) -> str:
    """The host that a request is for, without its port."""
    named = next((value for name, value in scope["headers"] if name == b"host"), b"")
    return str(named.decode("latin-1").rsplit(":", 1)[0].lower())


def _refusal(fault: Fault, _: str) -> Response:
    if fault.kind == "rate_limit":
        headers = {"Retry-After": f"{fault.seconds:.0f}"}
        return Response('{"message": "too many requests"}', 429, headers, "application/json")
    if fault.kind == "expired_credentials":
        return Response('{"message": "the credentials have expired"}', 401, media_type="application/json")
    return Response('{"message": "a fault on purpose"}', fault.status, media_type="application/json")


def drop(receive: Receive) -> None:
    """End the connection as a broken network does. uvicorn's request knows its transport; ASGI has no word for it."""
    receive.__self__.transport.abort()  # type: ignore[attr-defined]


async def _read(receive: Receive) -> None:
    """The whole request, as a server does before it answers; a client that is still sending would not listen."""
    while (await receive()).get("more_body", False):
        pass


async def _nowhere(message: Message) -> None:
    """An answer that nobody gets."""


class _Truncated:
    """Announces the whole answer, sends half of its body, and ends the connection."""

    def __init__(self, send: Send, receive: Receive) -> None:
        self._send, self._receive = send, receive

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
        elif body := message.get("body"):
            await self._send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(0.05)  # so that what was sent leaves before the end
            drop(self._receive)
