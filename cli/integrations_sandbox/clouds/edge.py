"""The edge: an HTTP proxy that brings the real host names of the clouds to the local ones.

A client says `CONNECT bucket.s3.eu-west-2.amazonaws.com:443` as it would to a
company's proxy, and gets a tunnel to the emulator that plays this host; TLS is
spoken through the tunnel, with a certificate of the sandbox's own authority. So
the product needs nothing but two standard settings (HTTPS_PROXY and a CA bundle),
signatures are made for the real hosts, and a host that no emulator plays is
refused here instead of reached on the internet.

Besides, one plain loopback port per emulator, for people's browsers: they do not
know the authority. What comes in there goes on over TLS. And the other way round,
TLS in front of a plain port: so the platform's console is found under the name of
Encord's own web application, which is the origin that the buckets know.

    python -m integrations_sandbox.clouds.edge ROUTES.json

While a file `detour` with a port in it stands beside ROUTES.json, new tunnels lead to that port (clouds/detour.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

DETOUR = "detour"
HEAD_LIMIT = 16 * 1024
CHUNK = 64 * 1024
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Route(Struct, frozen=True):
    """Hosts that end in `suffix` are played by the TLS server on loopback port `port`."""

    suffix: str
    port: int


class Door(Struct, frozen=True):
    """A plain HTTP port for browsers, in front of the TLS server on `target`, whose certificate names `host`."""

    port: int
    target: int
    host: str


class Front(Struct, frozen=True):
    """A TLS port, with this certificate and key (paths), in front of the plain HTTP server on `target`."""

    port: int
    target: int
    certificate: str
    key: str


class Routes(Struct, frozen=True):
    """What the edge listens on and where it leads; written by the sandbox, read once at start."""

    port: int
    routes: tuple[Route, ...]
    bundle: str
    doors: tuple[Door, ...] = ()
    fronts: tuple[Front, ...] = ()

    def find(self, host: str) -> int | None:
        """The port that plays `host`, or None."""
        fitting = [route for route in self.routes if host == route.suffix or host.endswith("." + route.suffix)]
        return max(fitting, key=lambda route: len(route.suffix)).port if fitting else None


def _acknowledge(transport: asyncio.Transport) -> None:
    """Acknowledge at once: through a proxy urllib3 sends small parts only when the last one is acknowledged.

    Without this every small upload waits some 40 ms. The setting does not last, so it is made after each read.
    """
    if hasattr(socket, "TCP_QUICKACK") and (connection := transport.get_extra_info("socket")) is not None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes until one side has no more; a broken connection is the other side's to notice."""
    source: asyncio.Transport = reader._transport  # type: ignore[attr-defined] # the reader's own socket, to hurry it
    with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
        while data := await reader.read(CHUNK):
            _acknowledge(source)
            writer.write(data)
            await writer.drain()
    writer.close()


async def _join(
    left: tuple[asyncio.StreamReader, asyncio.StreamWriter], right: tuple[asyncio.StreamReader, asyncio.StreamWriter]
) -> None:
    await asyncio.gather(_pipe(left[0], right[1]), _pipe(right[0], left[1]))


async def _refuse(writer: asyncio.StreamWriter, status: str, reason: str) -> None:
    body = f"{reason}\n".encode()
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    with contextlib.suppress(ConnectionError):
        await writer.drain()
    writer.close()


def _way(routes: Routes, detour: Path, host: str) -> int | None:
    """The port that leads to `host`, or None if nobody plays it."""
    port = routes.find(host)
    if port is not None:
        with contextlib.suppress(FileNotFoundError):
            return int(detour.read_text())
    return port


async def _tunnel(routes: Routes, detour: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
        writer.close()
        return
    host = target.rsplit(":", 1)[0].lower()
    if method != "CONNECT":
        await _refuse(writer, "405 Method Not Allowed", "the sandbox speaks https only, through CONNECT")
        return
    port = _way(routes, detour, host)
    if port is None:
        await _refuse(writer, "502 Bad Gateway", f"{host} is not in the sandbox")
        return
    try:
        upstream = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        await _refuse(writer, "503 Service Unavailable", f"what plays {host} in the sandbox is not running")
        return
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await _join((reader, writer), upstream)


async def _pass_on(
    target: int,
    trust: ssl.SSLContext | None,
    host: str | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """To the server on `target`: over TLS, as `host`, where there is something to trust; else in plain."""
    try:
        upstream = await asyncio.open_connection("127.0.0.1", target, ssl=trust, server_hostname=host)
    except OSError:
        await _refuse(writer, "503 Service Unavailable", "the server behind this port is not running")
        return
    await _join((reader, writer), upstream)


def _identity(front: Front) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(front.certificate, front.key)
    return context


async def serve(routes: Routes, detour: Path) -> None:
    """Serve until cancelled. detour: the file that names the port of a detour, if there is one."""
    trust = ssl.create_default_context(cafile=routes.bundle)
    listeners: list[tuple[int, Serve, ssl.SSLContext | None]] = [(routes.port, partial(_tunnel, routes, detour), None)]
    listeners += [(door.port, partial(_pass_on, door.target, trust, door.host), None) for door in routes.doors]
    listeners += [
        (front.port, partial(_pass_on, front.target, None, None), _identity(front)) for front in routes.fronts
    ]
    servers = [
        await asyncio.start_server(serve_one, "127.0.0.1", port, limit=HEAD_LIMIT, ssl=identity)
        for port, serve_one, identity in listeners
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    path = Path(sys.argv[1])
    asyncio.run(serve(msgspec.json.decode(path.read_bytes(), type=Routes), path.with_name(DETOUR)))
