"""A detour on the way to the local clouds, where faults happen on purpose.

While it runs, the edge leads every new tunnel here instead of to the cloud. Here TLS ends, as the host that was asked
for; the rules are applied; and what they let through goes on to whatever plays the host, as it was sent. So every host
of every cloud, those of sign-in too, can be at fault in the same words, and no cloud knows of it.

    python -m integrations_sandbox.clouds.detour DETOUR.json

The rules come and are reported at /_sandbox/faults of localhost, for whoever has the token of that file.
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec
import uvicorn
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from yarl import URL

from integrations_sandbox.clouds import certificates
from integrations_sandbox.clouds.azure_azurite import NOT_ADDED
from integrations_sandbox.clouds.edge import Routes
from integrations_sandbox.clouds.fault_refusals import refusal
from integrations_sandbox.decoding import decode
from integrations_sandbox.faults import Fault, FaultInjection, Faults, drop, host_of

DOOR = "/_sandbox/faults"
HOST = "localhost"
# Of a hop's own, and none of what is passed on (RFC 9110, 7.6.1). Expect is answered here.
HOP = {"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade", "expect"}


class Detour(Struct, frozen=True):
    """What it needs to know; written by the sandbox, read once at start. tls: the folder of the authority."""

    port: int
    token: str
    tls: str
    routes: Routes


class Forwarding:
    """Passes requests on to the cloud that plays their host, byte for byte."""

    def __init__(self, routes: Routes, session: ClientSession, trust: ssl.SSLContext) -> None:
        self._routes, self._session, self._trust = routes, session, trust

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, host = Request(scope, receive), host_of(scope)
        port = self._routes.find(host)
        if port is None:
            drop(receive)
            return
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        target = URL(f"https://127.0.0.1:{port}{scope['raw_path'].decode('latin-1')}{query}", encoded=True)
        has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
        try:
            answer = await self._session.request(
                request.method, target, headers=_passed_on(request.headers.items()),
                data=request.stream() if has_body else None, skip_auto_headers=NOT_ADDED, allow_redirects=False,
                ssl=self._trust, server_hostname=host,
            )  # fmt: skip
        except ClientError:  # as without the detour: whoever asked sees the connection end
            drop(receive)
            return
        async with answer:
            response = StreamingResponse(answer.content.iter_any(), answer.status)
            response.raw_headers = [
                (name.lower(), value) for name, value in answer.raw_headers if name.lower().decode() not in HOP
            ]
            await response(scope, receive, send)


def _passed_on(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name not in HOP]


class Door:
    """In front of everything: takes the rules, and reports them."""

    def __init__(self, app: FaultInjection, faults: Faults, token: str) -> None:
        self._app, self._faults, self._token = app, faults, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if host_of(scope) == HOST and scope["path"] == DOOR:
            await (await self._answer(Request(scope, receive)))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return JSONResponse({"message": "the door opens to the token of its file only"}, 403)
        if request.method == "PUT":
            try:
                self._faults.replace(decode(await request.body(), list[Fault]))
            except msgspec.DecodeError as error:
                return JSONResponse({"message": str(error)}, 400)
        return JSONResponse(self._faults.report())


def identities(folder: Path) -> Callable[[ssl.SSLObject, str | None, ssl.SSLContext], None]:
    """Lets TLS answer as whatever host is asked for, with a certificate of the authority in `folder`."""

    @cache
    def identity(host: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificates.issue(folder, f"detour-{host}", [host]))
        return context

    def as_asked(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name:
            connection.context = identity(name.lower())

    return as_asked


async def serve(detour: Detour) -> None:
    """Serve until ended."""
    trust = ssl.create_default_context(cafile=detour.routes.bundle)
    faults = Faults()
    # No connection of its own is used twice: a cloud that is restarted meanwhile must not look like a fault.
    connector = TCPConnector(limit=0, force_close=True)
    async with ClientSession(connector=connector, timeout=ClientTimeout(), auto_decompress=False) as session:
        forwarding = Forwarding(detour.routes, session, trust)
        app = Door(FaultInjection(forwarding, faults, refusal=refusal), faults, detour.token)
        certificate, key = certificates.issue(Path(detour.tls), "detour", [HOST])
        config = uvicorn.Config(
            app, host="127.0.0.1", port=detour.port, ssl_certfile=certificate, ssl_keyfile=key, log_level="warning",
            access_log=False, lifespan="off", server_header=False, date_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        config.load()
        assert config.ssl is not None  # noqa: S101 - there is a certificate
        config.ssl.sni_callback = identities(Path(detour.tls))
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Detour)))
