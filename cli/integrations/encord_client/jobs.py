"""Registration jobs at Encord: started once, awaited, looked at.

The SDK starts a job without a retry, and its long poll comes back at once while a job is
pending, so waiting is done here, with the time that is left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct

from integrations.encord_client.connection import translated

if TYPE_CHECKING:
    from encord.orm.storage import UploadLongPollingState
    from encord.storage import StorageFolder

# How long one request may be held by the server; below the client's own read timeout.
HOLD_SECONDS = 15


class UnitError(Struct, frozen=True):
    """What Encord says about one unit that could not be registered."""

    urls: tuple[str, ...]
    error: str


class JobState(Struct, frozen=True):
    """A job as Encord counts it. status: PENDING, DONE, ERROR or CANCELLED."""

    id: str
    status: str
    pending: int
    done: int
    failed: int
    cancelled: int
    errors: tuple[str, ...]
    unit_errors: tuple[UnitError, ...]

    @property
    def finished(self) -> bool:
        return self.status != "PENDING"


def start_job(folder: StorageFolder, domain: str, integration_id: str, spec: Mapping[str, Any]) -> str:
    """Start the registration of `spec` (the documented JSON as a dict). Good units are kept if others fail.

    Returns the job's id. Raises NotAuthorisedError or UnreachableError; after the latter
    nobody knows whether the job was started.
    """
    with translated(domain):
        return str(folder.add_private_data_to_folder_start(integration_id, dict(spec), ignore_errors=True))


def job_state(folder: StorageFolder, domain: str, job: str, hold_seconds: int = 0) -> JobState:
    """The job as it is now, or as soon as it is finished within `hold_seconds`."""
    with translated(domain):
        return _state(job, folder.add_private_data_to_folder_get_result(UUID(job), timeout_seconds=hold_seconds))


def await_job(
    folder: StorageFolder, domain: str, job: str, seconds: float, progress: Callable[[JobState], None] = lambda _: None
) -> JobState:
    """Wait until the job is finished, for `seconds` at most; `progress` is told each state. The last state is returned."""
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        state = job_state(folder, domain, job, max(0, min(HOLD_SECONDS, int(left))))
        progress(state)
        if state.finished or left <= 0:
            return state


def cancel_job(folder: StorageFolder, domain: str, job: str) -> int:
    """Cancel what is pending. Returns how many units were cancelled."""
    with translated(domain):
        return folder.add_data_to_folder_job_cancel(UUID(job)).units_cancelled_count


def _state(job: str, state: UploadLongPollingState) -> JobState:
    return JobState(
        id=job,
        status=state.status.value,
        pending=state.units_pending_count,
        done=state.units_done_count,
        failed=state.units_error_count,
        cancelled=state.units_cancelled_count,
        errors=tuple(state.errors),
        unit_errors=tuple(UnitError(tuple(one.object_urls), one.error) for one in state.unit_errors),
    )
