"""What a training run will cost, before it is started."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trivet.data.dataset import Dataset
from trivet.methods.features import embed_frozen
from trivet.recipe import Recipe
from trivet.recipe.method import FewShotMethod, FullMethod, HeadMethod, LoraMethod, ZeroShotMethod
from trivet.recipe.task import NextItem
from trivet.settings import Settings
from trivet.train import learning_rows, open_learning

if TYPE_CHECKING:
    import pandas as pd

    from trivet.training.plan import Cost

PROBE_ROWS = 256


@dataclass(frozen=True)
class Plan:
    """Rows, optimiser steps, minutes of fitting and peak memory of the probe in MB; export and judging come on top."""

    method: str
    rows: int
    steps: int
    minutes: float
    memory_mb: float
    threads: int

    def lines(self) -> list[str]:
        """For a person."""
        return [
            f"method   {self.method}",
            f"rows     {self.rows}",
            f"steps    {self.steps}",
            f"minutes  {self.minutes:.1f} with {self.threads} threads",
            f"memory   {self.memory_mb:.0f} MB",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def plan_training(recipe: Recipe, *, settings: Settings) -> Plan:
    """Estimates a run from a short probe of it; nothing is saved but the shared graph of a frozen encoder.

    Raises:
        DataError, EncoderError: what the run itself would raise.
    """
    dataset = open_learning(recipe, settings)
    rows = learning_rows(recipe, dataset)
    match recipe.method:
        case HeadMethod() | ZeroShotMethod():
            seconds = _probe_head(recipe, list(rows["text"]), settings)
            return Plan(recipe.method.kind, len(rows), 0, seconds / 60, _peak_mb(), settings.threads)
        case FullMethod() | LoraMethod() | FewShotMethod():
            with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
                cost = _probe_loop(recipe, rows, dataset, settings=settings, workspace=Path(scratch))
            fits = _count_fits(recipe)
            return Plan(
                recipe.method.kind,
                cost.rows,
                cost.steps * fits,
                cost.seconds * fits / 60,
                cost.peak_bytes / 1e6,
                cost.threads,
            )


def _probe_loop(recipe: Recipe, rows: pd.DataFrame, dataset: Dataset, *, settings: Settings, workspace: Path) -> Cost:
    from trivet.methods.tune import plan_tuning
    from trivet.methods.tuned_next_item import plan_next_item

    if isinstance(recipe.task, NextItem):
        return plan_next_item(recipe, rows, dataset, settings=settings, workspace=workspace)
    return plan_tuning(recipe, rows, settings=settings, workspace=workspace)


def _count_fits(recipe: Recipe) -> int:
    """How many fits on all rows the run takes as long as."""
    if isinstance(recipe.method, FewShotMethod):
        # The one that is served, and one a fold on all rows but its own.
        return recipe.method.folds
    return 2 if recipe.training.refit else 1


def _probe_head(recipe: Recipe, texts: list[str], settings: Settings) -> float:
    some = texts[:: max(1, len(texts) // PROBE_ROWS)][:PROBE_ROWS]
    began = time.perf_counter()
    embed_frozen(recipe, some, settings)
    return (time.perf_counter() - began) / len(some) * len(texts)


def _peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
