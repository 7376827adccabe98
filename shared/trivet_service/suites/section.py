"""One section of a suite, and what it finds out about a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from trivet.errors import TrivetError
from trivet.evaluation.compare import Comparison
from trivet.evaluation.picture import Plot
from trivet.evaluation.report import Score

Judged = TypeVar("Judged")
Unit: TypeAlias = Literal["share", "number", "points", "ms", "s", "MB", "per second", "rows"]
Better: TypeAlias = Literal["higher", "lower", "neither"]
Cell: TypeAlias = str | int | float | None


class NothingToJudgeError(TrivetError):
    """A section whose rows are not there; `what` says which, in a sentence that the report repeats."""


@dataclass(frozen=True)
class Metric:
    """A figure with its 95 % interval, where it has one; a gate may bound it where one direction is better.

    Shares lie in 0 to 1, points are hundredths of a share.
    """

    name: str
    title: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: Unit = "number"
    better: Better = "neither"

    @classmethod
    def of(cls, name: str, title: str, score: Score, *, unit: Unit = "share", better: Better = "higher") -> Metric:
        """A figure with the interval of a score."""
        return cls(name, title, score.value, score.low, score.high, unit, better)

    @classmethod
    def points(cls, name: str, title: str, test: Comparison, *, better: Better) -> Metric:
        """A paired difference of shares, in points."""
        return cls(name, title, 100 * test.difference, 100 * test.low, 100 * test.high, "points", better)


@dataclass(frozen=True)
class Table:
    """Rows under columns; `name` is that of its CSV, `folded` keeps it closed on the page until somebody opens it.

    `shares` names the columns of shares, which a person reads in per cent.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    folded: bool = False
    shares: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a section found; `errors` are answers that went wrong, a line of errors.jsonl each."""

    metrics: tuple[Metric, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Section(Generic[Judged]):
    """A part of a suite: a pure function from a judged model to what it finds.

    `about` is one sentence on what is asked and why. `measure` raises `NothingToJudgeError` where it has no rows.
    """

    order: int
    name: str
    title: str
    about: str
    measure: Callable[[Judged], Found]


@dataclass(frozen=True)
class Outcome:
    """A section that was run: what it found, or in a sentence why it says nothing.

    `is_failed`: it had rows, but could not be measured.
    """

    name: str
    title: str
    about: str
    found: Found = field(default_factory=Found)
    skipped: str = ""
    seconds: float = 0.0
    is_failed: bool = False
