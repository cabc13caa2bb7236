"""The older generation of the API: every call is a POST of {query_type, query_method, values} to one of two paths.

Answers are HTTP 200 with the real status inside. A subject adds its calls to HANDLERS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from msgspec import Struct

from integrations_sandbox.platform.web import Refusal, bad, body, reply

PREFIX = "/public"
CODES = {
    400: "INVALID_ARGUMENTS_ERROR", 401: "AUTHENTICATION_ERROR", 403: "AUTHORISATION_ERROR",
    404: "RESOURCE_NOT_FOUND_ERROR", 409: "RESOURCE_EXISTS_ERROR",
}  # fmt: skip


class Values(Struct):
    """What a legacy call is about."""

    uid: Any = None
    payload: Any = None


class Call(Struct):
    """A legacy call."""

    query_type: str
    query_method: str
    values: Values


Handler = Callable[[Request, Values], Any]
HANDLERS: dict[tuple[str, str], Handler] = {}

router = APIRouter(prefix=PREFIX)


def refused(status: int, message: str) -> Response:
    """A refusal in the legacy envelope; the SDK shows the message of code 400 only."""
    return reply({"status": status, "response": [CODES.get(status, "UNKNOWN_ERROR")], "payload": message})


@router.post("")
@router.post("/user")
def dispatch(request: Request) -> Response:
    """Find the call's handler."""
    try:
        return reply({"status": 200, "response": _answer(request, body(request, Call))})
    except Refusal as refusal:
        return refused(refusal.status, refusal.message)


def _answer(request: Request, call: Call) -> Any:
    handler = HANDLERS.get((call.query_type, call.query_method))
    if handler is None:
        raise bad(f"the sandbox does not have the call {call.query_method} {call.query_type}")
    return handler(request, call.values)
