"""The sandbox's own door: projects and service accounts, for which Google has other services.

    PUT /_sandbox/projects/<id>      a Project, without its id
    PUT /_sandbox/accounts/<email>   an Account, without its e-mail

Both replace what was there; the keys and bindings that an account has stay if none are given.
"""

from __future__ import annotations

import hmac
from typing import Any, TypeVar

import msgspec
from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations_sandbox.clouds.gcp_call import Services, decode, raw_target, read_small, segments
from integrations_sandbox.clouds.gcp_records import Account, Project
from integrations_sandbox.clouds.gcp_refusals import Refusal, invalid, not_played, unauthenticated
from integrations_sandbox.decoding import convert

ROOT = "/_sandbox/"
R = TypeVar("R", Project, Account)


async def answer(services: Services, request: Request) -> Response:
    """Keep a record, for whoever has the admin token."""
    try:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), services.settings.admin_token.encode()):
            raise unauthenticated()
        _, kind, key = [*segments(raw_target(request)[0]), "", ""][:3]
        body = decode(await read_small(request))
        if request.method != "PUT" or kind not in ("projects", "accounts"):
            raise not_played("such an admin call")
        services.store.put(key, _project(key, body) if kind == "projects" else _account(services, key, body))
        return JSONResponse({})
    except Refusal as refusal:
        return JSONResponse(refusal.as_json(), refusal.status)


def _project(key: str, body: dict[str, Any]) -> Project:
    return _convert(body | {"id": key}, Project)


def _account(services: Services, key: str, body: dict[str, Any]) -> Account:
    old = services.store.get(Account, key)
    return _convert((asdict(old) if old else {}) | body | {"email": key}, Account)


def _convert(body: dict[str, Any], kind: type[R]) -> R:
    try:
        return convert(msgspec.to_builtins(body), kind)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from error
