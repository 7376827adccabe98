"""How far the answers of one graph lie from another's, and from its own in other company."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np

from trivet.runtime.engine import Engine, Floats
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import Encoded, pad

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
    alone = _run([[text] for text in encoded], engine)
    shared = _run([encoded[start : start + batch_size] for start in range(0, len(encoded), batch_size)], engine)
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
    if score is None:
        if "logits" not in left:
            return None
        score = _logits
    return int((score(left).argmax(axis=1) != score(right).argmax(axis=1)).sum())


def _logits(outputs: Mapping[str, Floats]) -> Floats:
    return outputs["logits"]


def _run(batches: Sequence[Sequence[Encoded]], engine: Engine) -> dict[str, Floats]:
    parts = [engine.infer(*pad(batch)) for batch in batches]
    return {name: np.concatenate([part[name] for part in parts]) for name in engine.outputs}
