"""The training rows that a message is compared with, made ready beside the requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from trivet.errors import TrivetError
from trivet.explain.neighbours import TrainingExamples, open_examples
from trivet_service.logs import Logger

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.settings import Settings

State: TypeAlias = Literal["ready", "changed", "preparing", "missing", "not_asked"]


@dataclass(frozen=True)
class Shelf:
    """How far the rows of an artifact are, and the rows once they are there."""

    state: State
    rows: TrainingExamples | None = None


class Examples:
    """The training rows by artifact: the first who asks for them has them embedded by a thread of their own.

    That thread shares the engine batch by batch, so requests pass between; nothing is fetched over the network.
    """

    def __init__(self, settings: Settings, log: Logger) -> None:
        self._settings = settings.model_copy(update={"offline": True})
        self._log = log
        self._shelves: dict[Artifact, Shelf] = {}
        self._lock = threading.Lock()

    def of(self, artifact: Artifact) -> Shelf:
        """What there is now; answers at once."""
        with self._lock:
            if artifact not in self._shelves:
                self._shelves[artifact] = Shelf("preparing")
                # A daemon: a server that stops does not wait for it, and what it writes is put in place whole.
                threading.Thread(target=self._prepare, args=(artifact,), name="examples", daemon=True).start()
            return self._shelves[artifact]

    def _prepare(self, artifact: Artifact) -> None:
        shelf = Shelf("missing")
        try:
            rows = open_examples(artifact, self._settings, say=lambda _: None)
            shelf = Shelf("changed" if rows.changed else "ready", rows)
        except TrivetError as error:
            # A path of this machine goes to the log, not to the caller; what the row says to neither.
            self._log.warning("no training examples", error=type(error).__name__, where=error.where)
        finally:
            with self._lock:
                self._shelves[artifact] = shelf
