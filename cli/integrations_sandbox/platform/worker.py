"""Jobs at work: several at once, several objects of each at once, and from where they stopped after a crash."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from integrations_sandbox.faults import Faults
from integrations_sandbox.platform.clouds import Doors
from integrations_sandbox.platform.clouds.door import CloudDoor
from integrations_sandbox.platform.processing import identity_of, needs_reading, process
from integrations_sandbox.platform.records import Failed, Made, Outcome, Skipped
from integrations_sandbox.platform.store import Store, jobs
from integrations_sandbox.platform.store.integrations import find_integration
from integrations_sandbox.platform.store.items import add_items, known_identities, replace_metadata
from integrations_sandbox.platform.store.jobs import Finished, Job, StoredUnit
from integrations_sandbox.platform.uploads import OWN, Uploads
from integrations_sandbox.platform.waiting import Waiters

JOBS_AT_ONCE = 4
OBJECTS_AT_ONCE = 8
# Units that are written down together: few enough to lose little in a crash and to let a
# cancellation take effect soon, more where no object has to be read.
BATCH_READ = 32
BATCH_TRUSTED = 1000

log = logging.getLogger(__name__)
Result = tuple[StoredUnit, Outcome]


class Worker:
    """Works off the jobs of a store until it is stopped."""

    def __init__(self, store: Store, doors: Doors, waiters: Waiters, faults: Faults, uploads: Uploads) -> None:
        self._store = store
        self._doors = doors
        self._waiters = waiters
        self.faults = faults
        self.uploads = uploads
        self._stopping = threading.Event()
        self._cancelled: set[str] = set()
        self._jobs = ThreadPoolExecutor(JOBS_AT_ONCE, "job")
        self._objects = ThreadPoolExecutor(OBJECTS_AT_ONCE, "object")

    def resume(self) -> None:
        """Go on with every job that was not finished when the platform ended."""
        for job in jobs.pending_jobs(self._store.db):
            self.begin(job)

    def begin(self, job: Job) -> None:
        """Put a job on the list."""
        self._jobs.submit(self._run, job)

    def cancel(self, job: Job) -> None:
        """Begin no further unit of a job that was cancelled."""
        self._cancelled.add(job.uuid)

    def stop(self) -> None:
        """Let the units in hand end and begin no other; what is left stays pending."""
        self._stopping.set()
        self._jobs.shutdown(cancel_futures=True)
        self._objects.shutdown(cancel_futures=True)

    def _run(self, job: Job) -> None:
        try:
            self._work(job)
        except Exception:
            # The job stays pending and is tried again at the next start; nobody waits for this future.
            log.exception("job %s stopped", job.uuid)
        finally:
            self._cancelled.discard(job.uuid)
            self._waiters.wake(job.uuid)

    def _work(self, job: Job) -> None:
        fault = self.faults.of_job()
        if fault == "failed_job":
            with self._store.write() as db:
                jobs.end_in_error(db, job, "the platform failed on purpose")
        if fault is not None:
            return
        integration = find_integration(self._store.db, job.integration)
        door = self._doors.fresh(integration) if integration else self.uploads if job.integration == OWN else None
        while not self._stopping.is_set():
            units = jobs.pending_units(self._store.db, job, BATCH_TRUSTED)
            if not units:
                with self._store.write() as db:
                    jobs.close_job(db, job)
                return
            reading = [stored for stored in units[:BATCH_READ] if needs_reading(stored.unit)]
            batch = units[:BATCH_READ] if reading else _until_reading(units)
            if not self._record(job, self._outcomes(job, batch, door)):
                return

    def _outcomes(self, job: Job, batch: list[StoredUnit], door: CloudDoor | None) -> list[Result]:
        if door is None:
            gone = Failed(f"the integration {job.integration} does not exist any more")
            return [(stored, gone) for stored in batch]
        known = self._known(job, batch)

        def outcome(stored: StoredUnit) -> Outcome | None:
            if self._stopping.is_set() or job.uuid in self._cancelled:
                return None
            if stored.unit.error is None and identity_of(stored.unit) in known:
                return Skipped()
            try:
                return process(stored.uuid, stored.unit, door)
            except Exception:
                # A file that breaks its reader in a way nobody foresaw must not take the job with it.
                log.exception("unit %s of job %s", stored.uuid, job.uuid)
                return Failed(f"{' '.join(stored.unit.urls)}: the platform failed on it; its log says how")

        reading = any(needs_reading(stored.unit) for stored in batch)
        outcomes = self._objects.map(outcome, batch) if reading else map(outcome, batch)
        return [(stored, ended) for stored, ended in zip(batch, outcomes, strict=True) if ended is not None]

    def _known(self, job: Job, batch: Iterable[StoredUnit]) -> set[str]:
        """What need not be read, because the folder has it and duplicates are to be skipped."""
        if not job.skip_duplicates:
            return set()
        return known_identities(self._store.db, job.folder, (identity_of(stored.unit) for stored in batch))

    def _record(self, job: Job, results: list[Result]) -> bool:
        """Write a batch down: items and unit states together. False if the job is no longer to be worked on."""
        with self._store.write() as db:
            if not jobs.is_pending(db, job):
                return False
            finished, items, again = [], [], []
            # Asked again inside the transaction: another job may have registered the same meanwhile.
            known = self._known(job, (stored for stored, _ in results))
            for stored, outcome in results:
                identity = identity_of(stored.unit)
                if isinstance(outcome, Failed):
                    finished.append(Finished(stored.id, "error", error=outcome.error))
                elif isinstance(outcome, Made) and identity not in known:
                    items.append(outcome.item)
                    finished.append(Finished(stored.id, "done", outcome.item.uuid, outcome.item.name))
                    if job.skip_duplicates:
                        known.add(identity)
                else:
                    finished.append(Finished(stored.id, "done"))
                    again.append((identity, stored.unit.client_metadata))
            add_items(db, job.folder, job.owner, job.integration, items)
            for identity, metadata in again if job.upsert_metadata else ():
                replace_metadata(db, job.folder, identity, metadata)
            jobs.finish_units(db, finished)
        return True


def _until_reading(units: list[StoredUnit]) -> list[StoredUnit]:
    """The units before the first that needs an object read."""
    first = next((n for n, stored in enumerate(units) if needs_reading(stored.unit)), len(units))
    return units[:first]
