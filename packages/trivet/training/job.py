"""What one run of the loop is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from trivet.recipe.training import TrainingRecipe
from trivet.tasks.task import R, TrainTask


@dataclass(frozen=True)
class Job(Generic[R]):
    """Rows to learn from, rows to stop on, and how.

    `checkpoints` is a folder for checkpoints; `fingerprint` stands for rows and knobs, and a checkpoint of others is
    refused.
    """

    task: TrainTask[R]
    rows: R
    validation: R | None
    recipe: TrainingRecipe
    checkpoints: Path
    fingerprint: str
    layer_decay: float = 1.0
