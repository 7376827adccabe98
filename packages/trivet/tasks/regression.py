"""A number for a text: the torch half."""

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
from trivet.data.numbers import standardise
from trivet.errors import DataError
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.classification import Classifier
from trivet.tasks.losses import squared_error
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd

# Ridge penalty of the probe that the head starts from.
PROBE_PENALTY = 1.0


@dataclass(frozen=True)
class NumberedRows:
    """Tokenised texts with their standardised numbers F32[N]."""

    encoded: Sequence[Encoded]
    truth: NDArray[np.float32]

    @property
    def lengths(self) -> Indices:
        """Tokens a row I64[N]."""
        return np.array([len(text.ids) for text in self.encoded], dtype=np.int64)


@dataclass(frozen=True)
class RegressionTask:
    """A number, learnt as (number - mean) / scale."""

    mean: float
    scale: float
    tokenizer: TextTokenizer
    training: TrainingRecipe

    def prepare(self, frame: pd.DataFrame) -> NumberedRows:
        """Rows of the columns text and number.

        Raises:
            DataError: there are no rows.
        """
        if not len(frame):
            raise DataError("there are no rows.", where="text", todo="Give at least one row a number.")
        truth = (frame["number"].to_numpy(dtype=np.float64) - self.mean) / self.scale
        return NumberedRows(self.tokenizer.encode(list(frame["text"])), truth.astype(np.float32))

    def module(self, encoder: TextEncoder) -> Classifier:
        """A linear head of one column, which knows nothing yet."""
        return Classifier(encoder, 1)

    def start(self, module: nn.Module, rows: NumberedRows) -> None:
        """Starts the head as a ridge regression over the embeddings that the module gives now."""
        assert isinstance(module, Classifier)
        bf16 = use_bf16(self.training.bf16, next(module.parameters()).device)
        embeddings = compute_outputs(module, rows.encoded, bf16=bf16)[0].numpy().astype(np.float64)
        middle = embeddings.mean(axis=0)
        centred, goal = embeddings - middle, rows.truth.astype(np.float64)
        gram = centred.T @ centred + PROBE_PENALTY * np.eye(centred.shape[1])
        weight = np.linalg.solve(gram, centred.T @ (goal - goal.mean()))
        with torch.no_grad():
            module.head.weight.copy_(torch.from_numpy(weight.astype(np.float32))[None])
            module.head.bias.fill_(float(goal.mean() - middle @ weight))

    def batch(self, rows: NumberedRows, indices: Indices) -> Batch:
        """input_ids and attention_mask I64[B,T], truth F32[B]."""
        ids, mask = pad([rows.encoded[index] for index in indices])
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "truth": torch.from_numpy(rows.truth[indices]),
        }

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """Mean squared error of the standardised numbers."""
        _, scores = module(batch["input_ids"], batch["attention_mask"])
        return squared_error(scores[:, 0], batch["truth"])

    def score(self, module: nn.Module, rows: NumberedRows) -> float:
        """1 / (1 + MSE of the standardised numbers): 1 where every number is hit, about 0.5 for their mean."""
        scores = compute_outputs(module, rows.encoded)[1][:, 0].numpy()
        return float(1 / (1 + ((scores - rows.truth) ** 2).mean()))


def regression_task(frame: pd.DataFrame, tokenizer: TextTokenizer, training: TrainingRecipe) -> RegressionTask:
    """The task of telling the numbers of these training rows.

    Raises:
        DataError: all numbers are the same.
    """
    mean, scale = standardise(frame["number"].to_numpy(dtype=np.float64))
    return RegressionTask(mean, scale, tokenizer, training)
