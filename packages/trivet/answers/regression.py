"""A number for a text: the facts, and how a score becomes a value with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.answers.reading import check_names, read_count, read_number
from trivet.errors import ArtifactError, InputError

# The one column of scores that a number is read from.
VALUE = ("value",)
RegressionDecision = Literal["answer", "extrapolated"]


@dataclass(frozen=True)
class RegressionFacts:
    """What training found out and serving needs: value = mean + scale * score.

    `low` and `high` are the least and the greatest value learnt from. The true value lies within `margin` of the answer
    for the share `coverage` of texts like those held out; no margin: too few were held out to say.
    """

    max_tokens: int
    mean: float
    scale: float
    low: float
    high: float
    coverage: float
    margin: float | None = None
    kind: Literal["regression"] = field(default="regression", init=False)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The facts that these plain values state.

        Raises:
            ArtifactError: a fact is missing, unknown, of another type or out of range.
        """
        check_names(values, ("kind", "max_tokens", "mean", "scale", "low", "high", "coverage"), ("margin",))
        margin = values.get("margin")
        facts = cls(
            max_tokens=read_count(values, "max_tokens"),
            mean=read_number(values, "mean"),
            scale=read_number(values, "scale", low=0.0),
            low=read_number(values, "low"),
            high=read_number(values, "high"),
            coverage=read_number(values, "coverage", low=0.0, high=1.0),
            margin=None if margin is None else read_number(values, "margin", low=-1e-9),
        )
        if facts.low > facts.high:
            raise ArtifactError(f"{facts.low:g} is above high, {facts.high:g}.", where="facts.low")
        return facts


@dataclass(frozen=True)
class RegressionAnswer:
    """A value with the ends of its interval; None: no interval could be promised.

    `decision` is `extrapolated` where the value lies outside of all that was learnt from. `tokens` counts the whole
    text, also where it was truncated.
    """

    value: float
    low: float | None
    high: float | None
    decision: RegressionDecision
    tokens: int
    truncated: bool


def decode_values(
    scores: ArrayLike, facts: RegressionFacts, *, tokens: Sequence[int], truncated: Sequence[bool]
) -> list[RegressionAnswer]:
    """An answer a row of scores [N, 1].

    Raises:
        InputError: scores that are not finite or not one a row, or another number of rows elsewhere.
    """
    values = unscale(scores, facts)
    if not len(values) == len(tokens) == len(truncated):
        raise InputError(
            f"{len(values)} rows of scores, {len(tokens)} token counts, {len(truncated)} marks of truncation.",
            where="scores",
        )
    margin = facts.margin
    return [
        RegressionAnswer(
            value=value,
            low=None if margin is None else value - margin,
            high=None if margin is None else value + margin,
            decision="answer" if facts.low <= value <= facts.high else "extrapolated",
            tokens=int(tokens[row]),
            truncated=bool(truncated[row]),
        )
        for row, value in enumerate(values.tolist())
    ]


def unscale(scores: ArrayLike, facts: RegressionFacts) -> NDArray[np.float64]:
    """Values F64[N] of standardised scores [N, 1].

    Raises:
        InputError: scores that are not finite or not one a row; names the row.
    """
    rows = np.asarray(scores, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != 1:
        raise InputError(f"scores have shape {list(rows.shape)}, not [rows, 1].", where="scores")
    finite = np.isfinite(rows[:, 0])
    if not finite.all():
        raise InputError("a score is not a finite number.", where=f"row {int(np.argmin(finite))}")
    return facts.mean + facts.scale * rows[:, 0]
