"""The process that plays Azure's hosts: sign-in, Graph, Azure Resource Manager and the blob service.

It tells them apart by the Host header. A browser, which does not know the sandbox's authority, comes in on
loopback (the edge's door) and names the account in the path: /account/container/blob.

    python -m integrations_sandbox.clouds.azure_front FRONT.json
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from aiohttp.typedefs import Middleware
from msgspec import Struct

from integrations_sandbox.clouds.azure_arm import HOST as ARM_HOST
from integrations_sandbox.clouds.azure_arm import Arm
from integrations_sandbox.clouds.azure_azurite import Azurite
from integrations_sandbox.clouds.azure_blob import BlobFront
from integrations_sandbox.clouds.azure_entra import GRAPH_HOST, LOGIN_HOST, graph, login
from integrations_sandbox.clouds.azure_roles import Assignment
from integrations_sandbox.clouds.azure_state import (
    BLOB_SUFFIX,
    Account,
    Application,
    ServicePrincipal,
    Store,
)
from integrations_sandbox.clouds.azure_tokens import Issuer

ADMIN = "/_sandbox/directory"
LOOPBACK = ("localhost", "127.0.0.1")


class Front(Struct, frozen=True):
    """What the front needs to know; written by the sandbox, read once at start. folder: where its state is."""

    folder: str
    port: int
    azurite_port: int
    certificate: str
    key: str
    bundle: str


class Directory(Struct, frozen=True):
    """What the admin door takes: it is added to what is there, and replaces what has the same id."""

    tenants: dict[str, str] = {}
    subscriptions: dict[str, str] = {}
    applications: tuple[Application, ...] = ()
    principals: tuple[ServicePrincipal, ...] = ()
    assignments: tuple[Assignment, ...] = ()


class Hosts:
    """Every host, told apart."""

    def __init__(self, folder: Path, azurite: Azurite, admin_token: str) -> None:
        self.store, self._issuer = Store(folder), Issuer(folder)
        self._arm = Arm(self.store, self._issuer, azurite)
        self._blob = BlobFront(self.store, self._issuer, azurite)
        self._admin_token = admin_token

    async def answer(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0].lower()
        if request.path == ADMIN and host in (ARM_HOST, *LOOPBACK):
            return await self._admit(request)
        if host == LOGIN_HOST:
            return await login(request, self.store.state, self._issuer)
        if host == GRAPH_HOST:
            return await graph(request, self.store.state, self._issuer)
        if host == ARM_HOST:
            return await self._arm.answer(request)
        target = request.raw_path
        if host in LOOPBACK:
            name, separator, rest = target.removeprefix("/").partition("/")
            account, target = self.store.state.accounts.get(name), separator + rest
        else:
            account = self.account(host)
        if account is None:
            return self._nobody(request)
        return await self._blob.answer(request, account, target)

    def account(self, host: str) -> Account | None:
        """The account that a host name is of."""
        name, _, suffix = host.partition(".")
        return self.store.state.accounts.get(name) if suffix == BLOB_SUFFIX else None

    def plays(self, host: str) -> bool:
        return host in (LOGIN_HOST, GRAPH_HOST, ARM_HOST, *LOOPBACK) or self.account(host) is not None

    def _nobody(self, request: web.Request) -> web.Response:
        """An account that does not exist has no host name in Azure either: nobody answers."""
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=404)

    async def _admit(self, request: web.Request) -> web.Response:
        """Seeding; nothing of it exists in Azure."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if request.method != "POST" or not hmac.compare_digest(given.encode(), self._admin_token.encode()):
            return web.Response(status=403, text="the admin door opens to POST with the token of its file only")
        try:
            new = msgspec.json.decode(await request.read(), type=Directory)
        except msgspec.DecodeError as error:
            return web.Response(status=400, text=str(error))
        state = self.store.state
        state.tenants |= new.tenants
        state.subscriptions |= new.subscriptions
        state.applications |= {found.id: found for found in new.applications}
        state.principals |= {found.id: found for found in new.principals}
        state.assignments |= {f"{found.scope}/{found.name}".lower(): found for found in new.assignments}
        self.store.save()
        return web.Response(status=204)


async def serve(front: Front, middlewares: Sequence[Middleware] = ()) -> None:
    """Serve until cancelled. middlewares: aiohttp's, which see every request first."""
    trust = ssl.create_default_context(cafile=front.bundle)
    timeout = ClientTimeout(total=None, sock_connect=10, sock_read=300)
    async with ClientSession(connector=TCPConnector(limit=0), timeout=timeout, auto_decompress=False) as session:
        folder = Path(front.folder)
        token = (folder / "admin.token").read_text()
        hosts = Hosts(folder, Azurite(session, front.azurite_port, trust), token)
        app = web.Application(middlewares=middlewares)
        app.router.add_route("*", "/{anything:.*}", hosts.answer)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", front.port, ssl_context=_tls(front, hosts)).start()
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


def _tls(front: Front, hosts: Hosts) -> ssl.SSLContext:
    """TLS that refuses a host which nobody has: the nearest to a name that cannot be resolved."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(front.certificate, front.key)

    def refuse_strangers(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> int | None:
        known = name is None or hosts.plays(name.lower())
        return None if known else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context.sni_callback = refuse_strangers
    return context


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Front)))
