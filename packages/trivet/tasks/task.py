"""What the loop asks of a task: the torch half, one file a kind beside this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from trivet.backbone.text import TextEncoder

if TYPE_CHECKING:
    import pandas as pd

Batch = dict[str, torch.Tensor]
Indices = NDArray[np.int64]


class Rows(Protocol):
    """Checked and tokenised rows."""

    @property
    def lengths(self) -> Indices:
        """Tokens a row I64[N], by which batches are put together."""


R = TypeVar("R", bound=Rows)


class TrainTask(Protocol[R]):
    """Knows the problem: its rows, its module, its loss and its score. Holds no weights and never changes."""

    def prepare(self, frame: pd.DataFrame) -> R:
        """The rows of a frame, tokenised; DataError for a frame that the task cannot learn from."""

    def module(self, encoder: TextEncoder) -> nn.Module:
        """The encoder with what the task puts on top; (input_ids, attention_mask) -> a tuple, the embedding first."""

    def start(self, module: nn.Module, rows: R) -> None:
        """Sets what can be known before the first step."""

    def batch(self, rows: R, indices: Indices) -> Batch:
        """These rows as padded tensors on the CPU."""

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """The mean loss of a batch, a float32 scalar; tensors of the batch lie on the module's device."""

    def score(self, module: nn.Module, rows: R) -> float:
        """How good the module is on rows it did not learn from: 0 to 1, higher is better."""
