"""One label of several for a text: its facts, and how scores become an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.answers.promised import read_sets, read_vector
from trivet.answers.reading import check_names, read_count, read_names, read_number, read_point
from trivet.errors import InputError
from trivet.trust.conformal import ConformalSets
from trivet.trust.risk import OperatingPoint
from trivet.trust.vector_scaling import VectorScaling, calibrate

Decision = Literal["answer", "unsure", "out_of_scope"]


@dataclass(frozen=True)
class ClassificationFacts:
    """What training found out and serving needs.

    Without an operating point every answer is given; without a novelty threshold no text is out of scope. `vector`
    goes on top of the temperature; with `sets` every answer carries a conformal set.
    """

    labels: tuple[str, ...]
    max_tokens: int
    temperature: float = 1.0
    operating_point: OperatingPoint | None = None
    novelty_threshold: float | None = None
    vector: VectorScaling | None = None
    sets: ConformalSets | None = None
    kind: Literal["classification"] = field(default="classification", init=False)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The facts that these plain values state.

        Raises:
            ArtifactError: a fact is missing, unknown, of another type or out of range.
        """
        optional = ("temperature", "operating_point", "novelty_threshold", "vector", "sets")
        check_names(values, ("kind", "labels", "max_tokens"), optional)
        threshold, point = values.get("novelty_threshold"), values.get("operating_point")
        vector, sets = values.get("vector"), values.get("sets")
        labels = read_names(values, "labels")
        return cls(
            labels=labels,
            max_tokens=read_count(values, "max_tokens"),
            temperature=read_number(values, "temperature", low=0.0) if "temperature" in values else 1.0,
            operating_point=None if point is None else read_point(point),
            novelty_threshold=None if threshold is None else read_number(values, "novelty_threshold"),
            vector=None if vector is None else read_vector(vector, labels=len(labels)),
            sets=None if sets is None else read_sets(sets, labels=len(labels)),
        )


@dataclass(frozen=True)
class ClassificationAnswer:
    """The likeliest label with its probability, and what to do with it.

    `decision` is `out_of_scope` where the text is too foreign, `unsure` where the confidence lies below the operating
    point, else `answer`. `ranking` holds the likeliest labels, best first. `tokens` counts the whole text, also
    where it was truncated. `conformal_set` are the labels, likeliest first, that hold the right one as often as the
    facts promise; None where they promise nothing.
    """

    label: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    novelty: float | None
    decision: Decision
    tokens: int
    truncated: bool
    conformal_set: tuple[str, ...] | None = None


def decode(
    scores: ArrayLike,
    facts: ClassificationFacts,
    *,
    novelty: ArrayLike | None,
    tokens: Sequence[int],
    truncated: Sequence[bool],
    top: int = 5,
) -> list[ClassificationAnswer]:
    """An answer a row of scores [N, C], with the `top` likeliest labels; equal ones in the order of the labels.

    Raises:
        InputError: scores that are not finite, or another number of columns than labels, or of rows elsewhere.
    """
    chances = calibrate(scores, facts.temperature, facts.vector)
    if chances.shape[1] != len(facts.labels):
        raise InputError(f"{chances.shape[1]} scores a row for {len(facts.labels)} labels.", where="scores")
    foreign = _check_novelty(novelty, rows=len(chances))
    if not len(chances) == len(tokens) == len(truncated):
        raise InputError(
            f"{len(chances)} rows of scores, {len(tokens)} token counts, {len(truncated)} marks of truncation.",
            where="scores",
        )
    order = np.argsort(-chances, axis=1, kind="stable")
    best = order[:, : max(1, top)]
    inside = None if facts.sets is None else facts.sets.members(chances)
    likeliest = np.take_along_axis(chances, best, axis=1).tolist()
    answers = []
    for row, (columns, values) in enumerate(zip(best.tolist(), likeliest, strict=True)):
        strange = None if foreign is None else float(foreign[row])
        answers.append(
            ClassificationAnswer(
                label=facts.labels[columns[0]],
                confidence=values[0],
                ranking=tuple((facts.labels[column], value) for column, value in zip(columns, values, strict=True)),
                novelty=strange,
                decision=decide(values[0], strange, facts),
                tokens=int(tokens[row]),
                truncated=bool(truncated[row]),
                conformal_set=None
                if inside is None
                else tuple(facts.labels[label] for label in order[row] if inside[row, label]),
            )
        )
    return answers


def decide(confidence: float, novelty: float | None, facts: ClassificationFacts) -> Decision:
    """What to do with an answer of this confidence to a text of this novelty."""
    if novelty is not None and facts.novelty_threshold is not None and novelty > facts.novelty_threshold:
        return "out_of_scope"
    if facts.operating_point is not None and confidence < facts.operating_point.threshold:
        return "unsure"
    return "answer"


def _check_novelty(novelty: ArrayLike | None, *, rows: int) -> NDArray[np.float64] | None:
    if novelty is None:
        return None
    values = np.asarray(novelty, dtype=np.float64)
    if values.shape != (rows,) or not np.isfinite(values).all():
        raise InputError(f"{rows} rows of scores want as many finite novelties.", where="novelty")
    return values
