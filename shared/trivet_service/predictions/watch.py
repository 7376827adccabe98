"""Whether the answers that were told right or wrong still keep what the models promised."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge
from sqlalchemy import func

from trivet.trust.shift import RiskAlarm
from trivet_service.predictions.feedback import Feedback, feedback, read_feedback
from trivet_service.storage.rows import Rows

if TYPE_CHECKING:
    from trivet_service.storage.database import Database

# Which version of which model of which service.
Served: TypeAlias = tuple[str, str, int]

# As long as a promise holds, an alarm takes this many feedbacks on average until it rings all the same.
FEEDBACKS_TO_A_FALSE_ALARM = 1000
# The latest feedbacks that an alarm is made from.
_HEARD = 5_000


@dataclass(frozen=True)
class Counts:
    """How many answers of a version were told right, wrong, or with neither known."""

    served: Served
    right: int
    wrong: int
    unknown: int


class FeedbackWatch:
    """The alarms of a process, over all tenants, and what Prometheus reads of feedback."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._alarms: dict[Served, RiskAlarm] = {}
        self._lock = threading.Lock()
        labels = ("service", "model", "version")
        self._told = Counter(
            "trivet_feedback_total", "Answers told right or wrong.", (*labels, "correct"), registry=registry
        )
        self._rings = Gauge(
            "trivet_feedback_alarm", "1: more answers are wrong than the model promised.", labels, registry=registry
        )

    def replay(self, database: Database) -> None:
        """Hear what was told before this process began. Raises StoreUnavailableError."""
        told = database.everyone().read(select_told)
        with self._lock:
            self._alarms = alarms_of(told)
            for served in self._alarms:
                self._show(served)

    def hear(self, given: Feedback) -> None:
        """Count a feedback, and let the alarm of its version hear it."""
        correct = "unknown" if given.correct is None else str(given.correct).lower()
        self._told.labels(given.service, given.model, str(given.version), correct).inc()
        if not given.tells_the_promise:
            return
        with self._lock:
            _hear(self._alarms, given)
            self._show((given.service, given.model, given.version))

    def ringing(self) -> list[str]:
        """Versions whose alarm rings, as MODEL/VERSION."""
        with self._lock:
            return sorted(f"{name}/{version}" for (_, name, version), alarm in self._alarms.items() if alarm.rings)

    def _show(self, served: Served) -> None:
        service, model, version = served
        self._rings.labels(service, model, str(version)).set(int(self._alarms[served].rings))


def alarms_of(told: Iterable[Feedback]) -> dict[Served, RiskAlarm]:
    """The alarm of each version that promised something, after these feedbacks, oldest first."""
    alarms: dict[Served, RiskAlarm] = {}
    for given in told:
        if given.tells_the_promise:
            _hear(alarms, given)
    return alarms


def select_told(rows: Rows, service: str = "") -> list[Feedback]:
    """The latest feedbacks, oldest first."""
    query = rows.select(feedback).order_by(feedback.c.time.desc()).limit(_HEARD)
    if service:
        query = query.where(feedback.c.service == service)
    return [read_feedback(row) for row in reversed(rows.fetch(query))]


def count_feedback(rows: Rows, service: str = "") -> list[Counts]:
    """The counts of every version that was told about."""
    columns = (feedback.c.service, feedback.c.model, feedback.c.version, feedback.c.correct)
    query = rows.select(feedback, *columns, func.count().label("told")).group_by(*columns)
    if service:
        query = query.where(feedback.c.service == service)
    found: dict[Served, dict[bool | None, int]] = {}
    for row in rows.fetch(query):
        found.setdefault((row.service, row.model, row.version), {})[row.correct] = int(row.told)
    return [
        Counts(served, right=by.get(True, 0), wrong=by.get(False, 0), unknown=by.get(None, 0))
        for served, by in sorted(found.items())
    ]


def _hear(alarms: dict[Served, RiskAlarm], given: Feedback) -> None:
    served = (given.service, given.model, given.version)
    assert given.promised is not None
    alarm = alarms.get(served) or RiskAlarm(given.promised, 1 / FEEDBACKS_TO_A_FALSE_ALARM, forgets=True)
    alarms[served] = alarm.hear(wrong=given.correct is False)
