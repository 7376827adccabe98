"""Texts of one label close, of different labels apart: the torch half of learning from few rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from trivet.backbone.text import TextEncoder
from trivet.data.label_names import label_words
from trivet.errors import DataError
from trivet.heads.prototypes import leave_one_out_cosines
from trivet.recipe.method import FewShotMethod
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.classification import Classifier, LabelledRows, start_head
from trivet.tasks.losses import cross_entropy, supervised_contrast
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd

# Texts that go through the encoder at once: a batch is sorted by length and cut, as one long text would pad them all.
TEXTS_AT_ONCE = 16


@dataclass(frozen=True)
class ContrastTask:
    """Supervised contrast between rows, and beside it the cross-entropy of a linear head, which counts `head_weight`.

    With `names`, a label's name is one more text of its label in every batch.
    """

    labels: tuple[str, ...]
    tokenizer: TextTokenizer
    training: TrainingRecipe
    head_weight: float = 1.0
    names: Sequence[Encoded] = ()

    def prepare(self, frame: pd.DataFrame) -> LabelledRows:
        """Rows of the columns text and label.

        Raises:
            DataError: a label has only one row (or none of the task's labels has any): it would have nothing to lie
                close to.
        """
        counts = frame["label"].value_counts()
        for label in self.labels:
            if counts.get(label, 0) < 2:
                raise DataError(
                    f"label {label!r} has {counts.get(label, 0)} row, but contrast needs two of each label.",
                    where="label",
                    todo="Add a row of it, or use method.kind = 'head'.",
                )
        place = {label: at for at, label in enumerate(self.labels)}
        truth = np.array([place[label] for label in frame["label"]], dtype=np.int64)
        return LabelledRows(self.tokenizer.encode(list(frame["text"])), truth)

    def module(self, encoder: TextEncoder) -> Classifier:
        """A classifier whose head knows nothing yet."""
        return Classifier(encoder, len(self.labels))

    def start(self, module: nn.Module, rows: LabelledRows) -> None:
        """Starts the head as a logistic regression over the embeddings that the module gives now, names among them."""
        named = np.concatenate([rows.truth, np.arange(len(self.names))])
        start_head(module, [*rows.encoded, *self.names], named, self.labels, self.training)

    def batch(self, rows: LabelledRows, indices: Indices) -> Batch:
        """input_ids and attention_mask I64[B,T], truth I64[B]; after the rows come the names of their labels."""
        texts, truth = [rows.encoded[index] for index in indices], rows.truth[indices]
        if self.names:
            present = np.unique(truth)
            texts += [self.names[label] for label in present]
            truth = np.concatenate([truth, present])
        ids, mask = pad(texts)
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "truth": torch.from_numpy(truth),
        }

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """The contrast at the recipe's temperature, plus the weighed cross-entropy with the recipe's smoothing."""
        ids, mask = batch["input_ids"], batch["attention_mask"]
        lengths = mask.sum(dim=1)
        order = torch.argsort(lengths, stable=True)
        outputs = []
        for some in order.split(TEXTS_AT_ONCE):
            width = int(lengths[some[-1]])
            outputs.append(module(ids[some, :width], mask[some, :width]))
        embeddings, logits = (torch.cat(parts) for parts in zip(*outputs, strict=True))
        truth = batch["truth"][order]
        contrast = supervised_contrast(embeddings, truth, temperature=self.training.temperature)
        return contrast + self.head_weight * cross_entropy(logits, truth, smoothing=self.training.label_smoothing)

    def score(self, module: nn.Module, rows: LabelledRows) -> float:
        """Share of rows that lie closest to the mean of their own label, itself left out."""
        cosines = leave_one_out_cosines(compute_outputs(module, rows.encoded)[0].numpy(), rows.truth)
        return float((cosines.argmax(axis=1) == rows.truth).mean())


def contrast_task(
    frame: pd.DataFrame, tokenizer: TextTokenizer, training: TrainingRecipe, method: FewShotMethod
) -> ContrastTask:
    """The task of telling the labels of these rows apart; labels in alphabetical order.

    Raises:
        DataError: fewer than two labels.
    """
    labels = tuple(sorted(str(label) for label in frame["label"].unique()))
    if len(labels) < 2:
        raise DataError(
            f"the training rows have {len(labels)} labels, but a choice needs two.",
            where="label",
            todo="Add rows of another label.",
        )
    names = tokenizer.encode([label_words(label) for label in labels]) if method.names else ()
    return ContrastTask(labels, tokenizer, training, method.head_weight, names)
