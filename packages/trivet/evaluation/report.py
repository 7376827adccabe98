"""The report of one model on one test set: every figure with its interval, its baselines and the rows it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import pandas as pd
from pydantic import ConfigDict, TypeAdapter, ValidationError

from trivet.data.overlap import Overlap
from trivet.errors import ArtifactError
from trivet.evaluation.compare import Verdict
from trivet.evaluation.metrics.calibration import ReliabilityBin
from trivet.evaluation.metrics.classification import ClassScore, Confusion

ReportKind = Literal["classification", "similarity", "multilabel", "regression", "multitask", "tagging"]

FORMAT = 1

# Main metrics of which less is better.
LOWER_IS_BETTER = frozenset({"mse"})


@dataclass(frozen=True)
class Subject:
    """What was judged, and on which rows; version 0: not registered."""

    name: str
    version: int
    dataset: str
    split: str
    data_sha256: str


@dataclass(frozen=True)
class Score:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Baseline:
    """A simpler way on the same rows: its main score, and the paired test of the model against it.

    `difference` with `low` and `high` is model - baseline; `verdict` is about the model.
    """

    score: float
    difference: float
    low: float
    high: float
    p: float
    verdict: Verdict


@dataclass(frozen=True)
class Slice:
    """The main score on some of the rows: `by` says what they were chosen by, `name` which they are."""

    by: str
    name: str
    rows: int
    score: Score


@dataclass(frozen=True)
class CoveragePoint:
    """The share of rows that a threshold answers, and the share of those answers that is wrong."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True)
class Promise:
    """What was promised in training, and what came of it on the test rows.

    `coverage` is the share of rows answered, `wrong` the share of answers that is wrong; None where none is given.
    """

    risk: float
    confidence: float
    threshold: float
    held: bool
    coverage: Score
    wrong: Score | None


@dataclass(frozen=True)
class Report:
    """Everything that `report.html` shows; `predictions` is the table that all figures are computed from.

    `main` names the metric that baselines, slices and gates are about. Fields that do not belong to the kind are empty.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    kind: ReportKind
    name: str
    version: int
    dataset: str
    split: str
    data_sha256: str
    rows: int
    main: str
    metrics: Mapping[str, Score]
    baselines: Mapping[str, Baseline]
    slices: tuple[Slice, ...]
    labels: tuple[str, ...] = ()
    per_class: tuple[ClassScore, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    worst: tuple[Confusion, ...] = ()
    reliability: tuple[ReliabilityBin, ...] = ()
    risk_coverage: tuple[CoveragePoint, ...] = ()
    decisions: Mapping[str, int] = field(default_factory=dict)
    promise: Promise | None = None
    overlap: Overlap | None = None
    truncated: int = 0
    seconds: float = 0.0
    seed: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)
    predictions: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    @property
    def main_score(self) -> Score:
        """The main metric."""
        return self.metrics[self.main]

    @property
    def is_lower_better(self) -> bool:
        """Whether the main metric is an error."""
        return self.main in LOWER_IS_BETTER

    @property
    def texts_per_second(self) -> float:
        """Rows by seconds of predicting; 0 where the time was not taken."""
        return self.rows / self.seconds if self.seconds > 0 else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values of everything but the predictions."""
        plain = _ADAPTER.dump_python(self, mode="json", exclude={"predictions"})
        return {"format": FORMAT, **plain, "texts_per_second": round(self.texts_per_second, 3)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Report:
        """The report that gave these values, without its predictions.

        Raises:
            ArtifactError: another format, or a field that is missing or of another type; names it.
        """
        if not isinstance(values, Mapping) or values.get("format") != FORMAT:
            raise ArtifactError(f"it is no report of format {FORMAT}.", where="report", todo="Judge the model again.")
        plain = {key: value for key, value in values.items() if key not in ("format", "texts_per_second")}
        try:
            return _ADAPTER.validate_python(plain)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise ArtifactError(f"{first['msg']}.", where=f"report.{place}", todo="Judge the model again.") from error


_ADAPTER: TypeAdapter[Report] = TypeAdapter(Report)
