"""The inbox of a tenant: gathered, when somebody looks, from kept answers and what was said of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import and_, or_

from trivet_service.audit import hold_log
from trivet_service.paging import Order, Window, select_page
from trivet_service.predictions.feedback import feedback
from trivet_service.predictions.prediction import predictions
from trivet_service.storage.database import Database
from trivet_service.storage.rows import Found, Rows
from trivet_support.growth.intent import hash_text
from trivet_support.inbox.message import MAX_OPEN, UNSURE, Message, Reason, State
from trivet_support.inbox.tables import gathered, inbox

F32 = npt.NDArray[np.float32]

LATEST = Order("inbox", (float, str), descending=True)
_DAY_S = 86_400.0
# Answers are written a moment after they were given, by several processes: the last of them are read again.
_OVERLAP_S = 60.0
_AT_ONCE = 2_000

_COLUMNS = (
    inbox.c.id,
    inbox.c.text,
    inbox.c.strategy,
    inbox.c.intent,
    inbox.c.confidence,
    inbox.c.decision,
    inbox.c.corrected,
    inbox.c.times,
    inbox.c.first_at,
    inbox.c.last_at,
)


@dataclass(frozen=True)
class _Heard:
    """An answer that should be looked at, as it was kept."""

    text: str
    reason: Reason
    intent: str
    confidence: float | None
    decision: str
    corrected: str
    time: float


class InboxStore:
    """The messages of one tenant. All of it blocks: call it from a thread."""

    def __init__(self, database: Database, tenant: str, *, clock: Callable[[], float] = time.time) -> None:
        self._store = database.of(tenant)
        self._clock = clock

    def gather(self, *, days: int) -> None:
        """Take in what was answered and said since the last time; forget what is older than so many days, unless 0."""
        self._store.write(lambda rows: _gather(rows, now=self._clock(), days=days))

    def page(self, reason: Reason, window: Window) -> list[Message]:
        """Open messages in the order `LATEST`, and one more where others follow."""

        def fetch(rows: Rows) -> list[Message]:
            query = rows.select(inbox, *_COLUMNS).where(inbox.c.state == "open", inbox.c.strategy == reason)
            return [Message(*row) for row in rows.fetch(select_page(query, window, (inbox.c.last_at, inbox.c.id)))]

        return self._store.read(fetch)

    def latest(self, most: int) -> list[Message]:
        """The latest open messages."""
        query_of = inbox.c.state == "open"
        return self._store.read(
            lambda rows: [
                Message(*row)
                for row in rows.fetch(
                    rows.select(inbox, *_COLUMNS)
                    .where(query_of)
                    .order_by(inbox.c.last_at.desc(), inbox.c.id.desc())
                    .limit(most)
                )
            ]
        )

    def find(self, ids: Sequence[str]) -> dict[str, Message]:
        """Open messages by their ids; those that are not there are left out."""

        def fetch(rows: Rows) -> dict[str, Message]:
            query = rows.select(inbox, *_COLUMNS).where(inbox.c.id.in_(list(ids)), inbox.c.state == "open")
            return {row.id: Message(*row) for row in rows.fetch(query)}

        return self._store.read(fetch)

    def close(self, ids: Sequence[str], state: State) -> int:
        """Take messages out of the inbox for good; how many were in it. Their texts are forgotten."""
        values = {"state": state, "text": "", "graph": "", "vector": None}
        where = (inbox.c.id.in_(list(ids)), inbox.c.state == "open")
        return self._store.write(lambda rows: rows.update(inbox, values, *where))

    def vectors(self, graph: str) -> dict[str, F32]:
        """What a graph made of open messages, by their ids."""
        where = (inbox.c.state == "open", inbox.c.graph == graph)

        def fetch(rows: Rows) -> dict[str, F32]:
            query = rows.select(inbox, inbox.c.id, inbox.c.vector).where(*where)
            return {row.id: np.frombuffer(row.vector, dtype=np.float32) for row in rows.fetch(query)}

        return self._store.read(fetch)

    def keep_vectors(self, graph: str, found: dict[str, F32]) -> None:
        """Keep what a graph made of messages."""

        def keep(rows: Rows) -> None:
            for one, row in found.items():
                values = {"graph": graph, "vector": np.asarray(row, dtype=np.float32).tobytes()}
                rows.update(inbox, values, inbox.c.id == one, inbox.c.state == "open")

        self._store.write(keep)


def forget_old(database: Database, *, now: float, days: int) -> None:
    """Remove messages of every tenant that came last so many days ago; 0 days: none."""
    if days:
        database.everyone().write(lambda rows: rows.delete(inbox, inbox.c.last_at < now - days * _DAY_S))


def _gather(rows: Rows, *, now: float, days: int) -> None:
    # Alone: two servers that gather at once would both count the same answers.
    hold_log(rows)
    if days:
        rows.delete(inbox, inbox.c.last_at < now - days * _DAY_S)
    mark = rows.first(rows.select(gathered))
    answers_until = 0.0 if mark is None else mark.answers_until
    feedback_until = 0.0 if mark is None else mark.feedback_until
    heard = _unsure(rows, since=answers_until - _OVERLAP_S) + _corrected(rows, since=feedback_until - _OVERLAP_S)
    if heard:
        _take_in(rows, heard)
    until = {
        "answers_until": max([answers_until, *(one.time for one in heard if one.reason == "uncertain")]),
        "feedback_until": max([feedback_until, _last_feedback(rows)]),
    }
    rows.upsert(gathered, [until], key=("tenant",))
    surplus = rows.count(inbox, inbox.c.state == "open") - MAX_OPEN
    if surplus > 0:
        query = rows.select(inbox, inbox.c.id).where(inbox.c.state == "open").order_by(inbox.c.last_at).limit(surplus)
        ids = [row.id for row in rows.fetch(query)]
        rows.delete(inbox, inbox.c.id.in_(ids))


def _unsure(rows: Rows, *, since: float) -> list[_Heard]:
    query = rows.select(predictions).where(
        predictions.c.service == "support",
        predictions.c.time > since,
        predictions.c.decision.in_(UNSURE),
        predictions.c.text.is_not(None),
    )
    # The latest, so that a rush cannot hold up what comes after it.
    found = reversed(rows.fetch(query.order_by(predictions.c.time.desc()).limit(_AT_ONCE)))
    return [
        _Heard(row.text, "uncertain", row.label, row.confidence, row.decision, "", row.time)
        for row in found
        if row.text.strip()
    ]


def _corrected(rows: Rows, *, since: float) -> list[_Heard]:
    same = and_(predictions.c.request_id == feedback.c.request_id, predictions.c.item == feedback.c.item)
    columns = (
        feedback.c.time,
        feedback.c.label,
        feedback.c.correct,
        predictions.c.text,
        predictions.c.label.label("said"),
    )
    more = (predictions.c.confidence, predictions.c.decision)
    query = rows.join(rows.select(feedback, *columns, *more), predictions, same).where(
        feedback.c.service == "support",
        feedback.c.time > since,
        or_(feedback.c.correct.is_(False), and_(feedback.c.correct.is_(None), feedback.c.label.is_not(None))),
        predictions.c.text.is_not(None),
    )
    found = reversed(rows.fetch(query.order_by(feedback.c.time.desc()).limit(_AT_ONCE)))
    return [
        _Heard(row.text, "corrected", row.said, row.confidence, row.decision, row.label or "", row.time)
        for row in found
        if row.text.strip()
    ]


def _last_feedback(rows: Rows) -> float:
    found = rows.first(rows.select(feedback, feedback.c.time).order_by(feedback.c.time.desc()))
    return 0.0 if found is None else float(found.time)


def _take_in(rows: Rows, heard: Sequence[_Heard]) -> None:
    """Add messages that are new, and count those that came again; what was dealt with does not come back."""
    by_hash: dict[str, list[_Heard]] = {}
    for one in heard:
        by_hash.setdefault(hash_text(one.text), []).append(one)
    hashes = list(by_hash)
    known: dict[str, Found] = {}
    for start in range(0, len(hashes), 500):
        query = rows.select(
            inbox, inbox.c.hash, inbox.c.id, inbox.c.state, inbox.c.strategy, inbox.c.times, inbox.c.last_at
        )
        known |= {row.hash: row for row in rows.fetch(query.where(inbox.c.hash.in_(hashes[start : start + 500])))}
    fresh = []
    for hashed, found in by_hash.items():
        # A correction says more than that the model was unsure.
        last = next((one for one in reversed(found) if one.reason == "corrected"), found[-1])
        asked = [one for one in found if one.reason == "uncertain"] or found
        there = known.get(hashed)
        if there is None:
            fresh.append(
                _row(hashed, last, times=len(asked), first_at=found[0].time, last_at=max(one.time for one in found))
            )
        elif there.state == "open":
            _count_again(rows, there, last, asked)
    rows.insert(inbox, fresh)


def _count_again(rows: Rows, there: Found, last: _Heard, asked: Sequence[_Heard]) -> None:
    again = [one for one in asked if one.time > there.last_at]
    told = {"strategy": "corrected", "corrected": last.corrected} if last.reason == "corrected" else {}
    values = {
        "times": there.times + sum(one.reason == "uncertain" for one in again),
        "last_at": max([there.last_at, *(one.time for one in again)]),
        **told,
    }
    rows.update(inbox, values, inbox.c.id == there.id)


def _row(hashed: str, one: _Heard, *, times: int, first_at: float, last_at: float) -> dict[str, object]:
    return {
        "id": uuid.uuid4().hex[:20],
        "hash": hashed,
        "text": one.text,
        "strategy": one.reason,
        "state": "open",
        "intent": one.intent,
        "confidence": one.confidence,
        "decision": one.decision,
        "corrected": one.corrected,
        "times": times,
        "first_at": first_at,
        "last_at": last_at,
        "graph": "",
        "vector": None,
    }
