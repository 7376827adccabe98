"""What an operating point comes to on rows that the model has not learnt from, read as a server reads messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from trivet.answers.classification import ClassificationAnswer
from trivet.errors import InputError
from trivet.trust.risk import bound_risk, find_operating_point
from trivet_support.points.point import CONFIDENCE, Measured, identify
from trivet_support.scope import Scope

if TYPE_CHECKING:
    from trivet_service.model import Model

# More rows take longer than a request may; of a longer table every nth is read.
MOST_ROWS = 2_000
LEAST_ROWS = 50


def measure_precision(
    model: Model, texts: Sequence[str], labels: Sequence[str], *, precision: float, name: str
) -> Measured:
    """The lowest threshold whose answers keep a precision, with a confidence of 95 %. Blocks for seconds.

    Raises:
        InputError: the rows are too few, or do not show that precision; `where` is a JSON pointer.
    """
    levels, right = _answer(model, texts, labels)
    point = find_operating_point(levels, right, risk=1 - precision, confidence=CONFIDENCE)
    if not point.held:
        raise InputError(
            f"{len(levels)} rows of {name} do not show a precision of {precision:g}.",
            where="/precision",
            todo="Name more rows that the model has not learnt from, or promise less.",
        )
    return Measured(identify(model), point.threshold, precision, point.coverage, point.rows)


def measure_threshold(model: Model, texts: Sequence[str], labels: Sequence[str], *, threshold: float) -> Measured:
    """What a threshold can promise, with a confidence of 95 %. Blocks for seconds; raises as `measure_precision`."""
    levels, right = _answer(model, texts, labels)
    given = levels >= threshold
    answered = int(given.sum())
    wrong = int((given & ~right).sum())
    precision = 1 - bound_risk(wrong, answered, confidence=CONFIDENCE) if answered else 0.0
    return Measured(identify(model), threshold, precision, answered / len(levels), len(levels))


def _answer(model: Model, texts: Sequence[str], labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Confidences F64[N], 0 for what is out of scope, and what is right, bool[N]."""
    if len(texts) < LEAST_ROWS:
        raise InputError(f"{len(texts)} rows are too few to measure anything: {LEAST_ROWS} at least.", where="/dataset")
    scope = Scope.of(model.artifact)
    levels, right = np.zeros(len(texts)), np.zeros(len(texts), dtype=bool)
    for at, (text, label, answer) in enumerate(zip(texts, labels, model.read_beside(texts, top=1), strict=True)):
        assert isinstance(answer, ClassificationAnswer), "points are of models that tell one label of several"
        levels[at] = 0.0 if scope.kind_of(text, answer) is not None else answer.confidence
        right[at] = answer.label == label
    return levels, right
