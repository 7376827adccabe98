"""Sees a job through: its process, its lease, its end."""

from __future__ import annotations

import queue
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from trivet_service.jobs.claims import Claims, Order
from trivet_service.jobs.job import Failure, Job, Status
from trivet_service.jobs.lines import MOST_LINES
from trivet_service.jobs.process import JobProcess, Message, Said
from trivet_service.logs import Logger
from trivet_service.settings import ServiceSettings
from trivet_service.storage.errors import StoreUnavailableError

T = TypeVar("T")

# Seconds between two writes of progress, and between two looks at what is to become of the job.
_FLUSH_S = 0.5
_LOOK_S = 1.0
# How far a job is when a stage begins, as a share of the whole; a stage that is not named leaves it where it is.
_SHARES: Mapping[str, tuple[float, float]] = {
    "data": (0.0, 0.05),
    "graph": (0.05, 0.2),
    "features": (0.2, 0.5),
    "head": (0.5, 0.7),
    "fit": (0.05, 0.7),
    "int8": (0.7, 0.8),
    "export": (0.7, 0.8),
    "promises": (0.8, 0.85),
    "refit": (0.85, 0.87),
    "save": (0.87, 0.9),
    "judge": (0.9, 0.98),
    "register": (0.98, 1.0),
}


@dataclass
class _Heard:
    """What a process has said so far; `fresh` are the lines that are not written yet."""

    stage: str = ""
    note: str = ""
    progress: float = 0.0
    result: Mapping[str, Any] | None = None
    error: Failure | None = None
    trace: str = ""
    fresh: list[tuple[float, str]] = field(default_factory=list)
    is_changed: bool = False

    def take(self, heard: Said | Message, now: float) -> None:
        self.is_changed = True
        match heard:
            case Said(line):
                if len(self.fresh) < MOST_LINES:
                    self.fresh.append((now, line))
            case Message({"stage": str(stage)}):
                self.stage, self.note = stage, ""
                self._reach(0.0)
                self.fresh.append((now, f"stage {stage}"))
            case Message({"done": int(done), "total": int(total), "note": str(note)}):
                self.note = f"{done}/{total} {note}".strip()
                self._reach(done / max(total, 1))
            case Message({"result": dict(result)}):
                self.result = result
            case Message({"error": dict(error)}):
                self.error = Failure(**error)
            case Message({"trace": str(trace)}):
                self.trace = trace

    def _reach(self, share: float) -> None:
        start, end = _SHARES.get(self.stage, (0.0, 1.0))
        # It never goes back: another fit of the same training begins a stage again.
        self.progress = max(self.progress, start + (end - start) * min(share, 1.0))


