"""The training rows that a message is compared with, made ready beside the requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from weakref import WeakKeyDictionary

from trivet.errors import TrivetError
from trivet_service.logs import Logger

if TYPE_CHECKING:
    from trivet.artifact.artifact import Artifact
    from trivet.explain.neighbours import TrainingExamples
    from trivet.settings import Settings

State: TypeAlias = Literal["ready", "changed", "preparing", "missing", "not_asked"]


@dataclass(frozen=True)
class Shelf:
    """How far the rows of an artifact are, and the rows once they are there."""

    state: State
    rows: TrainingExamples | None = None


class _StoppedError(Exception):
    """The server ends."""


class Examples:
    """The training rows by artifact: the first who asks for them has them embedded by a thread of their own.

    That thread shares the engine batch by batch, so requests pass between; nothing is fetched over the network. The
    rows of a version that answers no more are let go with it.
    """

    def __init__(self, settings: Settings, log: Logger) -> None:
        self._settings = settings.model_copy(update={"offline": True})
        self._log = log
        self._shelves: WeakKeyDictionary[Artifact, Shelf] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._threads: list[threading.Thread] = []

    def of(self, artifact: Artifact) -> Shelf:
        """What there is now; answers at once."""
        with self._lock:
            if artifact not in self._shelves:
                self._shelves[artifact] = Shelf("preparing")
                self._threads.append(threading.Thread(target=self._prepare, args=(artifact,), name="examples"))
                self._threads[-1].start()
            return self._shelves[artifact]

    def close(self) -> None:
        """Let go of what is being embedded; the next server begins with it again."""
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _prepare(self, artifact: Artifact) -> None:
        # Reading rows takes pandas, which a server that nobody asks for rows does without.
        from trivet.explain.neighbours import open_examples

        shelf = Shelf("missing")
        try:
            rows = open_examples(artifact, self._settings, say=self._go_on)
            shelf = Shelf("changed" if rows.changed else "ready", rows)
        except TrivetError as error:
            # A path of this machine goes to the log, not to the caller; what the row says to neither.
            self._log.warning("no training examples", error=type(error).__name__, where=error.where)
        except _StoppedError:
            pass
        finally:
            with self._lock:
                self._shelves[artifact] = shelf

    def _go_on(self, _: str) -> None:
        if self._ends.is_set():
            raise _StoppedError
