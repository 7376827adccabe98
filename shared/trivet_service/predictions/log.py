"""Keeps what was answered, beside the requests: none waits for it, and none fails with it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter

from trivet_service.lot import falls_into
from trivet_service.predictions.prediction import Prediction, find_prediction, keep_predictions
from trivet_service.predictions.pruning import prune
from trivet_service.predictions.recent import Recent
from trivet_service.privacy.redaction import redact
from trivet_service.storage.errors import StoreUnavailableError

if TYPE_CHECKING:
    from trivet_service.logs import Logger
    from trivet_service.settings import ServiceSettings
    from trivet_service.storage.database import Database

# Answers that may wait for the database; what comes on top is dropped and counted.
_WAITING = 5_000
_RECENT = 20_000
# Answers of one transaction, and seconds in which they gather.
_GROUP = 200
_GATHER_S = 0.5
_RETRY_S = 1.0
_PRUNE_EVERY_S = 3600.0
# More of a text than any model reads.
_MAX_CHARACTERS = 4_096


class PredictionLog:
    """Writes answers in groups, in a thread of its own.

    A share of the requests is kept, chosen by their ids, so that it can be told later whether one was; their texts only
    where the settings say so, and redacted. While the database is gone answers wait, up to a bound.
    """

    def __init__(
        self,
        settings: ServiceSettings,
        database: Database,
        log: Logger,
        registry: CollectorRegistry,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._database = database
        self._log = log
        self._clock = clock
        self._recent = Recent(_RECENT)
        self._waiting: deque[tuple[Prediction, str | None]] = deque()
        self._group: list[tuple[Prediction, str | None]] = []
        self._wake = threading.Event()
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None
        self._pruned_at = 0.0
        self._counter = Counter(
            "trivet_predictions_total",
            "Answers that the prediction log kept, or dropped.",
            ("outcome",),
            registry=registry,
        )

    @property
    def waiting(self) -> int:
        """How many answers are not on the disk yet."""
        return len(self._waiting) + len(self._group)

    def start(self) -> None:
        """Begin to write; the database is open."""
        self._thread = threading.Thread(target=self._serve, name="predictions", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, unless the database is gone: that is dropped."""
        self._ends.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def note(self, answers: Sequence[Prediction], texts: Sequence[str | None]) -> None:
        """Keep the answers to one request, each with its text, if the request is one of the share."""
        if not answers:
            return
        self._recent.add(answers)
        if not self.keeps(answers[0].request_id):
            return
        if self.waiting + len(answers) > _WAITING or self._thread is None:
            self._counter.labels("dropped").inc(len(answers))
            return
        keeps_texts = self._settings.prediction_texts
        self._waiting.extend(zip(answers, texts if keeps_texts else [None] * len(answers), strict=True))
        self._wake.set()

    def keeps(self, request_id: str) -> bool:
        """Whether a request belongs to the share that is kept."""
        return falls_into(self._settings.prediction_log, request_id)

    def find(self, tenant: str, request_id: str, item: int) -> Prediction | None:
        """The answer that a tenant got, wherever it is.

        Raises:
            StoreUnavailableError: it is not in memory, and the database does not answer.
        """
        found = self._recent.find(tenant, request_id, item)
        if found is not None:
            return found
        return self._database.of(tenant).read(partial(find_prediction, request_id=request_id, item=item))

    def remembers(self, tenant: str, request_id: str) -> bool:
        """Whether answers to a request of a tenant are in memory."""
        return self._recent.holds(tenant, request_id)

    def _serve(self) -> None:
        while not self._ends.is_set():
            self._wake.wait(_PRUNE_EVERY_S)
            self._ends.wait(_GATHER_S)
            self._wake.clear()
            self._write_waiting()
            self._prune()
        if self.waiting:
            self._write_waiting()

    def _write_waiting(self) -> None:
        was_gone = False
        while self._group or self._waiting:
            if not self._group:
                taken = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
                self._group = [(one, None if text is None else keepable(text)) for one, text in taken]
            try:
                self._database.everyone().write(partial(keep_predictions, answered=self._group))
            except StoreUnavailableError:
                if not was_gone:
                    self._log.warning("predictions wait", error="StoreUnavailableError", waiting=self.waiting)
                was_gone = True
                if not self._ends.wait(_RETRY_S):
                    continue
                self._counter.labels("dropped").inc(self.waiting)
                self._waiting.clear()
            except Exception as error:
                self._log.error("predictions dropped", error=type(error).__name__, count=len(self._group))
                self._counter.labels("dropped").inc(len(self._group))
            else:
                self._counter.labels("kept").inc(len(self._group))
            self._group = []

    def _prune(self) -> None:
        now = self._clock()
        if now - self._pruned_at < _PRUNE_EVERY_S:
            return
        self._pruned_at = now
        settings = self._settings
        try:
            prune(
                self._database,
                now=now,
                prediction_days=settings.prediction_days,
                feedback_days=settings.feedback_days,
                ends=self._ends.is_set,
            )
        except StoreUnavailableError as error:
            self._log.warning("pruning waits", error=type(error).__name__)


def keepable(text: str) -> str:
    """A text as it may be kept: redacted, no longer than a model reads, and nothing that a database refuses."""
    text = text[: 2 * _MAX_CHARACTERS].replace("\0", "").encode(errors="replace").decode()
    return redact(text)[:_MAX_CHARACTERS]
