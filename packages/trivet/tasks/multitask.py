"""Several classifications of one text by one encoder: the torch half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from trivet.backbone.precision import full_precision, use_bf16
from trivet.backbone.text import TextEncoder
from trivet.errors import DataError
from trivet.heads.logistic import LogisticHead
from trivet.recipe.task import Multitask
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.classification import PROBE_PENALTY
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TaskRows:
    """Tokenised texts, the place of the task that each belongs to I64[N], and of its label in that task I64[N]."""

    encoded: Sequence[Encoded]
    tasks: Indices
    truth: Indices

    @property
    def lengths(self) -> Indices:
        """Tokens a row I64[N]."""
        return np.array([len(text.ids) for text in self.encoded], dtype=np.int64)


class TaskHeads(nn.Module):
    """A linear head a task on the unit embedding, and the logarithm of each task's variance F32[T] (Kendall 2018)."""

    def __init__(self, dim: int, classes: Sequence[int], *, balanced: bool) -> None:
        super().__init__()
        self.tasks = nn.ModuleList([nn.Linear(dim, count) for count in classes])
        self.log_variances = nn.Parameter(torch.zeros(len(classes))) if balanced else None

    def forward(self, embedding: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Logits F32[B,C] a task."""
        return tuple(head(embedding) for head in self.tasks)


class MultitaskModel(nn.Module):
    """One encoder under all heads: one pass answers every task."""

    def __init__(self, encoder: TextEncoder, heads: TaskHeads) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = heads

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Embeddings F32[B,D], then the logits F32[B,C] of each task, and in training the variances behind them."""
        embedding = self.encoder(input_ids, attention_mask)
        with full_precision(embedding):
            logits = self.head(embedding)
        return (embedding, *logits)


@dataclass(frozen=True)
class MultitaskTask:
    """Labels by task; a row counts for the head of its own task alone, as much as the task's weight says."""

    labels: Mapping[str, tuple[str, ...]]
    weights: tuple[float, ...]
    balance: Literal["fixed", "uncertainty"]
    tokenizer: TextTokenizer
    training: TrainingRecipe

    def prepare(self, frame: pd.DataFrame) -> TaskRows:
        """Rows of the columns text, label and task.

        Raises:
            DataError: a label that the task's training rows do not have.
        """
        names = list(self.labels)
        places = {(name, label): at for name, known in self.labels.items() for at, label in enumerate(known)}
        rows = list(zip(frame["task"], frame["label"], strict=True))
        unknown = sorted({label for label in rows if label not in places})
        if unknown:
            raise DataError(
                f"there is no training row of the label {unknown[0][1]!r}.",
                where=unknown[0][0],
                todo="Add some, or cut the validation part otherwise.",
            )
        return TaskRows(
            self.tokenizer.encode(list(frame["text"])),
            np.array([names.index(name) for name, _ in rows], dtype=np.int64),
            np.array([places[row] for row in rows], dtype=np.int64),
        )

    def module(self, encoder: TextEncoder) -> MultitaskModel:
        """The encoder with heads that know nothing yet."""
        classes = [len(labels) for labels in self.labels.values()]
        return MultitaskModel(encoder, TaskHeads(encoder.dim, classes, balanced=self.balance == "uncertainty"))

    def start(self, module: nn.Module, rows: TaskRows) -> None:
        """Starts each head as a logistic regression over the embeddings of its rows, as a classifier starts."""
        assert isinstance(module, MultitaskModel)
        bf16 = use_bf16(self.training.bf16, next(module.parameters()).device)
        embeddings = compute_outputs(module, rows.encoded, bf16=bf16)[0].numpy()
        for at, (labels, head) in enumerate(zip(self.labels.values(), module.head.tasks, strict=True)):
            assert isinstance(head, nn.Linear)
            own = rows.tasks == at
            probe = LogisticHead.fit(
                embeddings[own], rows.truth[own], labels, penalties=(PROBE_PENALTY,), seed=self.training.seed
            )
            with torch.no_grad():
                head.weight.copy_(torch.from_numpy(probe.weight))
                head.bias.copy_(torch.from_numpy(probe.bias))

    def batch(self, rows: TaskRows, indices: Indices) -> Batch:
        """input_ids and attention_mask I64[B,T], task and truth I64[B]."""
        ids, mask = pad([rows.encoded[index] for index in indices])
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "task": torch.from_numpy(rows.tasks[indices]),
            "truth": torch.from_numpy(rows.truth[indices]),
        }

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """The mean over the rows of each one's weighed cross-entropy; see `balance_losses`."""
        _, *logits = module(batch["input_ids"], batch["attention_mask"])
        each = torch.zeros(len(batch["truth"]), device=batch["truth"].device)
        for at, scores in enumerate(logits):
            own = batch["task"] == at
            losses = F.cross_entropy(
                scores[own].float(),
                batch["truth"][own],
                label_smoothing=self.training.label_smoothing,
                reduction="none",
            )
            each = each.masked_scatter(own, losses)
        weights = torch.tensor(self.weights, device=each.device)
        return balance_losses(each, batch["task"], weights, _variances(module))

    def score(self, module: nn.Module, rows: TaskRows) -> float:
        """Accuracy a task, their mean: a task with few rows counts as much as one with many."""
        _, *logits = compute_outputs(module, rows.encoded)
        shares = []
        for at, scores in enumerate(logits):
            own = rows.tasks == at
            if own.any():
                shares.append(float((scores.argmax(dim=1).numpy() == rows.truth)[own].mean()))
        return float(np.mean(shares))


def balance_losses(
    each: torch.Tensor, tasks: torch.Tensor, weights: torch.Tensor, log_variances: torch.Tensor | None
) -> torch.Tensor:
    """The mean of losses F32[B] of rows of tasks I64[B], a scalar; weights F32[T] multiply those of a task.

    With log variances s F32[T] a row of task t counts exp(-s_t) and pays s_t / 2 (Kendall 2018, equation 10, s the
    logarithm of the squared noise): noisy tasks count less, and none can be talked away.
    """
    weighed = each * weights[tasks]
    if log_variances is not None:
        noise = log_variances[tasks]
        weighed = weighed * torch.exp(-noise) + noise / 2
    return weighed.mean()


def multitask_task(
    frame: pd.DataFrame, task: Multitask, tokenizer: TextTokenizer, training: TrainingRecipe
) -> MultitaskTask:
    """The task of telling the labels of each part apart; labels in alphabetical order.

    Raises:
        DataError: a part has fewer than two labels.
    """
    labels = {}
    for part in task.parts:
        known = tuple(sorted(frame["label"][frame["task"] == part.name].unique()))
        if len(known) < 2:
            raise DataError(
                f"the training rows have {len(known)} labels, but a choice needs two.",
                where=f"task.parts {part.name}",
                todo="Add rows of another label.",
            )
        labels[part.name] = known
    return MultitaskTask(labels, tuple(part.weight for part in task.parts), task.balance, tokenizer, training)


def _variances(module: nn.Module) -> torch.Tensor | None:
    inner = getattr(module, "module", module)
    assert isinstance(inner, MultitaskModel)
    return inner.head.log_variances
