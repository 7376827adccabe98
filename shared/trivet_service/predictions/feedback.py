"""What somebody said of an answer: whether it was right, and what would have been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table

from trivet.errors import InputError
from trivet_service.predictions.prediction import Prediction
from trivet_service.storage.domain import tenant_column
from trivet_service.storage.kit import kit_tables
from trivet_service.storage.rows import Found, Rows

# The answer stands in the row as well: it may never have been kept, or no longer be.
feedback = Table(
    "kit_feedback",
    kit_tables,
    tenant_column(),
    Column("request_id", String, primary_key=True),
    Column("item", Integer, primary_key=True, autoincrement=False),
    Column("time", Float, nullable=False),
    Column("correct", Boolean),
    Column("label", String),
    Column("note", String),
    Column("service", String, nullable=False),
    Column("model", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("answered", String, nullable=False),
    Column("decision", String, nullable=False),
    Column("promised", Float),
    Index(None, "tenant", "time"),
    Index(None, "time"),
)
_KEY = ("tenant", "request_id", "item")

Outcome: TypeAlias = Literal["new", "same", "changed"]


@dataclass(frozen=True)
class Feedback:
    """What was said of one answer.

    `correct` is None where neither it nor a label to compare with the answer is known; `service` is empty where the
    answer is not known any more. `answered` is the label of the answer. `time` is seconds since 1970.
    """

    request_id: str
    item: int
    time: float
    correct: bool | None
    label: str | None
    note: str | None
    service: str = ""
    model: str = ""
    version: int = 0
    answered: str = ""
    decision: str = ""
    promised: float | None = None

    @property
    def is_joined(self) -> bool:
        """Whether the answer that it speaks of is known."""
        return bool(self.service)

    @property
    def tells_the_promise(self) -> bool:
        """Whether it says something about what the model promised: an answer that was given turned out right or not."""
        return self.promised is not None and self.correct is not None and self.decision == "answer"


def judge(prediction: Prediction, *, correct: bool | None, label: str | None) -> bool:
    """Whether the answer was right, by what was said of it.

    Raises:
        InputError: what was said contradicts itself; `where` is /label.
    """
    assert correct is not None or label is not None
    if label is None:
        return bool(correct)
    agrees = prediction.agrees_with(label)
    if correct is not None and correct != agrees:
        said = "right" if correct else "wrong"
        raise InputError(f"the answer cannot be {said}: it was {_quoted(prediction)}.", where="/label")
    return agrees


def keep_feedback(rows: Rows, given: Feedback) -> Outcome:
    """Write what was said of an answer; it takes the place of what was said before."""
    row = {
        "tenant": rows.tenant,
        "request_id": given.request_id,
        "item": given.item,
        "time": given.time,
        "correct": given.correct,
        "label": given.label,
        "note": given.note,
        "service": given.service,
        "model": given.model,
        "version": given.version,
        "answered": given.answered,
        "decision": given.decision,
        "promised": given.promised,
    }
    if rows.insert_new(feedback, [row], key=_KEY, returning="item"):
        return "new"
    where = (feedback.c.request_id == given.request_id, feedback.c.item == given.item)
    found = rows.first(rows.select(feedback).where(*where))
    assert found is not None, "what could not be inserted is there"
    before = read_feedback(found)
    if (before.correct, before.label, before.note) == (given.correct, given.label, given.note):
        return "same"
    # When it was first said, and of which answer, stays.
    rows.update(feedback, {"correct": given.correct, "label": given.label, "note": given.note}, *where)
    return "changed"


def read_feedback(row: Found) -> Feedback:
    """The feedback that a row holds."""
    return Feedback(
        request_id=row.request_id,
        item=row.item,
        time=row.time,
        correct=row.correct,
        label=row.label,
        note=row.note,
        service=row.service,
        model=row.model,
        version=row.version,
        answered=row.answered,
        decision=row.decision,
        promised=row.promised,
    )


def _quoted(prediction: Prediction) -> str:
    return prediction.label if prediction.shown is None else "a list of items"