class Supervisor:
    """Runs one claimed job at a time; `stop` is set when the worker has been told to end."""

    def __init__(self, claims: Claims, settings: ServiceSettings, log: Logger, stop: threading.Event) -> None:
        self._claims = claims
        self._settings = settings
        self._log = log
        self._stop = stop

    def run(self, job: Job) -> None:
        """Do the job in a process of its own, and hand in what came of it; give it back where the worker ends."""
        folder = job_folder(self._settings, job)
        log = self._log.bind(job=job.id, tenant=job.tenant, service=job.service, kind=job.kind)
        log.info("job begins", attempt=job.attempts, request_id=job.request_id)
        process, heard, began = JobProcess(job, self._settings, folder), _Heard(), time.monotonic()
        with _Lease(self._claims, job) as lease:
            ending = self._follow(job, process, heard, lease, began)
            status = process.close()
            self._drain(process, heard)
            if heard.trace:
                log.error("job failed", trace=heard.trace)
            outcome = _judge(job, heard, ending, status)
            self._insist(lambda: self._write(job, heard))
            kept = self._insist(lambda: self._hand_in(job, outcome, heard))
        if outcome.status is not None and kept:
            shutil.rmtree(folder, ignore_errors=True)
        log.info(
            "job ends",
            status=outcome.status or ending,
            seconds=round(time.monotonic() - began, 2),
            code=outcome.failure.code if outcome.failure else "",
        )

    def _follow(self, job: Job, process: JobProcess, heard: _Heard, lease: _Lease, began: float) -> str:
        """Listen until the process ends; why we ended it, or empty where it did so by itself."""
        written = time.monotonic()
        while True:
            with suppress(queue.Empty):
                heard.take(process.heard.get(timeout=0.1), time.time())
            now = time.monotonic()
            if heard.is_changed and now - written > _FLUSH_S:
                written = now
                with suppress(StoreUnavailableError):
                    self._write(job, heard)
            ending = ""
            if lease.order != "go on":
                ending = lease.order
            elif self._stop.is_set():
                ending = "stop"
            elif now - began > job.timeout_s:
                ending = "timeout"
            if ending:
                process.end()
                return ending
            if process.has_ended():
                return ""

    def _drain(self, process: JobProcess, heard: _Heard) -> None:
        with suppress(queue.Empty):
            while True:
                heard.take(process.heard.get_nowait(), time.time())

    def _write(self, job: Job, heard: _Heard) -> None:
        said = tuple(heard.fresh)
        stage = f"{heard.stage} {heard.note}".strip()[:200]
        self._claims.note(job, progress=round(heard.progress, 4), stage=stage, said=said)
        del heard.fresh[: len(said)]
        heard.is_changed = False

    def _hand_in(self, job: Job, outcome: _Outcome, heard: _Heard) -> bool:
        if outcome.status is None:
            return outcome.ending == "stop" and self._claims.give_back(job)
        return self._claims.finish(job, outcome.status, result=heard.result, failure=outcome.failure)

    def _insist(self, write: Callable[[], T]) -> T | None:
        """Write as soon as the database answers; a worker that has to end tries a few times only.

        Whatever is not written then is found by the worker that takes the job over.
        """
        tries = 0
        while True:
            try:
                return write()
            except StoreUnavailableError:
                tries += 1
                if self._stop.is_set() and tries > 5:
                    return None
                time.sleep(_LOOK_S)


@dataclass(frozen=True)
class _Outcome:
    """What is to be written about a job that we no longer run; no status where it goes back or is another's."""

    status: Status | None
    failure: Failure | None
    ending: str


def _judge(job: Job, heard: _Heard, ending: str, status: int) -> _Outcome:
    if ending == "lost":
        return _Outcome(None, None, ending)
    if heard.result is not None:
        return _Outcome("succeeded", None, ending)
    if heard.error is not None:
        return _Outcome("failed", heard.error, ending)
    if ending == "cancel":
        return _Outcome("cancelled", None, ending)
    if ending == "stop":
        return _Outcome(None, None, ending)
    if ending == "timeout":
        what = f"it ran longer than its {job.timeout_s:g} s."
        return _Outcome("failed", Failure("timeout", what, todo="Ask for more with timeout_s, or for less."), ending)
    if status == -signal.SIGKILL:
        what = "its process was killed by the system, most likely because memory ran out."
        todo = "Use fewer rows, a smaller training.batch_size, or a larger machine."
        return _Outcome("failed", Failure("memory", what, todo=todo), ending)
    said = f" after {heard.stage!r}" if heard.stage else ""
    what = f"its process ended{said} without a word (status {status}); its log may tell why."
    return _Outcome("failed", Failure("crashed", what), ending)


class _Lease:
    """Renews the lease of a job in a thread, and learns what is to become of it."""

    def __init__(self, claims: Claims, job: Job) -> None:
        self.order: Order = "go on"
        self._claims = claims
        self._job = job
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> _Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _keep(self) -> None:
        while self.order == "go on" and not self._done.wait(min(_LOOK_S, self._claims.lease_s / 3)):
            # While the database is away nobody else can take the job either.
            with suppress(StoreUnavailableError):
                self.order = self._claims.renew(self._job)


def job_folder(settings: ServiceSettings, job: Job) -> Path:
    """Where a job keeps what another worker may go on from."""
    return settings.home / "jobs" / job.id
