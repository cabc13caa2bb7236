"""Registrations: start one, wait for it, cancel it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from msgspec import Struct

from integrations_sandbox.platform.records import ItemType
from integrations_sandbox.platform.registration import Registration, RegistrationError, read_registration
from integrations_sandbox.platform.routes.access import own_folder, visible_folder
from integrations_sandbox.platform.store import jobs
from integrations_sandbox.platform.store.integrations import find_integration
from integrations_sandbox.platform.uploads import OWN
from integrations_sandbox.platform.web import Services, bad, body, forbidden, reply, services, user

router = APIRouter(prefix="/storage/folders/{folder}/data-upload-jobs")

LONGEST_WAIT = 20.0  # seconds; well below the 180 after which the SDK gives a request up
ACTIONS: dict[ItemType, str] = {
    "video": "Uploading video", "image": "Uploading image", "audio": "Uploading audio", "pdf": "Uploading PDF",
    "plainText": "Uploading text", "nifti": "Uploading NIfTI", "imageGroup": "Uploading image group",
    "imageSequence": "Uploading image sequence", "dicomSeries": "Uploading DICOM series",
    "dicomFile": "Uploading DICOM file",
}  # fmt: skip


class Start(Struct, rename="camel"):
    """encord.orm.storage.PostUploadJobParams."""

    external_files: Any = None
    data_items: Any = None
    integration_hash: str | None = None
    ignore_errors: bool = False
    file_name: str | None = None


@router.post("")
def start(request: Request, folder: str) -> Response:
    """Write a registration down, and begin with it; answers the job's uuid, as bare JSON text."""
    own_folder(request, folder)
    wish = body(request, Start)
    if (wish.external_files is None) == (wish.data_items is None):
        raise bad("a registration has either externalFiles or dataItems")
    platform = services(request)
    integration = wish.integration_hash or OWN
    if integration != OWN and find_integration(platform.store.db, integration) is None:
        raise forbidden(f"the integration {integration}")
    registration = _read(wish.external_files if wish.data_items is None else wish.data_items)
    new = jobs.NewJob(
        folder, integration, user(request).email, registration.units, wish.ignore_errors,
        registration.skip_duplicates, registration.upsert_metadata, wish.file_name,
    )  # fmt: skip
    with platform.store.write() as db:
        uuid = jobs.add_job(db, new)
    platform.worker.begin(_job(platform, folder, uuid))
    return reply(uuid)


def _read(document: Any) -> Registration:
    try:
        return read_registration(document)
    except RegistrationError as problem:
        raise bad(str(problem)) from problem


@router.get("/{uuid}")
async def poll(request: Request, folder: str, uuid: str, timeoutSeconds: float = 60) -> Response:  # noqa: N803 - the wire's name
    """The state of a job: at once if it has ended, else when it ends or the time is over."""
    platform = services(request)
    await run_in_threadpool(visible_folder, request, folder)
    with platform.waiters.waiting(uuid) as ended:
        job = await run_in_threadpool(_job, platform, folder, uuid)
        if job.status == "PENDING":
            with contextlib.suppress(TimeoutError):  # still pending then, and says so
                await asyncio.wait_for(ended.wait(), min(timeoutSeconds, LONGEST_WAIT))
    return reply(await run_in_threadpool(_state, platform, folder, uuid))


@router.post("/{uuid}/cancel")
def cancel(request: Request, folder: str, uuid: str) -> Response:
    """Stop a job. What is done stays; an object that is being read is not registered any more."""
    own_folder(request, folder)
    platform = services(request)
    job = _job(platform, folder, uuid)
    with platform.store.write() as db:
        cancelled = jobs.cancel_job(db, job)
    if cancelled:
        platform.worker.cancel(job)
    platform.waiters.wake(uuid)
    return reply({"unitsCancelledCount": cancelled})


def _job(platform: Services, folder: str, uuid: str) -> jobs.Job:
    job = jobs.find_job(platform.store.db, uuid)
    if job is None or job.folder != folder:
        raise forbidden(f"the registration {uuid} in the folder {folder}")
    return job


def _state(platform: Services, folder: str, uuid: str) -> dict[str, Any]:
    """encord.orm.storage.UploadLongPollingState.

    Items and errors are listed when the job has ended; whether Encord lists them before is not documented.
    A duplicate that was skipped counts as done and is in neither list; how Encord counts it is not documented.
    """
    db = platform.store.db
    job = _job(platform, folder, uuid)
    counts = jobs.counts(db, job)
    ended = job.status != "PENDING"
    failed = jobs.failed_units(db, job) if ended else []
    return {
        "status": job.status,
        "itemsWithNames": [{"itemUuid": item, "name": name} for item, name in jobs.made_items(db, job)]
        if ended
        else [],
        "errors": [error for _, error in failed],
        "unitErrors": [
            {
                "objectUrls": stored.unit.urls,
                "error": error,
                "subtaskUuid": stored.uuid,
                "actionDescription": ACTIONS[stored.unit.type],
            }
            for stored, error in failed
        ],
        **{f"units{state.capitalize()}Count": counts[state] for state in jobs.STATES},
        "fileName": job.file_name,
    }
