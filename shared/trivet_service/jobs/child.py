"""The process that does one job: `python -m trivet_service.jobs.child`, started by a worker.

It reads the job as one line on standard input, says on the descriptor that the line names how far it is and what came
of it, and prints whatever else on standard output. It ends with its worker: then standard input ends.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from trivet.cli.memory import give_back, give_back_between, spare_memory
from trivet.errors import (
    ArtifactError,
    DataError,
    EncoderError,
    InputError,
    LicenceError,
    RecipeError,
    RegistryError,
    TrivetError,
)
from trivet_service.jobs.job import Failure, Job
from trivet_service.jobs.kinds import Work, kinds_of
from trivet_service.service import find_service
from trivet_service.settings import ServiceSettings
from trivet_service.storage.errors import StoreUnavailableError

_STANDARD_INPUT = 0
_CODES: Mapping[type[TrivetError], str] = {
    DataError: "data",
    RecipeError: "recipe",
    InputError: "input",
    EncoderError: "encoder",
    ArtifactError: "artifact",
    RegistryError: "registry",
    LicenceError: "licence",
    StoreUnavailableError: "store_unavailable",
}


class Teller:
    """Says on a pipe how far the job is: a JSON object a line; memory that was freed meanwhile goes back."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def stage(self, name: str) -> None:
        """A new stage has begun."""
        self.tell({"stage": name})
        give_back()

    def step(self, done: int, total: int, note: str) -> None:
        """Step `done` of `total` of the present stage."""
        self.tell({"done": done, "total": total, "note": note})
        give_back_between(done, total)

    def tell(self, message: Mapping[str, Any]) -> None:
        """One message."""
        with self._lock:
            self._pipe.write(json.dumps(message, default=str).encode() + b"\n")
            self._pipe.flush()


def main() -> None:
    """Do the job that the first line on standard input names."""
    spare_memory()
    # Unbuffered: a thread that waits on a buffer would hold its lock when Python ends.
    with open(_STANDARD_INPUT, "rb", buffering=0, closefd=False) as line:
        asked = json.loads(line.readline())
    threading.Thread(target=_end_with_worker, name="worker's end", daemon=True).start()
    with os.fdopen(asked["pipe"], "wb") as pipe:
        teller = Teller(pipe)
        settings = ServiceSettings.model_validate(asked["settings"])
        job, folder = Job(**asked["job"]), Path(asked["folder"])
        with _alone_in(folder):
            try:
                work = Work(job, find_service(job.service), settings, folder, teller)
                result = kinds_of(work.service)[job.kind](work)
            except TrivetError as error:
                teller.tell({"error": _describe(error, settings).to_json()})
            except MemoryError:
                what, todo = "memory ran out.", "Use fewer rows, a smaller batch_size, or a larger machine."
                teller.tell({"error": Failure("memory", what, todo=todo).to_json()})
            except Exception as error:
                # It may quote rows, so it goes to whoever runs the worker and not to the caller.
                teller.tell({"trace": traceback.format_exc()})
                what = f"an error of ours ({type(error).__name__}); the worker's log has it under the job's id."
                teller.tell({"error": Failure("internal", what).to_json()})
            else:
                teller.tell({"result": result})


def _end_with_worker() -> None:
    """Ends this process and those it has started once the worker is gone, whatever ended it."""
    while os.read(_STANDARD_INPUT, 1):
        pass
    os.killpg(0, signal.SIGKILL)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """The only process in the job's folder: one whose worker has lost the job may still be about to end."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _describe(error: TrivetError, settings: ServiceSettings) -> Failure:
    """The mistake as the caller reads it: places of theirs by their names, no path of the server's."""
    code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "mistake")
    what, where, todo = (_without_paths(text, settings) for text in (error.what, error.where, error.todo))
    return Failure(code, what, where=where, todo=todo)


def _without_paths(text: str, settings: ServiceSettings) -> str:
    import re

    home = re.escape(str(settings.home))
    # HOME/datasets/TENANT/NAME/VERSION/NAME/train.csv:17 -> NAME/train.csv:17
    text = re.sub(rf"{home}/datasets/[^/\s]+/[^/\s]+/[0-9a-f]{{16}}/", "", text)
    return text.replace(f"{settings.home}/", "")


if __name__ == "__main__":
    main()
