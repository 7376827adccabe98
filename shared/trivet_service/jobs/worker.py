"""Does jobs, one at a time, until it is told to stop."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from trivet_service.jobs.claims import Claims
from trivet_service.jobs.job import ENDED, Job
from trivet_service.jobs.sightings import EVERY_S, hide_worker, new_worker_id, show_worker
from trivet_service.jobs.supervisor import Supervisor
from trivet_service.jobs.tables import jobs
from trivet_service.logs import Logger
from trivet_service.settings import ServiceSettings
from trivet_service.storage.database import Database
from trivet_service.storage.errors import StoreUnavailableError
from trivet_service.storage.rows import Rows

# Folders of jobs that nobody has touched for so long may be of jobs that are gone.
_OLD_S = 3600.0


class Worker:
    """Claims jobs and sees each through; `stop` may be set from a signal handler."""

    def __init__(self, database: Database, settings: ServiceSettings, log: Logger) -> None:
        self.id = new_worker_id()
        self.stop = threading.Event()
        self._database = database
        self._settings = settings
        self._log = log.bind(worker=self.id)
        self._claims = Claims(
            database,
            self.id,
            lease_s=settings.job_lease_s,
            attempts=settings.job_attempts,
            a_tenant=settings.jobs_a_tenant,
        )
        self._supervisor = Supervisor(self._claims, settings, self._log, self.stop)

    def run(self, *, poll_s: float, once: bool) -> int:
        """Work until `stop` is set, or with `once` until nothing waits; how many jobs were begun."""
        begun = 0
        with self._shown():
            self._tidy()
            while not self.stop.is_set():
                job = self._next()
                if job is not None:
                    begun += 1
                    self._supervisor.run(job)
                elif once:
                    break
                else:
                    self.stop.wait(poll_s)
        return begun

    def _next(self) -> Job | None:
        try:
            return self._claims.claim()
        except StoreUnavailableError as error:
            self._log.warning("the database does not answer", reason=error.what)
            return None

    @contextmanager
    def _shown(self) -> Iterator[None]:
        """Others see that this worker is there, within the block."""
        over, started = threading.Event(), time.time()

        def show() -> None:
            while True:
                with suppress(StoreUnavailableError):
                    show_worker(self._database, self.id, started=started, now=time.time())
                if over.wait(EVERY_S):
                    return

        thread = threading.Thread(target=show, name="sighting", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            with suppress(StoreUnavailableError):
                hide_worker(self._database, self.id)

    def _tidy(self) -> None:
        """Remove the folders of jobs that ended while no worker held them."""

        def open_jobs(rows: Rows) -> set[str]:
            return {row.id for row in rows.fetch(rows.select(jobs, jobs.c.id).where(jobs.c.status.not_in(ENDED)))}

        place = self._settings.home / "jobs"
        with suppress(StoreUnavailableError):
            kept = self._database.everyone().read(open_jobs)
            for folder in place.iterdir() if place.is_dir() else ():
                if folder.name not in kept and time.time() - folder.stat().st_mtime > _OLD_S:
                    shutil.rmtree(folder, ignore_errors=True)
