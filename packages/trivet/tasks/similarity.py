"""Texts that belong together lie close: the torch half, learning from pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from trivet.backbone.text import TextEncoder
from trivet.errors import DataError
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.losses import symmetric_contrast
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd

# Anchors ranked at a time in the score, so that a large validation part stays small in memory.
RANKED_AT_ONCE = 1024


@dataclass(frozen=True)
class PairedRows:
    """Tokenised pairs; the codes I64[N] of both sides are equal where the texts are equal, across the sides too."""

    anchors: Sequence[Encoded]
    positives: Sequence[Encoded]
    anchor_codes: Indices
    positive_codes: Indices

    @property
    def lengths(self) -> Indices:
        """Tokens of both sides of a pair I64[N]."""
        pairs = zip(self.anchors, self.positives, strict=True)
        return np.array([len(anchor.ids) + len(positive.ids) for anchor, positive in pairs], dtype=np.int64)


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
    """Pairs close, all else apart: symmetric InfoNCE with the other pairs of a batch as negatives."""

    tokenizer: TextTokenizer
    training: TrainingRecipe

    def prepare(self, frame: pd.DataFrame) -> PairedRows:
        """Rows of the columns anchor and positive, two texts that belong together.

        Raises:
            DataError: there are fewer than two different pairs: nothing would be a negative.
        """
        anchors, positives = list(frame["anchor"]), list(frame["positive"])
        if len(set(zip(anchors, positives, strict=True))) < 2:
            raise DataError("there are fewer than two different pairs.", where="anchor, positive", todo="Add pairs.")
        codes = {text: code for code, text in enumerate(dict.fromkeys([*anchors, *positives]))}
        return PairedRows(
            self.tokenizer.encode(anchors),
            self.tokenizer.encode(positives),
            np.array([codes[text] for text in anchors], dtype=np.int64),
            np.array([codes[text] for text in positives], dtype=np.int64),
        )

    def module(self, encoder: TextEncoder) -> Embedder:
        """The encoder as it is."""
        return Embedder(encoder)

    def start(self, module: nn.Module, rows: PairedRows) -> None:
        """Nothing: there is no head to start."""

    def batch(self, rows: PairedRows, indices: Indices) -> Batch:
        """Ids and masks I64[B,T] of both sides, and masked bool[B,B]: pairs that are no negatives of each other."""
        anchor_ids, anchor_mask = pad([rows.anchors[index] for index in indices])
        positive_ids, positive_mask = pad([rows.positives[index] for index in indices])
        masked = _belong_together(rows.anchor_codes[indices], rows.positive_codes[indices])
        return {
            "anchor_ids": torch.from_numpy(anchor_ids),
            "anchor_mask": torch.from_numpy(anchor_mask),
            "positive_ids": torch.from_numpy(positive_ids),
            "positive_mask": torch.from_numpy(positive_mask),
            "masked": torch.from_numpy(masked),
        }

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """Symmetric InfoNCE at the recipe's temperature."""
        (anchors,) = module(batch["anchor_ids"], batch["anchor_mask"])
        (positives,) = module(batch["positive_ids"], batch["positive_mask"])
        return symmetric_contrast(anchors, positives, temperature=self.training.temperature, masked=batch["masked"])

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


def _belong_together(anchors: Indices, positives: Indices) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """bool[B,B]: anchor i and positive j share an anchor, share a positive, or are one text."""
    same = (anchors[:, None] == anchors[None, :]) | (positives[:, None] == positives[None, :])
    return same | (anchors[:, None] == positives[None, :])
