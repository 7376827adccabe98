"""What a method hands over."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from trivet.training.history import History


@dataclass(frozen=True)
class Fitted:
    """A trained module, ready for export: (input_ids, attention_mask) -> (embedding, logits), or (embedding,) alone.

    It lies on the CPU in evaluation mode.

    `labels` are in the order of the logits (none for similarity), `epochs` are those that the kept weights have seen,
    `trainable_share` is the share of the weights that training could change, from 0 to 1.
    """

    module: nn.Module
    labels: tuple[str, ...]
    history: History
    epochs: int
    trainable_share: float
