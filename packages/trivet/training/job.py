"""What one run of the loop is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from trivet.recipe.training import TrainingRecipe
from trivet.tasks.task import R, TrainTask
from trivet.training.balanced import Balanced
from trivet.training.batches import Indices, plan_batches


@dataclass(frozen=True)
class Job(Generic[R]):
    """Rows to learn from, rows to stop on, and how.

    `checkpoints` is a folder for checkpoints; `fingerprint` stands for rows and knobs, and a checkpoint of others is
    refused. With `balanced`, that decides which rows make a batch, and the recipe's batch size does not count.
    """

    task: TrainTask[R]
    rows: R
    validation: R | None
    recipe: TrainingRecipe
    checkpoints: Path
    fingerprint: str
    layer_decay: float = 1.0
    balanced: Balanced | None = None

    def batches(self, epoch: int) -> tuple[Indices, ...]:
        """The batches of an epoch, known from the recipe's seed and the epoch alone."""
        if self.balanced is not None:
            return self.balanced.plan(seed=self.recipe.seed, epoch=epoch)
        return plan_batches(self.rows.lengths, batch_size=self.recipe.batch_size, seed=self.recipe.seed, epoch=epoch)
