"""What a submission asks of Encord, and nothing else. Each call blocks, and may be made from any thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from integrations.encord_client.items import Listed, items_since
from integrations.encord_client.jobs import JobState, cancel_job, job_state, start_job
from integrations.encord_client.uploads import upload

if TYPE_CHECKING:
    from encord.storage import StorageFolder

    from integrations.submission.local import LocalItem


class Door(Protocol):
    """The calls. What they raise is told apart in encord_client.failures."""

    def start(self, body: dict[str, Any]) -> str:
        """Start a job; its id."""

    def state(self, job: str, hold: int) -> JobState:
        """The job as it is, or as soon as it has ended within `hold` seconds."""

    def cancel(self, job: str) -> int:
        """Cancel what is pending of a job; how many units that were."""

    def items_since(self, time: str) -> Iterator[Listed]:
        """What is in the folder and was made after `time` (ISO 8601), the newest first."""


class EncordDoor:
    """The real one: one folder, one integration, through the SDK."""

    def __init__(self, folder: StorageFolder, domain: str, integration: str) -> None:
        self._folder, self._domain, self._integration = folder, domain, integration

    def start(self, body: dict[str, Any]) -> str:
        return start_job(self._folder, self._domain, self._integration, body)

    def state(self, job: str, hold: int) -> JobState:
        return job_state(self._folder, self._domain, job, hold)

    def cancel(self, job: str) -> int:
        return cancel_job(self._folder, self._domain, job)

    def items_since(self, time: str) -> Iterator[Listed]:
        return items_since(self._folder, self._domain, time)

    def upload(self, item: LocalItem) -> str:
        """Upload a local item; its uuid."""
        return upload(self._folder, self._domain, item.kind, item.paths, item.title)
