"""The next item of a history: facts, and the ranking of a catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.answers.reading import check_names, read_count, read_names
from trivet.errors import InputError

# Ids of the items begin here, in the order of the catalogue; below are padding and the unknown.
FIRST_ITEM = 2
UNKNOWN = 1


@dataclass(frozen=True)
class NextItemFacts:
    """The catalogue, in the order of the scores, and how many of the latest items of a history are looked at."""

    items: tuple[str, ...]
    max_tokens: int
    kind: Literal["next_item"] = field(default="next_item", init=False)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The facts that these plain values state.

        Raises:
            ArtifactError: a fact is missing, unknown, of another type or out of range.
        """
        check_names(values, ("kind", "items", "max_tokens"))
        return cls(items=read_names(values, "items"), max_tokens=read_count(values, "max_tokens"))


@dataclass(frozen=True)
class NextItemAnswer:
    """The likeliest items that are not in the history, best first, each with its probability among all such items.

    `unknown` counts items of the history that the model does not know; where it knows none, the decision is `unsure`:
    the ranking is then that of popularity. `tokens` counts the whole history, also where its oldest items were
    truncated; those may be ranked again.
    """

    ranking: tuple[tuple[str, float], ...]
    unknown: int
    decision: Literal["answer", "unsure"]
    tokens: int
    truncated: bool


def decode_next(
    scores: ArrayLike,
    facts: NextItemFacts,
    *,
    histories: Sequence[NDArray[np.int64]],
    tokens: Sequence[int],
    truncated: Sequence[bool],
    top: int = 5,
) -> list[NextItemAnswer]:
    """An answer a row of scores [N, items], beside the ids of the history that was read, I64[T] a row.

    Equal scores stand in the order of the catalogue. Where all items were seen, the ranking is empty.

    Raises:
        InputError: scores that are not finite, another number of columns than items, or of rows elsewhere.
    """
    rows = np.array(scores, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(facts.items) or not np.isfinite(rows).all():
        raise InputError(f"{list(rows.shape)} scores for {len(facts.items)} items, all finite.", where="scores")
    if not len(rows) == len(histories) == len(tokens) == len(truncated):
        raise InputError(f"{len(rows)} rows of scores for {len(histories)} histories.", where="scores")
    answers = []
    for row, ids, length, cut in zip(rows, histories, tokens, truncated, strict=True):
        row[ids[ids >= FIRST_ITEM] - FIRST_ITEM] = -np.inf
        best = np.argsort(-row, kind="stable")[: max(1, top)].tolist()
        chances = np.exp(row - row.max()) if np.isfinite(row).any() else np.zeros(len(row))
        whole = chances.sum() or 1.0
        ranking = tuple((facts.items[at], float(chances[at] / whole)) for at in best if np.isfinite(row[at]))
        unknown = int((ids == UNKNOWN).sum())
        decision: Literal["answer", "unsure"] = "unsure" if unknown == len(ids) else "answer"
        answers.append(NextItemAnswer(ranking, unknown, decision, int(length), bool(cut)))
    return answers
