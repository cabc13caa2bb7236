"""The user, and the integrations of the organisation."""

from __future__ import annotations

import secrets
import time

from fastapi import APIRouter, Request, Response

from integrations_sandbox.platform.auth import token_digest
from integrations_sandbox.platform.store.integrations import all_integrations
from integrations_sandbox.platform.store.people import add_token
from integrations_sandbox.platform.web import reply, services, user

TOKEN_SECONDS = 24 * 3600  # ours; Encord's is not documented

router = APIRouter()


@router.get("/user/bearer-token")
def bearer_token(request: Request) -> Response:
    """A token for who signed this request."""
    token = secrets.token_urlsafe(32)
    with services(request).store.write() as db:
        add_token(db, token_digest(token), user(request).email, time.time() + TOKEN_SECONDS)
    return reply({"token": token})


@router.get("/cloud-integrations")
def cloud_integrations(request: Request) -> Response:
    """Every integration, or those that fit both filters. All members of the organisation see all of them."""
    uuids = set(request.query_params.getlist("filterIntegrationUuids"))
    titles = set(request.query_params.getlist("filterIntegrationTitles"))
    found = [
        {"integrationUuid": integration.uuid, "title": integration.title}
        for integration in all_integrations(services(request).store.db)
        if (not uuids or integration.uuid in uuids) and (not titles or integration.title in titles)
    ]
    return reply({"result": found})
