"""Any number of labels for a text: the torch half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trivet.backbone.precision import use_bf16
from trivet.backbone.text import TextEncoder
from trivet.data.label_sets import hot_labels, label_names
from trivet.errors import DataError
from trivet.evaluation.metrics.label_sets import count_hits, micro_f1
from trivet.heads.one_vs_rest import fit_one_vs_rest
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.classification import PROBE_PENALTY, Classifier
from trivet.tasks.losses import binary_cross_entropy
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class LabelSetRows:
    """Tokenised texts with the labels that they have, F32[N,C] of zeros and ones."""

    encoded: Sequence[Encoded]
    truth: NDArray[np.float32]

    @property
    def lengths(self) -> Indices:
        """Tokens a row I64[N]."""
        return np.array([len(text.ids) for text in self.encoded], dtype=np.int64)


@dataclass(frozen=True)
class MultilabelTask:
    """Each of these labels by itself; `weights` F32[C] count the rows that have a label, None: as one each."""

    labels: tuple[str, ...]
    tokenizer: TextTokenizer
    training: TrainingRecipe
    weights: torch.Tensor | None = None

    def prepare(self, frame: pd.DataFrame) -> LabelSetRows:
        """Rows of the columns text and labels (a tuple of names, empty: none).

        Raises:
            DataError: there are no rows, or a label is not among those of the task.
        """
        if not len(frame):
            raise DataError("there are no rows.", where="text", todo="Give at least one row.")
        truth = hot_labels(list(frame["labels"]), self.labels).astype(np.float32)
        return LabelSetRows(self.tokenizer.encode(list(frame["text"])), truth)

    def module(self, encoder: TextEncoder) -> Classifier:
        """A classifier whose head knows nothing yet; its logits belong to one label each."""
        return Classifier(encoder, len(self.labels))

    def start(self, module: nn.Module, rows: LabelSetRows) -> None:
        """Starts the head as one logistic regression a label over the embeddings that the module gives now."""
        assert isinstance(module, Classifier)
        bf16 = use_bf16(self.training.bf16, next(module.parameters()).device)
        embeddings = compute_outputs(module, rows.encoded, bf16=bf16)[0].numpy()
        probe = fit_one_vs_rest(
            embeddings, rows.truth, self.labels, penalties=(PROBE_PENALTY,), seed=self.training.seed
        )
        with torch.no_grad():
            module.head.weight.copy_(torch.from_numpy(probe.weight))
            module.head.bias.copy_(torch.from_numpy(probe.bias))

    def batch(self, rows: LabelSetRows, indices: Indices) -> Batch:
        """input_ids and attention_mask I64[B,T], truth F32[B,C]."""
        ids, mask = pad([rows.encoded[index] for index in indices])
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "truth": torch.from_numpy(rows.truth[indices]),
        }

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """Binary cross-entropy a label, as the recipe smooths and weighs it."""
        _, logits = module(batch["input_ids"], batch["attention_mask"])
        weights = None if self.weights is None else self.weights.to(logits.device)
        return binary_cross_entropy(logits, batch["truth"], smoothing=self.training.label_smoothing, weights=weights)

    def score(self, module: nn.Module, rows: LabelSetRows) -> float:
        """Micro F1 where every label is given from a probability of 0.5 on."""
        logits = compute_outputs(module, rows.encoded)[1].numpy()
        return float(micro_f1(count_hits(rows.truth > 0.5, logits >= 0).sum(axis=0)))


def multilabel_task(frame: pd.DataFrame, tokenizer: TextTokenizer, training: TrainingRecipe) -> MultilabelTask:
    """The task of finding the labels of these training rows; labels in alphabetical order.

    Raises:
        DataError: no row has a label.
    """
    labels = label_names(list(frame["labels"]))
    weights = None
    if training.class_weights == "balanced":
        counts = hot_labels(list(frame["labels"]), labels).sum(axis=0)
        weights = positive_weights(counts, rows=len(frame))
    return MultilabelTask(labels, tokenizer, training, weights)


def positive_weights(counts: Indices, *, rows: int) -> torch.Tensor:
    """Weights F32[C] with which the rows that have a label count as much as those that lack it; 1 where all have it."""
    lacking = np.maximum(rows - counts, 0)
    return torch.from_numpy(np.where(lacking > 0, lacking / np.maximum(counts, 1), 1.0).astype(np.float32))
