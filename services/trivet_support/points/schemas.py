"""Requests and answers of `/v1/operating-points`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, model_validator

from trivet_service.jobs.asked import DataSetName
from trivet_service.moments import moment
from trivet_support.points.point import Declared, Point
from trivet_support.schemas import OperatingPoint

PointName = Annotated[
    str,
    Path(
        pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="`default` decides wherever a request names none.",
        examples=["strict"],
    ),
]
Table = Literal["validation", "test"]

_SHOWN: dict[str, Any] = {
    "name": "strict",
    "threshold": 0.98,
    "promised_precision": None,
    "expected_coverage": None,
    "measured_on": "calibration",
    "rows": None,
    "precision": 0.98,
    "dataset": None,
    "changed_at": "2026-11-24T15:05:00Z",
}


class PointAsked(BaseModel):
    """Either the precision that answers are to keep, or the least confidence of an answer.

    With a data set it is measured on its rows and promised with a confidence of 95 %; without one a precision is
    expected of calibrated chances, unless it is the very one that training promised.
    """

    model_config = ConfigDict(extra="forbid")

    precision: float | None = Field(None, gt=0.5, lt=1, description="Share of answers that are right, at least.")
    threshold: float | None = Field(None, ge=0, le=1, description="Least confidence of an answer.")
    dataset: DataSetName | None = Field(None, description="Rows that the model has not learnt from.")
    table: Table = Field("validation", description="Which table of the data set.")

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if (self.precision is None) == (self.threshold is None):
            raise ValueError("give either a precision or a threshold")
        return self


class PointShown(OperatingPoint):
    """A declared point, as it holds for the model that answers the tenant now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    precision: float | None = Field(description="What was asked for; null: a threshold was.")
    dataset: str | None
    changed_at: datetime


class PointsShown(BaseModel):
    """Every declared point, by name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SHOWN]}]})

    items: list[PointShown]


def show_point(declared: Declared, point: Point) -> PointShown:
    """A point as it goes out."""
    return PointShown(
        **dict(tell_point(point)),
        precision=declared.precision,
        dataset=declared.dataset or None,
        changed_at=moment(declared.changed_at),
    )


def tell_point(point: Point, *, is_promised: bool = True) -> OperatingPoint:
    """A point as an answer carries it; without `is_promised` its promise does not hold for that answer."""
    return OperatingPoint(
        name=point.name,
        threshold=round(point.threshold, 4),
        promised_precision=_rounded(point.precision) if is_promised else None,
        expected_coverage=_rounded(point.coverage),
        measured_on=point.measured_on,
        rows=point.rows,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
