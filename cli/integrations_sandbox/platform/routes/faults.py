"""Fault rules, behind the admin door: `/_sandbox/faults`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from integrations_sandbox.faults import Fault
from integrations_sandbox.platform.routes.admin import PREFIX
from integrations_sandbox.platform.web import body, reply, services

router = APIRouter(prefix=f"{PREFIX}/faults")


@router.put("")
def put(request: Request) -> Response:
    """These rules, instead of those before; an empty list ends the rehearsal."""
    faults = services(request).worker.faults
    faults.replace(body(request, list[Fault]))
    return reply(faults.report())


@router.get("")
def get(request: Request) -> Response:
    """The rules in force, and how often each has struck."""
    return reply(services(request).worker.faults.report())
