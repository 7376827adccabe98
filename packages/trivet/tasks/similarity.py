"""Texts that belong together lie close: the torch half, learning from pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from trivet.backbone.text import TextEncoder
from trivet.errors import RecipeError
from trivet.recipe.task import Similarity
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.losses import contrast
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.pairs import PairedRows
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd

# Anchors ranked at a time in the score, so that a large validation part stays small in memory.
RANKED_AT_ONCE = 1024


class Embedder(nn.Module):
    """The encoder alone, in the shape of a task's module."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor]:
        """Embeddings F32[B,D] of unit length."""
        return (self.encoder(input_ids, attention_mask),)


@dataclass(frozen=True)
class SimilarityTask:
    """Pairs close, all else apart: symmetric InfoNCE with the other pairs of a batch, and hard ones, as negatives."""

    tokenizer: TextTokenizer
    training: TrainingRecipe
    task: Similarity = field(default_factory=Similarity)

    def prepare(self, frame: pd.DataFrame) -> PairedRows:
        """Rows of the columns anchor and positive, two texts that belong together, and hard negatives beside them.

        Raises:
            DataError: there are fewer than two different pairs: nothing would be a negative.
        """
        return PairedRows.prepare(frame, self.tokenizer)

    def module(self, encoder: TextEncoder) -> Embedder:
        """The encoder as it is.

        Raises:
            RecipeError: it has fewer dimensions than it shall be cut to.
        """
        if self.task.matryoshka and self.task.matryoshka[-1] > encoder.dim:
            raise RecipeError(
                f"the encoder has {encoder.dim} dimensions, fewer than {self.task.matryoshka[-1]}.",
                where="task.matryoshka",
                todo="Name dimensions that it has.",
            )
        return Embedder(encoder)

    def start(self, module: nn.Module, rows: PairedRows) -> None:
        """Nothing: there is no head to start."""

    def batch(self, rows: PairedRows, indices: Indices) -> Batch:
        """What `PairedRows.batch` gives."""
        return rows.batch(indices)

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """The mean of InfoNCE from anchors to positives and hard negatives, and from positives back to anchors.

        At the recipe's temperature, and with `task.matryoshka` the sum over embeddings cut to each of these dimensions
        (Kusupati 2022, equation 1, all weights 1).
        """
        (anchors,) = module(batch["anchor_ids"], batch["anchor_mask"])
        (positives,) = module(batch["positive_ids"], batch["positive_mask"])
        candidates = positives
        if "negative_ids" in batch:
            width = batch["negative_ids"].shape[-1]
            (negatives,) = module(batch["negative_ids"].reshape(-1, width), batch["negative_mask"].reshape(-1, width))
            candidates = torch.cat([positives, negatives])
        dims = self.task.matryoshka or (anchors.shape[1],)
        return torch.stack([self._contrast(anchors, candidates, batch, dim=dim) for dim in dims]).sum()

    def _contrast(self, anchors: torch.Tensor, candidates: torch.Tensor, batch: Batch, *, dim: int) -> torch.Tensor:
        if dim < anchors.shape[1]:
            anchors, candidates = (nn.functional.normalize(rows[:, :dim], dim=1) for rows in (anchors, candidates))
        masked, temperature = batch["masked"], self.training.temperature
        rows = len(anchors)
        forward_shares = backward_shares = None
        if self.task.correct_popularity:
            forward_shares = torch.cat([batch["positive_shares"], batch["negative_shares"].flatten()])
            backward_shares = batch["anchor_shares"]
        forward = contrast(anchors, candidates, temperature=temperature, masked=masked, shares=forward_shares)
        backward = contrast(
            candidates[:rows], anchors, temperature=temperature, masked=masked[:, :rows].T, shares=backward_shares
        )
        return (forward + backward) / 2

    def score(self, module: nn.Module, rows: PairedRows) -> float:
        """Mean reciprocal rank of each anchor's positive among all different positives; a tie counts as a loss.

        An anchor's other positives, and the anchor's own text, are left out of its ranking.
        """
        anchors = compute_outputs(module, rows.anchors)[0]
        codes, first, column = np.unique(rows.positive_codes, return_index=True, return_inverse=True)
        candidates = compute_outputs(module, [rows.positives[index] for index in first])[0]
        known: dict[int, list[int]] = {}
        for code, at in zip(rows.anchor_codes, column, strict=True):
            known.setdefault(int(code), []).append(int(at))
        total = 0.0
        for at in range(0, len(anchors), RANKED_AT_ONCE):
            scores = (anchors[at : at + RANKED_AT_ONCE] @ candidates.T).numpy()
            for row, line in enumerate(scores, start=at):
                own = line[column[row]]
                line[known[int(rows.anchor_codes[row])]] = -np.inf
                line[codes == rows.anchor_codes[row]] = -np.inf
                total += 1.0 / (1 + int((line >= own).sum()))
        return total / len(anchors)
