"""The admin door, `/_sandbox/…`: what on Encord is done by people in its web app.

It stands outside `/v2/public`, so that nothing can work here that could not work with Encord.
Every request bears the admin token of the settings file.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
from fastapi import APIRouter, Request, Response
from msgspec import Struct

from integrations_sandbox.platform.auth import token_digest
from integrations_sandbox.platform.clouds import Integration
from integrations_sandbox.platform.store import folders, people
from integrations_sandbox.platform.store import integrations as stored
from integrations_sandbox.platform.web import bad, body, forbidden, reply, services

PREFIX = "/_sandbox"
HEALTH = f"{PREFIX}/health"
SECRETS = ("external_id", "access_key", "secret_key", "key_file", "client_secret", "signature")

router = APIRouter(prefix=PREFIX)


class NewUser(Struct, forbid_unknown_fields=True):
    """A user and their public keys (Ed25519, 64 hex digits each)."""

    email: str
    role: people.Role = "user"
    public_keys: list[str] = []


class Share(Struct, forbid_unknown_fields=True):
    """Whom to let into a folder, as what."""

    email: str
    role: people.Role = "user"


def admits(token: str | None, admin_token: str) -> bool:
    """Whether this token opens the door. Digests are compared, so that time tells nothing of the token."""
    return token is not None and token_digest(token) == token_digest(admin_token)


@router.get("/health")
def health() -> Response:
    """That the platform answers; the only question here that needs no token."""
    return reply({"status": "ok"})


@router.put("/integrations")
def put_integration(request: Request) -> Response:
    """Make an integration, or replace it: jobs that begin afterwards work with the new one."""
    integration: Integration = body(request, cast("type[Any]", Integration))  # a union is no type to mypy
    with services(request).store.write() as db:
        stored.put_integration(db, integration)
    return reply(_masked(integration))


@router.get("/integrations")
def list_integrations(request: Request) -> Response:
    """Every integration, its secrets masked."""
    return reply([_masked(one) for one in stored.all_integrations(services(request).store.db)])


@router.delete("/integrations/{uuid}")
def delete_integration(request: Request, uuid: str) -> Response:
    """Forget an integration."""
    with services(request).store.write() as db:
        if not stored.delete_integration(db, uuid):
            raise forbidden(f"the integration {uuid}")
    return reply(None)


def _masked(integration: Integration) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(integration)
    return {key: "***" if key in SECRETS else value for key, value in record.items()}


@router.put("/users")
def put_user(request: Request) -> Response:
    """Make a user, or replace role and keys."""
    new = body(request, NewUser)
    for key in new.public_keys:
        if len(key) != 64 or not all(digit in "0123456789abcdef" for digit in key):
            raise bad("a public key is 64 hex digits in lower case")
    with services(request).store.write() as db:
        people.put_user(db, people.User(new.email, new.role), new.public_keys)
    return reply(None)


@router.get("/users")
def list_users(request: Request) -> Response:
    """Every user."""
    return reply(people.all_users(services(request).store.db))


@router.put("/folders/{uuid}/users")
def share_folder(request: Request, uuid: str) -> Response:
    """Let a user into somebody's folder."""
    share = body(request, Share)
    with services(request).store.write() as db:
        if folders.find_folder(db, uuid) is None or not people.user_exists(db, share.email):
            raise forbidden(f"the folder {uuid} or the user {share.email}")
        folders.share_folder(db, uuid, share.email, share.role)
    return reply(None)
