"""What was answered, as it is kept: which model said what, how sure, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import JSON, Column, Float, Index, Integer, String, Table

from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables
from trivet_service.storage.rows import Found, Rows

predictions = Table(
    "kit_predictions",
    kit_tables,
    tenant_column(),
    Column("request_id", String, primary_key=True),
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("time", Float, nullable=False),
    Column("service", String, nullable=False),
    Column("model", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("label", String, nullable=False),
    Column("confidence", Float),
    Column("decision", String, nullable=False),
    Column("shown", JSON(none_as_null=True)),
    Column("promised", Float),
    Column("text", String),
    Index(None, "tenant", "time"),
    Index(None, "time"),
)
_KEY = ("tenant", "request_id", "item")


@dataclass(frozen=True)
class Prediction:
    """One answer; a request of many texts has one an `item`, counted from 0.

    `label` is what the model said, or for items how they were found, and `shown` those items. `promised` is the share
    of wrong answers that the model promised at most, None where it promised nothing. `time` is seconds since 1970.
    """

    tenant: str
    request_id: str
    item: int
    time: float
    service: str
    model: str
    version: int
    label: str
    decision: str
    confidence: float | None = None
    shown: tuple[str, ...] | None = None
    promised: float | None = None

    def agrees_with(self, label: str) -> bool:
        """Whether a label, or an item, is what was answered."""
        return label == self.label if self.shown is None else label in self.shown


def keep_predictions(rows: Rows, answered: Iterable[tuple[Prediction, str | None]]) -> None:
    """Write answers with their texts, as they may be kept. Of a request id the first answer counts.

    The rows are those of every tenant.
    """
    values = [
        {
            "tenant": one.tenant,
            "request_id": one.request_id,
            "item": one.item,
            "time": one.time,
            "service": one.service,
            "model": one.model,
            "version": one.version,
            "label": one.label,
            "confidence": one.confidence,
            "decision": one.decision,
            "shown": None if one.shown is None else list(one.shown),
            "promised": one.promised,
            "text": text,
        }
        for one, text in answered
    ]
    rows.insert_missing(predictions, values, key=_KEY)


def find_prediction(rows: Rows, request_id: str, item: int) -> Prediction | None:
    """The answer to an item of a request, if it was kept."""
    query = rows.select(predictions)
    found = rows.first(query.where(predictions.c.request_id == request_id, predictions.c.item == item))
    return read_prediction(found) if found else None


def read_prediction(row: Found) -> Prediction:
    """The prediction that a row holds."""
    return Prediction(
        tenant=row.tenant,
        request_id=row.request_id,
        item=row.item,
        time=row.time,
        service=row.service,
        model=row.model,
        version=row.version,
        label=row.label,
        decision=row.decision,
        confidence=row.confidence,
        shown=None if row.shown is None else tuple(row.shown),
        promised=row.promised,
    )
