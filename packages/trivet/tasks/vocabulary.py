"""What heads over the vocabulary share: the tied table, how they start, and how much they tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from trivet.backbone.text import TextEncoder
from trivet.tasks.task import Batch, Indices
from trivet.tasks.words import WordRows, batch_words

# Rows that the score looks at together.
SCORED_AT_ONCE = 32

Tell = Callable[[nn.Module, Batch], tuple[torch.Tensor, torch.Tensor]]


def word_embeddings(encoder: TextEncoder) -> torch.Tensor:
    """The table of the encoder's word embeddings F32[V,D], which heads over the vocabulary share."""
    model: Any = encoder.model
    table: torch.Tensor = model.get_input_embeddings().weight
    return table


def draw_weights(head: nn.Module, *, seed: int) -> None:
    """Weights from N(0, 0.02), biases 0, norms 1 (Devlin 2018); the caller's generator stays as it is."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for part in head.modules():
            for parameter in part.parameters(recurse=False):
                if parameter.ndim > 1:
                    parameter.copy_(torch.empty(parameter.shape).normal_(0, 0.02, generator=random))
                else:
                    parameter.zero_()
            if isinstance(part, nn.LayerNorm):
                part.weight.fill_(1.0)


def share_told(tell: Tell, module: nn.Module, rows: WordRows, other_ids: Indices) -> float:
    """Share of tokens told right, from 0 to 1; `tell` gives logits F32[K,V] and truth I64[K] of a batch."""
    device = next(module.parameters()).device
    was_training = module.training
    module.eval()
    right = count = 0
    with torch.no_grad():
        for at in range(0, len(rows.ids), SCORED_AT_ONCE):
            indices = np.arange(at, min(at + SCORED_AT_ONCE, len(rows.ids)))
            batch = {name: tensor.to(device) for name, tensor in batch_words(rows, indices, other_ids).items()}
            logits, truth = tell(module, batch)
            right += int((logits.argmax(dim=1) == truth).sum())
            count += len(truth)
    module.train(was_training)
    return right / count
