"""How far the answers of one graph lie from another's, and from its own in other company."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np

from trivet.runtime.engine import TOKEN_OUTPUTS, Engine, Floats
from trivet.runtime.offline import run_batches, run_sorted
from trivet.runtime.tokens import Encoded

Score: TypeAlias = Callable[[Mapping[str, Floats]], Floats]


@dataclass(frozen=True)
class Distance:
    """Over `rows` texts: answers (highest score) that differ, the largest difference of any output, the least cosine.

    `changed` is None where the outputs hold no scores to compare.
    """

    rows: int
    changed: int | None
    difference: float
    cosine: float

    @property
    def agreement(self) -> float | None:
        """Share of texts with the same answer."""
        return None if self.changed is None else 1 - self.changed / self.rows

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def measure_invariance(
    engine: Engine, encoded: Sequence[Encoded], *, score: Score | None = None, batch_size: int = 32
) -> Distance:
    """Each text alone against the same text in a batch as they come, padded to the longest.

    `score` makes scores F32[N,C] of the outputs; without it the logits are taken, where there are any.
    """
    rows = range(len(encoded))
    alone = run_batches(engine, encoded, [[row] for row in rows])
    shared = run_batches(engine, encoded, [rows[start : start + batch_size] for start in rows[::batch_size]])
    return compare_outputs(alone, shared, score=score)


def measure_agreement(
    candidate: Engine, reference: Engine, encoded: Sequence[Encoded], *, score: Score | None = None
) -> Distance:
    """The answers of one engine against those of another, over the same texts."""
    return compare_outputs(run_sorted(candidate, encoded), run_sorted(reference, encoded), score=score)


def compare_outputs(left: Mapping[str, Floats], right: Mapping[str, Floats], *, score: Score | None = None) -> Distance:
    """The distance of two sets of outputs of the same texts, at least one."""
    rows = len(left["embedding"])
    assert rows, "nothing to compare"
    lengths = np.linalg.norm(left["embedding"], axis=1) * np.linalg.norm(right["embedding"], axis=1)
    cosines = (left["embedding"] * right["embedding"]).sum(axis=1) / np.maximum(lengths, 1e-12)
    return Distance(
        rows=rows,
        changed=_count_changed(left, right, score=score),
        difference=max(float(np.abs(left[name] - right[name]).max()) for name in left),
        cosine=float(cosines.min()),
    )


def _count_changed(left: Mapping[str, Floats], right: Mapping[str, Floats], *, score: Score | None) -> int | None:
    if score is not None:
        one, other = score(left), score(right)
    else:
        name = next((name for name in ("logits", *TOKEN_OUTPUTS) if name in left), None)
        if name is None:
            return None
        one, other = left[name], right[name]
    differ = one.argmax(axis=-1) != other.argmax(axis=-1)
    # Of tokens: a text is answered otherwise where any of its tokens is.
    return int(differ.reshape(len(differ), -1).any(axis=1).sum())
