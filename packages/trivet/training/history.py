"""What happened in training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class StepReport:
    """One step of the optimiser: epoch (from 1), step and steps of the whole run, its loss and the encoder's rate."""

    epoch: int
    step: int
    steps: int
    loss: float
    rate: float


Report = Callable[[StepReport], None]


@dataclass(frozen=True)
class Epoch:
    """One pass over the rows: mean training loss, score on validation (None: no such rows), seconds without scoring."""

    epoch: int
    loss: float
    score: float | None
    seconds: float
    texts_per_second: float


@dataclass(frozen=True)
class History:
    """All epochs, and how many of them the weights that were kept have seen."""

    epochs: tuple[Epoch, ...]
    kept: int

    def to_json(self) -> dict[str, Any]:
        """Plain values for a card."""
        return asdict(self)


def best_epoch(epochs: tuple[Epoch, ...]) -> int:
    """Number (from 1) of the epoch with the highest score, the earlier one of equals; 0 where no epoch has a score."""
    best = max(epochs, key=lambda epoch: -1.0 if epoch.score is None else epoch.score, default=None)
    return 0 if best is None or best.score is None else best.epoch


def is_patience_spent(epochs: tuple[Epoch, ...], patience: int) -> bool:
    """Whether so many epochs went by since the best one; never with patience 0."""
    return patience > 0 and len(epochs) - best_epoch(epochs) >= patience
