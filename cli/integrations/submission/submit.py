"""One registration file into one folder through one integration: sent, awaited, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integrations.encord_client.folders import open_folder
from integrations.encord_client.jobs import JobState, await_job, start_job

if TYPE_CHECKING:
    from encord.user_client import EncordUserClient

    from integrations.registration.model import Registration


def body(registration: Registration) -> dict[str, Any]:
    """What the SDK gets: the items, and that what is in the folder already is to be skipped."""
    return {**registration.sections, "skip_duplicate_urls": True}


def send(client: EncordUserClient, domain: str, folder: str, integration_id: str, registration: Registration) -> str:
    """Start the registration. Returns the job's id."""
    return start_job(open_folder(client, domain, folder), domain, integration_id, body(registration))


def wait(client: EncordUserClient, domain: str, folder: str, job: str, seconds: float) -> JobState:
    """The job when it is finished, or as it is after `seconds`."""
    return await_job(open_folder(client, domain, folder), domain, job, seconds)
