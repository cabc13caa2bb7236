"""Requests and answers: reading a signed body, the shape of pages, the shape of refusals."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from fastapi.responses import Response

from integrations_sandbox import decoding
from integrations_sandbox.platform.clouds import Doors
from integrations_sandbox.platform.console.sessions import Sessions
from integrations_sandbox.platform.settings import Settings
from integrations_sandbox.platform.store import Store
from integrations_sandbox.platform.store.people import User
from integrations_sandbox.platform.waiting import Waiters
from integrations_sandbox.platform.worker import Worker

T = TypeVar("T")

PAGE_SIZE = 100
PAGE_SIZE_LIMIT = 1000


class Services(msgspec.Struct, frozen=True):
    """What the routes work with; one per running platform.

    doors: sign for a person's browser on loopback. named_doors: sign for the clouds' own host names.
    sessions: who may look at the console.
    """

    settings: Settings
    store: Store
    doors: Doors
    named_doors: Doors
    sessions: Sessions
    worker: Worker
    waiters: Waiters


class Refusal(Exception):  # noqa: N818 - it is the answer, not a fault of ours
    """An answer that is not 200, with the sentence that the SDK shows."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def bad(message: str) -> Refusal:
    """400: the SDK raises InvalidArgumentsError."""
    return Refusal(400, message)


def forbidden(what: str) -> Refusal:
    """403: the SDK raises AuthorisationError, which its docstrings promise for what does not exist as well."""
    return Refusal(403, f"{what} does not exist, or you have no access to it")


def services(request: Request) -> Services:
    """The services of the platform that got this request."""
    found: Services = request.app.state.services
    return found


def user(request: Request) -> User:
    """Who sent this request; the authentication has made sure of it."""
    found: User = request.state.user
    return found


def body(request: Request, kind: type[T]) -> T:
    """The body, which the authentication has read already, as `kind`. Raises Refusal 400."""
    return decode(request.state.body, kind)


def decode(content: bytes, kind: type[T]) -> T:
    """JSON as `kind`. Raises Refusal 400."""
    try:
        return decoding.decode(content, kind)
    except msgspec.DecodeError as error:
        raise bad(f"the request's body is not as expected: {error}") from error


def reply(value: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def page(results: Sequence[Any], token: str | None = None) -> Response:
    """One page of results; `token` leads to the next."""
    return reply({"results": results, "nextPageToken": token})


def flag(request: Request, name: str) -> bool | None:
    """A boolean of the query (the SDK writes True and False), or None if it is absent."""
    value = request.query_params.get(name)
    return None if value is None else value.lower() == "true"


def page_size(request: Request) -> int:
    """How many results are wanted, 1 to 1000. Raises Refusal 400."""
    text = request.query_params.get("pageSize", str(PAGE_SIZE))
    if not text.isdecimal() or not 1 <= int(text) <= PAGE_SIZE_LIMIT:
        raise bad(f"pageSize must be 1 to {PAGE_SIZE_LIMIT}, not {text!r}")
    return int(text)


def encode_cursor(cursor: tuple[str, int]) -> str:
    """A page token: the sort key and the row number of the last result, so that pages stay right while rows come."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode()


def decode_cursor(request: Request) -> tuple[str, int] | None:
    """The place that a page token leads to. Raises Refusal 400."""
    token = request.query_params.get("pageToken")
    if not token:
        return None
    try:
        return decoding.decode(base64.urlsafe_b64decode(token), tuple[str, int])
    except (binascii.Error, ValueError) as error:
        raise bad("pageToken is not one that this platform gave") from error
