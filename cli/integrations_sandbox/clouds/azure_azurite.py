"""The way from the front to Azurite: every account by its real host name, over TLS on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
from collections.abc import AsyncIterable, Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from aiohttp import ClientResponse, ClientSession
from msgspec import Struct
from yarl import URL

from integrations_sandbox.clouds.azure_state import Account

VERSION = "2021-12-02"
# Signed in this order: https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key
SIGNED_HEADERS = (
    "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
    "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
)  # fmt: skip
# aiohttp would add these, and a client's signature covers what it sent itself.
NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Answer(Struct, frozen=True):
    """An answer, read to its end. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Azurite:
    """Azurite on a loopback port, whose certificate names localhost and is trusted by `trust`."""

    def __init__(self, session: ClientSession, port: int, trust: ssl.SSLContext) -> None:
        self._session, self._port, self._trust = session, port, trust

    async def forward(
        self, method: str, target: str, headers: Mapping[str, str], body: AsyncIterable[bytes] | bytes | None
    ) -> ClientResponse:
        """Pass a request on as it is: headers (Host too) and the path as it was written, with no redirect followed."""
        return await self._session.request(
            method,
            URL(f"https://127.0.0.1:{self._port}{target}", encoded=True),
            headers=headers,
            data=body,
            skip_auto_headers=NOT_ADDED,
            allow_redirects=False,
            ssl=self._trust,
            server_hostname="localhost",
        )

    async def ask(
        self, account: Account, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """A request of the sandbox itself, with the account's key."""
        sent = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": VERSION, **(headers or {})}
        if body or method == "PUT":
            sent["Content-Length"] = str(len(body))
        sent["Authorization"] = shared_key(account, method, target, sent)
        sent["Host"] = account.host
        async with await self.forward(method, target, sent, body or None) as response:
            content = await response.read()
            return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, content)


def shared_key(account: Account, method: str, target: str, headers: Mapping[str, str]) -> str:
    """The Authorization header that the account's first key makes of a request
    (https://learn.microsoft.com/en-us/rest/api/storageservices/authorize-with-shared-key)."""
    parts = urlsplit(target)
    values = [headers.get(name, "") for name in SIGNED_HEADERS]
    values[2] = "" if values[2] == "0" else values[2]
    ours = sorted((k.lower(), v.strip()) for k, v in headers.items() if k.lower().startswith("x-ms-"))
    query: dict[str, list[str]] = {}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        query.setdefault(key.lower(), []).append(value)
    resource = [f"/{account.name}{parts.path}", *(f"{k}:{','.join(sorted(v))}" for k, v in sorted(query.items()))]
    text = "\n".join([method, *values, *(f"{k}:{v}" for k, v in ours), *resource])
    mac = hmac.new(base64.b64decode(account.keys[0]), text.encode(), hashlib.sha256)
    return f"SharedKey {account.name}:{base64.b64encode(mac.digest()).decode()}"


def path_parts(target: str) -> tuple[str, str]:
    """Container and blob that a request's path names; empty where it names none."""
    container, _, blob = unquote(urlsplit(target).path).lstrip("/").partition("/")
    return container, blob


def query_of(target: str) -> dict[str, Any]:
    """The query's parameters by lower-case name; the last of equal names."""
    return {key.lower(): value for key, value in parse_qsl(urlsplit(target).query, keep_blank_values=True)}
