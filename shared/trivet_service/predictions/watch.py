"""Whether the answers that were told right or wrong still keep what the models promised."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
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
# What it promised: the share of its answers that are wrong at most. A version may promise more than one.
Promised: TypeAlias = tuple[Served, float]

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
        self._alarms: dict[Promised, RiskAlarm] = {}
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
            for served in {served for served, _ in self._alarms}:
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
            ringing = {served for (served, _), alarm in self._alarms.items() if alarm.rings}
        return sorted(f"{name}/{version}" for _, name, version in ringing)

    def _show(self, served: Served) -> None:
        service, model, version = served
        rings = any(alarm.rings for (known, _), alarm in self._alarms.items() if known == served)
        self._rings.labels(service, model, str(version)).set(int(rings))


def alarms_of(told: Iterable[Feedback]) -> dict[Promised, RiskAlarm]:
    """The alarm of each promise of each version, after these feedbacks, oldest first."""
    alarms: dict[Promised, RiskAlarm] = {}
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


def alarms_by_version(alarms: Mapping[Promised, RiskAlarm], served: Served) -> list[RiskAlarm]:
    """The alarms of one version, that of the strictest promise first."""
    return [alarm for (known, _), alarm in sorted(alarms.items(), key=lambda one: one[0]) if known == served]


def _hear(alarms: dict[Promised, RiskAlarm], given: Feedback) -> None:
    assert given.promised is not None
    promise = ((given.service, given.model, given.version), given.promised)
    alarm = alarms.get(promise) or RiskAlarm(given.promised, 1 / FEEDBACKS_TO_A_FALSE_ALARM, forgets=True)
    alarms[promise] = alarm.hear(wrong=given.correct is False)
