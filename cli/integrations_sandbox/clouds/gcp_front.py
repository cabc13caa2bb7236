"""The local Google Cloud: Cloud Storage, and the tokens for it, behind Google's own host names.

python -m integrations_sandbox.clouds.gcp_front FOLDER PORT CERTIFICATE KEY
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from integrations_sandbox.clouds import gcp_admin, gcp_json_api, gcp_oauth, gcp_xml_api
from integrations_sandbox.clouds.gcp_call import Services, raw_target
from integrations_sandbox.clouds.gcp_objects import Objects
from integrations_sandbox.clouds.gcp_records import Settings
from integrations_sandbox.clouds.gcp_store import Store

STORAGE = "storage.googleapis.com"
TOKENS = "oauth2.googleapis.com"
CREDENTIALS = "iamcredentials.googleapis.com"
JSON_ROOTS = ("/storage/", "/upload/", "/download/", "/batch/")

Middleware = Callable[[ASGIApp], ASGIApp]


def application(services: Services, middleware: Sequence[Middleware] = ()) -> ASGIApp:
    """Everything that answers. middleware: wrapped around it, the first outermost."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            response = await answer(services, request)
            await response(scope, receive, send)

    wrapped: ASGIApp = app
    for layer in reversed(middleware):
        wrapped = layer(wrapped)
    return wrapped


async def answer(services: Services, request: Request) -> Response:
    """Lead a request to the service that its host name and path mean.

    A loopback name stands for Cloud Storage: people's browsers come that way.
    """
    host = request.headers.get("host", "").rsplit(":", 1)[0].lower()
    path, _ = raw_target(request)
    if path.startswith(gcp_admin.ROOT):
        return await gcp_admin.answer(services, request)
    if host == TOKENS:
        return await gcp_oauth.token(services, request)
    if host == CREDENTIALS:
        return await gcp_oauth.credentials(services, request)
    if host.endswith(f".{STORAGE}"):
        return await gcp_xml_api.answer(services, request, host.removesuffix(f".{STORAGE}"))
    if path.startswith(JSON_ROOTS):
        return await gcp_json_api.answer(services, request)
    return await gcp_xml_api.answer(services, request, None)


def settings_path(folder: Path) -> Path:
    """Where the settings of the local Google Cloud are."""
    return folder / "settings.json"


def prepare(folder: Path) -> Settings:
    """The settings in `folder`, made with fresh secrets if there are none (mode 0600)."""
    path = settings_path(folder)
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = Settings(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(fresh), indent=2))
    return msgspec.json.decode(path.read_bytes(), type=Settings)


def main(folder: Path, port: int, certificate: str, key: str) -> None:
    """Serve until ended. Connections that nobody uses any more do not hold the end up."""
    with closing(Store(folder)) as store:
        services = Services(prepare(folder), store, Objects(store, folder))
        uvicorn.run(
            application(services), host="127.0.0.1", port=port, ssl_certfile=certificate, ssl_keyfile=key,
            log_level="warning", access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
