"""What int8 costs: the figures of a card, and the refusal to serve what loses too much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from trivet.artifact.card import Int8Entry
from trivet.errors import ArtifactError
from trivet.export.measure import Score, compare_outputs, measure_invariance
from trivet.recipe.export import ExportRecipe
from trivet.runtime.engine import Floats
from trivet.runtime.graphs import GraphPool
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import Encoded

Quality: TypeAlias = Callable[[Mapping[str, Floats]], float]

# Texts whose answers are compared between a batch of 1 and one of 32.
FLIP_ROWS = 1000


def judge_int8(
    graph: Path,
    encoded: Sequence[Encoded],
    recipe: ExportRecipe,
    *,
    score: Score | None = None,
    truth: ArrayLike | None = None,
    quality: Quality | None = None,
    metric: str = "accuracy",
    threads: int = 2,
) -> Int8Entry:
    """The int8 graph against the fp32 graph over the texts, and against itself in batches (the first 1,000 texts).

    `score` makes scores F32[N, C] of the outputs where the graph has no logits; `truth` I64[N] are the right columns:
    of rows that were held out, filled up with rows learnt from where those are few. `quality` says from the outputs how
    good they are, from 0 to 1, where that is another figure than accuracy; `metric` is its name.

    Raises:
        ArtifactError: int8 loses a larger share of the metric than `recipe.max_int8_loss`.
    """
    pool = GraphPool()
    exact = pool.acquire(graph, precision="fp32", threads=threads)
    wanted = run_sorted(exact.engine, encoded)
    pool.release(exact)
    small = pool.acquire(graph, precision="int8", threads=threads)
    found = run_sorted(small.engine, encoded)
    flips = measure_invariance(small.engine, encoded[:FLIP_ROWS], score=score)
    pool.release(small)
    loss = None
    if quality is None and truth is not None:
        loss = _accuracy(wanted, truth, score=score) - _accuracy(found, truth, score=score)
    elif quality is not None:
        loss = quality(wanted) - quality(found)
    if loss is not None:
        refuse_loss(loss, recipe, rows=len(encoded), metric=metric)
    return Int8Entry(
        rows=len(encoded),
        loss_points=None if loss is None else round(100 * loss, 4),
        agreement=compare_outputs(found, wanted, score=score).agreement,
        batch_flips=flips.changed,
    )


def refuse_loss(loss: float, recipe: ExportRecipe, *, rows: int, metric: str = "accuracy") -> None:
    """A share of the metric that int8 may lose.

    Raises:
        ArtifactError: it is more than the recipe allows.
    """
    if loss > recipe.max_int8_loss:
        raise ArtifactError(
            f"int8 loses {100 * loss:.1f} points of {metric} on {rows} held-out rows,"
            f" export.max_int8_loss = {recipe.max_int8_loss} allows {100 * recipe.max_int8_loss:.1f}.",
            where="export",
            todo="Set export.precision = 'fp32', or allow more.",
        )


def _accuracy(outputs: dict[str, Floats], truth: ArrayLike, *, score: Score | None) -> float:
    scores = outputs["logits"] if score is None else score(outputs)
    return float((scores.argmax(axis=1) == np.asarray(truth)).mean())
