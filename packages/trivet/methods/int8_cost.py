"""What int8 costs a model on its own rows: accuracy against fp32, and whether an answer depends on its batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from trivet.artifact.card import Int8Entry
from trivet.errors import ArtifactError
from trivet.export.measure import measure_agreement, measure_invariance
from trivet.recipe.export import ExportRecipe
from trivet.runtime.graphs import GraphPool
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import Encoded
from trivet.settings import Settings

Score = Callable[[Mapping[str, np.ndarray]], np.ndarray]

# Rows that each answer alone and in a batch is compared on: one by one is slow.
INVARIANCE_ROWS = 256


def measure_int8(
    graph: Path, encoded: list[Encoded], truth: np.ndarray, score: Score, *, recipe: ExportRecipe, settings: Settings
) -> Int8Entry | None:
    """int8 against fp32 on labelled rows, by scores [N, C] that `score` makes of the graph's outputs; None with fp32.

    Raises:
        ArtifactError: int8 loses more than `recipe.max_int8_loss` of accuracy.
    """
    if recipe.precision != "int8":
        return None
    pool = GraphPool()
    small = pool.acquire(graph, precision="int8", threads=settings.threads)
    exact = pool.acquire(graph, precision="fp32", threads=settings.threads)
    try:
        agreement = measure_agreement(small.engine, exact.engine, encoded, score=score)
        invariance = measure_invariance(small.engine, encoded[:INVARIANCE_ROWS], score=score)
        right = [
            float((score(run_sorted(one.engine, encoded)).argmax(axis=1) == truth).mean()) for one in (small, exact)
        ]
    finally:
        pool.release(small)
        pool.release(exact)
    loss = right[1] - right[0]
    if loss > recipe.max_int8_loss:
        raise ArtifactError(
            f"int8 loses {100 * loss:.1f} points of accuracy on {len(truth)} rows,"
            f" more than export.max_int8_loss = {recipe.max_int8_loss} allows.",
            where="export",
            todo="Set export.precision = 'fp32', or allow more.",
        )
    return Int8Entry(
        rows=len(truth), loss_points=100 * loss, agreement=agreement.agreement, batch_flips=invariance.changed
    )
