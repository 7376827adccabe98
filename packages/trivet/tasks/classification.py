"""One label of several for a text: the torch half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from trivet.backbone.precision import full_precision, use_bf16
from trivet.backbone.text import TextEncoder
from trivet.errors import DataError
from trivet.heads.logistic import LogisticHead
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.losses import cross_entropy, supervised_contrast
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd

# Penalty of the probe that the head starts from: 1/C of a logistic regression with C = 10.
PROBE_PENALTY = 0.1


@dataclass(frozen=True)
class LabelledRows:
    """Tokenised texts with the index of their label I64[N]."""

    encoded: Sequence[Encoded]
    truth: Indices

    @property
    def lengths(self) -> Indices:
        """Tokens a row I64[N]."""
        return np.array([len(text.ids) for text in self.encoded], dtype=np.int64)


class Classifier(nn.Module):
    """A linear head on the unit embedding: logits = W e + b. The norms of W carry the scale."""

    def __init__(self, encoder: TextEncoder, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.dim, classes)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Embeddings F32[B,D] and logits F32[B,C]."""
        embedding = self.encoder(input_ids, attention_mask)
        with full_precision(embedding):
            return embedding, self.head(embedding)


@dataclass(frozen=True)
class ClassificationTask:
    """Classification into these labels; `weights` F32[C] count the classes, None: as often as they occur."""

    labels: tuple[str, ...]
    tokenizer: TextTokenizer
    training: TrainingRecipe
    weights: torch.Tensor | None = None

    def prepare(self, frame: pd.DataFrame) -> LabelledRows:
        """Rows of the columns text and label.

        Raises:
            DataError: there are no rows, or a label is not among those of the task.
        """
        if not len(frame):
            raise DataError("there are no rows.", where="text", todo="Give at least one row a label.")
        index = {label: at for at, label in enumerate(self.labels)}
        for row, label in enumerate(frame["label"]):
            if label not in index:
                raise DataError(
                    f"the label {label!r} is not one that the model learns.",
                    where=f"row {row + 1}",
                    todo="Put rows of that label into the training rows, or drop this row.",
                )
        truth = np.array([index[label] for label in frame["label"]], dtype=np.int64)
        return LabelledRows(self.tokenizer.encode(list(frame["text"])), truth)

    def module(self, encoder: TextEncoder) -> Classifier:
        """A classifier whose head knows nothing yet."""
        return Classifier(encoder, len(self.labels))

    def start(self, module: nn.Module, rows: LabelledRows) -> None:
        """Starts the head as a logistic regression over the embeddings that the module gives now.

        Tuning then begins at the accuracy of the probe, and its first steps do not tear at the encoder for a random
        head's sake (Kumar 2022, linear probing then fine-tuning).
        """
        start_head(module, rows.encoded, rows.truth, self.labels, self.training)

    def batch(self, rows: LabelledRows, indices: Indices) -> Batch:
        """input_ids and attention_mask I64[B,T], truth I64[B]."""
        ids, mask = pad([rows.encoded[index] for index in indices])
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "truth": torch.from_numpy(rows.truth[indices]),
        }

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """Cross-entropy as the recipe smooths and weighs it, plus the supervised contrast where it has a weight."""
        embedding, logits = module(batch["input_ids"], batch["attention_mask"])
        truth = batch["truth"]
        weights = None if self.weights is None else self.weights.to(logits.device)
        loss = cross_entropy(logits, truth, smoothing=self.training.label_smoothing, weights=weights)
        if self.training.contrast > 0:
            contrast = supervised_contrast(embedding, truth, temperature=self.training.temperature)
            loss = loss + self.training.contrast * contrast
        return loss

    def score(self, module: nn.Module, rows: LabelledRows) -> float:
        """Accuracy."""
        logits = compute_outputs(module, rows.encoded)[1]
        return float((logits.argmax(dim=1).numpy() == rows.truth).mean())


def classification_task(frame: pd.DataFrame, tokenizer: TextTokenizer, training: TrainingRecipe) -> ClassificationTask:
    """The task of telling the labels of these training rows apart; labels in alphabetical order.

    Raises:
        DataError: fewer than two labels.
    """
    counts = {str(label): count for label, count in frame["label"].value_counts().items()}
    labels = tuple(sorted(counts))
    if len(labels) < 2:
        raise DataError(
            f"the training rows have {len(labels)} labels, but a choice needs two.",
            where="label",
            todo="Add rows of another label.",
        )
    weights = None
    if training.class_weights == "balanced":
        weights = balanced_weights(np.array([counts[label] for label in labels], dtype=np.int64))
    return ClassificationTask(labels, tokenizer, training, weights)


def start_head(
    module: nn.Module, encoded: Sequence[Encoded], truth: Indices, labels: Sequence[str], training: TrainingRecipe
) -> None:
    """Sets a classifier's head to the logistic regression over the embeddings that it gives these texts now."""
    assert isinstance(module, Classifier)
    bf16 = use_bf16(training.bf16, next(module.parameters()).device)
    embeddings = compute_outputs(module, encoded, bf16=bf16)[0].numpy()
    probe = LogisticHead.fit(embeddings, truth, labels, penalties=(PROBE_PENALTY,), seed=training.seed)
    with torch.no_grad():
        module.head.weight.copy_(torch.from_numpy(probe.weight))
        module.head.bias.copy_(torch.from_numpy(probe.bias))


def balanced_weights(counts: Indices) -> torch.Tensor:
    """Weights F32[C] that let every class count the same in sum: rows / (classes * rows of the class) (King 2001)."""
    return torch.from_numpy((counts.sum() / (len(counts) * counts)).astype(np.float32))
