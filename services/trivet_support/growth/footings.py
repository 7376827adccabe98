"""The footings of the models that have grown, computed beside the requests."""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, TypeAlias
from weakref import WeakKeyDictionary, WeakSet

from trivet_service.logs import Logger
from trivet_support.growth.footing import Footing, lay_apart, place_of, read_footing

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.settings import Settings

State: TypeAlias = Literal["ready", "preparing", "missing"]


class Footings:
    """Footings by model: whoever asks first has it computed, one at a time."""

    def __init__(self, settings: Settings, log: Logger) -> None:
        self._settings = settings
        self._log = log
        self._found: WeakKeyDictionary[Artifact, Footing | None] = WeakKeyDictionary()
        self._preparing: WeakSet[Artifact] = WeakSet()
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._ends = threading.Event()
        self._threads: list[threading.Thread] = []
        self._process: subprocess.Popen[str] | None = None

    def of(self, artifact: Artifact) -> Footing | None:
        """The footing where there is one now; answers at once."""
        with self._lock:
            if artifact in self._found:
                return self._found[artifact]
            self._found[artifact] = found = read_footing(place_of(artifact, self._settings))
            if found is None and not self._ends.is_set():
                self._preparing.add(artifact)
                thread = threading.Thread(target=self._lay, args=(artifact,), name="footing", daemon=True)
                self._threads = [*(one for one in self._threads if one.is_alive()), thread]
                thread.start()
            return found

    def state(self, artifact: Artifact) -> State:
        """How far it is."""
        if self.of(artifact) is not None:
            return "ready"
        with self._lock:
            return "preparing" if artifact in self._preparing else "missing"

    def close(self) -> None:
        """End what is being computed; the next server begins with it again."""
        self._ends.set()
        process = self._process
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
        for thread in self._threads:
            thread.join()

    def _lay(self, artifact: Artifact) -> None:
        found, why = None, ""
        with self._turn:
            if not self._ends.is_set():
                self._process = process = lay_apart(artifact.path, self._settings)
                assert process.stdout is not None
                why = process.stdout.read().strip()
                process.wait()
                self._process = None
                found = read_footing(place_of(artifact, self._settings))
        if found is None and not self._ends.is_set():
            # A path of this machine goes to nobody: what the rows say neither.
            self._log.warning("no footing of a model", model=artifact.recipe.name, error=why or "crashed")
        with self._lock:
            self._preparing.discard(artifact)
            self._found[artifact] = found
