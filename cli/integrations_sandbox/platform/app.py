"""The application: authentication in front, routes behind, refusals in the shape that the SDK reads."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from integrations_sandbox.faults import FaultInjection, Faults
from integrations_sandbox.platform import auth
from integrations_sandbox.platform.clouds import Doors
from integrations_sandbox.platform.console.sessions import Sessions
from integrations_sandbox.platform.routes import account, admin, console, faults, folders, items, jobs, legacy, uploads
from integrations_sandbox.platform.settings import database_path, prepare
from integrations_sandbox.platform.store import Store
from integrations_sandbox.platform.store.people import User, user_by_key, user_by_token
from integrations_sandbox.platform.uploads import PREFIX as UPLOADS
from integrations_sandbox.platform.uploads import Uploads
from integrations_sandbox.platform.waiting import Waiters
from integrations_sandbox.platform.web import Refusal, Services, reply
from integrations_sandbox.platform.worker import Worker

V2 = "/v2/public"
BODY_LIMIT = 512 * 1024 * 1024  # bytes; a registration of a million URLs fits
# What anybody may have: that the platform answers, and the console's page, which has nothing to tell without a session.
OPEN = (admin.HEALTH, *console.PAGES)

log = logging.getLogger(__name__)


def create_app(data: Path) -> FastAPI:
    """The platform of a data folder, which is made if it is missing."""
    settings = prepare(data)
    store, waiters, doors = Store(database_path(data)), Waiters(), Doors(settings.browser_base)
    worker = Worker(store, doors, waiters, Faults(), Uploads(data / "uploads", settings.admin_token))
    services = Services(settings, store, doors, Doors({}), Sessions(), worker, waiters)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        waiters.bind(asyncio.get_running_loop())
        services.worker.resume()
        yield
        await run_in_threadpool(services.worker.stop)

    app = FastAPI(lifespan=lifespan, redirect_slashes=False, openapi_url=None)
    app.state.services = services
    for subject in (account, folders, jobs, items, uploads):
        app.include_router(subject.router, prefix=V2)
    app.include_router(legacy.router)
    app.include_router(admin.router)
    app.include_router(faults.router)
    app.include_router(uploads.content)
    app.include_router(console.router)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _not_there)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Authentication, services=services)
    app.add_middleware(FaultInjection, faults=services.worker.faults, spared=f"{admin.PREFIX}/")
    return app


class Authentication:
    """Reads the body once, finds out who asks, and lets nobody else through.

    Routes find the body in `request.state.body` and the asker in `request.state.user`.
    """

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app = app
        self._settings = services.settings
        self._store = services.store
        self._sessions = services.sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # An upload's URL is its own proof; its content may be large, and is not gathered here.
        if scope["type"] != "http" or scope["path"] in OPEN or scope["path"].startswith(f"{UPLOADS}/"):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        try:
            state["body"] = await _read(receive)
            state["user"] = await run_in_threadpool(self._who, scope, state["body"])
        except auth.AuthenticationFailed as failure:
            await _denied(scope, 401, str(failure))(scope, receive, send)
        except Refusal as refusal:
            await _denied(scope, refusal.status, refusal.message)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _who(self, scope: Scope, body: bytes) -> User | None:
        """The user of a request to the API; None behind the admin door and the console, which know a token and no users."""
        headers = Headers(scope=scope)
        token = auth.bearer_token(headers)
        path: str = scope["path"]
        if path.startswith(f"{console.API}/"):
            if not self._sessions.admits(token):
                raise auth.AuthenticationFailed("this session has ended: `integrations sandbox console` begins another")
            return None
        if path.startswith(f"{admin.PREFIX}/"):
            if not admin.admits(token, self._settings.admin_token):
                raise auth.AuthenticationFailed("the admin door wants the admin token of the sandbox's settings file")
            return None
        if token is not None:
            found = user_by_token(self._store.db, auth.token_digest(token), time.time())
            return _known(found, "the bearer token is not one of ours, or has expired")
        if path.startswith(legacy.PREFIX):
            key = auth.verify_legacy(headers, body)
        else:
            query = scope["query_string"].decode("latin-1")
            target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
            key = auth.verify_v2(scope["method"], target, headers, body, time.time())
        return _known(user_by_key(self._store.db, key), "no user has registered this public key")


def _known(found: User | None, otherwise: str) -> User:
    if found is None:
        raise auth.AuthenticationFailed(otherwise)
    return found


async def _read(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "the client went away while it sent its request")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_LIMIT:
            raise Refusal(413, f"a request has at most {BODY_LIMIT} bytes: split the registration")
        if not message.get("more_body", False):
            return b"".join(parts)


def _denied(scope: Scope, status: int, message: str) -> Response:
    """A refusal before any route, in the shape of the generation that asked."""
    if scope["path"].startswith(legacy.PREFIX) and status == 401:
        return legacy.refused(status, message)
    return reply({"message": message}, status)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - registered for it
    return reply({"message": error.message}, error.status)


async def _not_there(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    return reply({"message": f"the sandbox does not have {request.method} {request.url.path}"}, error.status_code)


async def _not_valid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    problems = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors())
    return reply({"message": f"the request is not as expected: {problems}"}, 400)


async def _broken(request: Request, error: Exception) -> Response:
    log.error("%s %s", request.method, request.url.path, exc_info=error)
    return reply({"message": "the sandbox's platform failed; its log says how"}, 500)
