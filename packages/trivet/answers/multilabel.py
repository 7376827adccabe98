"""Any number of labels for a text: the facts, and how scores become an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.answers.reading import check_names, read_count, read_names, read_numbers
from trivet.errors import InputError
from trivet.trust.platt import label_probabilities

MultilabelDecision = Literal["answer", "none"]


@dataclass(frozen=True)
class MultilabelFacts:
    """What training found out and serving needs, in the order of the labels.

    The probability of a label is sigmoid(slope * score + shift); the label is given where that reaches its threshold.
    """

    labels: tuple[str, ...]
    max_tokens: int
    thresholds: tuple[float, ...]
    slopes: tuple[float, ...]
    shifts: tuple[float, ...]
    kind: Literal["multilabel"] = field(default="multilabel", init=False)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The facts that these plain values state.

        Raises:
            ArtifactError: a fact is missing, unknown, of another type or out of range.
        """
        check_names(values, ("kind", "labels", "max_tokens", "thresholds", "slopes", "shifts"))
        labels = read_names(values, "labels")
        return cls(
            labels=labels,
            max_tokens=read_count(values, "max_tokens"),
            thresholds=read_numbers(values, "thresholds", count=len(labels), low=-1e-9, high=1 + 1e-9),
            slopes=read_numbers(values, "slopes", count=len(labels)),
            shifts=read_numbers(values, "shifts", count=len(labels)),
        )


@dataclass(frozen=True)
class MultilabelAnswer:
    """The labels of a text with their probabilities, likeliest first; `decision` is `none` where it has none.

    `ranking` holds the likeliest labels whether they are given or not. `tokens` counts the whole text, also where it
    was truncated.
    """

    labels: tuple[tuple[str, float], ...]
    ranking: tuple[tuple[str, float], ...]
    decision: MultilabelDecision
    tokens: int
    truncated: bool


def decode_labels(
    scores: ArrayLike,
    facts: MultilabelFacts,
    *,
    tokens: Sequence[int],
    truncated: Sequence[bool],
    top: int = 5,
) -> list[MultilabelAnswer]:
    """An answer a row of scores [N, C], with the `top` likeliest labels; equal ones in the order of the labels.

    Raises:
        InputError: scores that are not finite, or another number of columns than labels, or of rows elsewhere.
    """
    chances = label_probabilities(scores, facts.slopes, facts.shifts)
    if not len(chances) == len(tokens) == len(truncated):
        raise InputError(
            f"{len(chances)} rows of scores, {len(tokens)} token counts, {len(truncated)} marks of truncation.",
            where="scores",
        )
    given = reach_thresholds(chances, facts)
    answers = []
    for row, order in enumerate(np.argsort(-chances, axis=1, kind="stable").tolist()):
        ranking = tuple((facts.labels[column], float(chances[row, column])) for column in order)
        labels = tuple(ranking[place] for place, column in enumerate(order) if given[row, column])
        answers.append(
            MultilabelAnswer(
                labels=labels,
                ranking=ranking[: max(1, top)],
                decision="answer" if labels else "none",
                tokens=int(tokens[row]),
                truncated=bool(truncated[row]),
            )
        )
    return answers


def reach_thresholds(probabilities: NDArray[np.float64], facts: MultilabelFacts) -> NDArray[np.bool_]:
    """Which labels are given, bool[N, C], at probabilities F64[N, C]."""
    return np.asarray(probabilities >= np.asarray(facts.thresholds), dtype=bool)
