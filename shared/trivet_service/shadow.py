"""A version that answers the texts of the live one once more, where nobody waits for it."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from trivet.answers.classification import ClassificationAnswer
from trivet.errors import OverloadError
from trivet_service.model import Model

Outcome: TypeAlias = Literal["agrees", "differs", "dropped", "failed"]

# Texts with their answers that may wait; what comes on top is dropped, not waited for.
_WAITING = 256
# How long a text waits for a moment in which nobody waits for the live model.
_PATIENCE_S = 0.5
# Differences that are kept to be looked at.
_KEPT = 20


@dataclass(frozen=True)
class Difference:
    """What the live version said of a text, and the shadow; the text itself is not kept."""

    live: str
    confidence: float
    shadow: str
    shadow_confidence: float


@dataclass(frozen=True)
class Comparison:
    """How often a shadow agreed so far, and the latest differences."""

    version: int
    counts: Mapping[Outcome, int]
    differences: tuple[Difference, ...]

    @property
    def compared(self) -> int:
        """Texts that both have answered."""
        return self.counts.get("agrees", 0) + self.counts.get("differs", 0)

    @property
    def agreement(self) -> float | None:
        """Share of the texts with the same label; None before the first."""
        return self.counts.get("agrees", 0) / self.compared if self.compared else None


class Shadow:
    """Compares in a thread of its own; a live answer neither waits for it nor fails with it.

    What waits holds no live model, so that one can be handed over meanwhile.
    """

    def __init__(self, model: Model, *, is_busy: Callable[[], bool]) -> None:
        """`is_busy` tells whether somebody waits for the live model."""
        self.model = model
        self._is_busy = is_busy
        self._waiting: queue.Queue[tuple[str, ClassificationAnswer] | None] = queue.Queue(_WAITING)
        self._counts: Counter[Outcome] = Counter()
        self._differences: deque[Difference] = deque(maxlen=_KEPT)
        self._ends = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._serve, name=f"shadow-{model.name}", daemon=True)
        self._thread.start()

    def offer(self, texts: Sequence[str], answers: Sequence[ClassificationAnswer]) -> None:
        """Put texts with the answers of the live model behind those that wait; never waits itself."""
        for text, answer in zip(texts, answers, strict=True):
            try:
                self._waiting.put_nowait((text, answer))
            except queue.Full:
                self._count("dropped")

    def compare(self) -> Comparison:
        """What was found so far."""
        with self._lock:
            return Comparison(self.model.version, dict(self._counts), tuple(self._differences))

    def close(self) -> None:
        """Forget what waits, and end with the text that is being answered."""
        self._ends.set()
        # It only wakes a thread that waits for a text: one that finds some sees that it is to end.
        with suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join()

    def _serve(self) -> None:
        while (taken := self._waiting.get()) is not None and not self._ends.is_set():
            self._answer(*taken)

    def _answer(self, text: str, answer: ClassificationAnswer) -> None:
        if not self._wait_for_quiet():
            self._count("dropped")
            return
        try:
            found = self._classify(text)
        except OverloadError:
            self._count("dropped")
            return
        except Exception:
            self._count("failed")
            return
        if found.label == answer.label:
            self._count("agrees")
            return
        self._count("differs")
        seen = Difference(answer.label, round(answer.confidence, 4), found.label, round(found.confidence, 4))
        with self._lock:
            self._differences.appendleft(seen)

    def _wait_for_quiet(self) -> bool:
        """Whether nobody waits for the live model, now or after a while."""
        end = time.monotonic() + _PATIENCE_S
        while self._is_busy():
            if time.monotonic() > end or self._ends.wait(0.005):
                return False
        return True

    def _classify(self, text: str) -> ClassificationAnswer:
        artifact = self.model.artifact
        encoded = artifact.encode([text])
        rows = self.model.batcher.submit(encoded[0], deadline_s=self.model.settings.deadline_s).result()
        return artifact.answering.classify({name: row[np.newaxis] for name, row in rows.items()}, encoded, top=1)[0]

    def _count(self, outcome: Outcome) -> None:
        with self._lock:
            self._counts[outcome] += 1
