"""Removes what has been kept long enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Table, exists, func

from trivet_service.predictions.feedback import feedback
from trivet_service.predictions.prediction import predictions
from trivet_service.storage.rows import Rows

if TYPE_CHECKING:
    from trivet_service.storage.database import Database

_DAY_S = 86_400.0
# A transaction removes what came within so many seconds, so that others get their turn.
_SLICE_S = 3600.0


def prune(
    database: Database, *, now: float, prediction_days: int, feedback_days: int, ends: Callable[[], bool]
) -> None:
    """Remove feedback and predictions that are older than so many days; 0 days: none.

    A prediction with feedback stays as long as the feedback. It stops between two slices where `ends` says so.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    if feedback_days:
        _remove(database, feedback, feedback.c.time, now - feedback_days * _DAY_S, ends=ends)
    if prediction_days:
        has_none = ~exists().where(
            feedback.c.tenant == predictions.c.tenant,
            feedback.c.request_id == predictions.c.request_id,
            feedback.c.item == predictions.c.item,
        )
        _remove(database, predictions, predictions.c.time, now - prediction_days * _DAY_S, has_none, ends=ends)


def _remove(
    database: Database,
    table: Table,
    time: ColumnElement[float],
    cutoff: float,
    *where: ColumnElement[bool],
    ends: Callable[[], bool],
) -> None:
    everyone = database.everyone()
    while not ends():
        oldest = everyone.read(lambda rows: _oldest(rows, table, time, *where))
        if oldest is None or oldest >= cutoff:
            return
        everyone.write(_removal(table, time < min(cutoff, oldest + _SLICE_S), *where))


def _removal(table: Table, *where: ColumnElement[bool]) -> Callable[[Rows], int]:
    return lambda rows: rows.delete(table, *where)


def _oldest(rows: Rows, table: Table, time: ColumnElement[float], *where: ColumnElement[bool]) -> float | None:
    [row] = rows.fetch(rows.select(table, func.min(time).label("oldest")).where(*where))
    return None if row.oldest is None else float(row.oldest)
