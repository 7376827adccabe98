"""The next item of a history: the torch half, learning from every step at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from trivet.backbone.precision import full_precision
from trivet.backbone.text import TextEncoder
from trivet.errors import DataError
from trivet.recipe.task import NextItem
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.losses import cross_entropy
from trivet.tasks.outputs import compute_outputs
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd

# Marks a place without an item to guess.
NOTHING = -1
TOP = 10


@dataclass(frozen=True)
class Sequences:
    """What was known at each step, the latest item first, and the item that came next, as columns I64[T] a row."""

    encoded: Sequence[Encoded]
    targets: Sequence[Indices]

    @property
    def lengths(self) -> Indices:
        """Steps a row I64[N]."""
        return np.array([len(row) for row in self.targets], dtype=np.int64)


class ItemHead(nn.Module):
    """score = exp(scale) * cosine + bias: the bias carries how popular an item is."""

    def __init__(self, items: int, *, temperature: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1 / temperature).log())
        self.bias = nn.Parameter(torch.zeros(items))


class NextItemModel(nn.Module):
    """An encoder of histories whose table of items, cut to those of the catalogue, is the output layer as well."""

    def __init__(self, encoder: TextEncoder, codes: Indices, *, temperature: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = ItemHead(len(codes), temperature=temperature)
        self.register_buffer("codes", torch.from_numpy(codes), persistent=False)

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        targets: torch.Tensor | None = None,
        negatives: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Embeddings F32[B,D] of unit length and scores F32[B,items] of what follows the histories I64[B,T].

        With `targets` I64[B,T] instead the same for each of the P steps that has one: F32[P,D] and F32[P,items]. With
        `negatives` I64[B,S] as well, scores are F32[P,1+S]: the target first, then the row's negatives, -inf where one
        is the target itself.
        """
        if targets is None:
            embedding = self.encoder(input_ids, attention_mask)
            with full_precision(embedding):
                return embedding, self._score(embedding @ self._items().T) + self.head.bias
        states = self.encoder.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        at = targets != NOTHING
        with full_precision(states):
            states, table = nn.functional.normalize(states.float(), dim=-1), self._items()
            if negatives is None:
                return states[at], self._score(states[at] @ table.T) + self.head.bias
            own = self._score((states[at] * table[targets[at]]).sum(dim=1)) + self.head.bias[targets[at]]
            others = self._score(states @ table[negatives].transpose(1, 2)) + self.head.bias[negatives][:, None, :]
            hit = targets[:, :, None] == negatives[:, None, :]
            return states[at], torch.cat([own[:, None], others.masked_fill(hit, -torch.inf)[at]], dim=1)

    def _items(self) -> torch.Tensor:
        model: Any = self.encoder.model
        codes: Any = self.codes
        return nn.functional.normalize(model.get_input_embeddings().weight[codes].float(), dim=-1)

    def _score(self, cosines: torch.Tensor) -> torch.Tensor:
        return self.head.scale.exp() * cosines


@dataclass(frozen=True)
class NextItemTask:
    """Which item comes next, of these; a row of the frame is a history, the latest item first."""

    items: tuple[str, ...]
    tokenizer: TextTokenizer
    training: TrainingRecipe
    task: NextItem = field(default_factory=NextItem)

    def prepare(self, frame: pd.DataFrame) -> Sequences:
        """Rows of the column history, an item a line; items that are not in the catalogue are left out.

        Raises:
            DataError: a history of fewer than two known items.
        """
        columns = {int(code): column for column, code in enumerate(self._codes())}
        encoded, targets = [], []
        for row, text in enumerate(self.tokenizer.encode(list(frame["history"]))):
            known = [code for code in text.ids.tolist() if code in columns]
            if len(known) < 2:
                raise DataError(
                    "a history has fewer than two items of the catalogue.",
                    where=f"row {row + 1}",
                    todo="Leave it out, or add its items to the catalogue.",
                )
            encoded.append(Encoded(np.array(known[1:], dtype=np.int64), text.tokens, text.truncated))
            targets.append(np.array([columns[code] for code in known[:-1]], dtype=np.int64))
        return Sequences(encoded, targets)

    def module(self, encoder: TextEncoder) -> NextItemModel:
        """The encoder with its table of items as output layer."""
        return NextItemModel(encoder, self._codes(), temperature=self.training.temperature)

    def start(self, module: nn.Module, rows: Sequences) -> None:
        """Starts the bias of each item at the logarithm of how often it came next, so that popularity is known."""
        assert isinstance(module, NextItemModel)
        counts = np.bincount(np.concatenate(list(rows.targets)), minlength=len(self.items)) + 1.0
        chances = np.log(counts / counts.sum())
        with torch.no_grad():
            module.head.bias.copy_(torch.from_numpy((chances - chances.mean()).astype(np.float32)))

    def batch(self, rows: Sequences, indices: Indices) -> Batch:
        """input_ids, attention_mask and targets I64[B,T], and negatives I64[B,S] where `task.sampled` asks for them."""
        ids, mask = pad([rows.encoded[index] for index in indices])
        targets = np.full(ids.shape, NOTHING, dtype=np.int64)
        for row, index in enumerate(indices):
            targets[row, : len(rows.targets[index])] = rows.targets[index]
        found = {"input_ids": ids, "attention_mask": mask, "targets": targets}
        if self.task.sampled:
            # Drawn from the batch's own rows, in whatever order they come, so that a run that goes on draws the same.
            ordered = np.sort(indices)
            random = np.random.default_rng([self.training.seed, *ordered.tolist()])
            drawn = random.integers(len(self.items), size=(len(indices), self.task.sampled))
            found["negatives"] = drawn[np.searchsorted(ordered, indices)]
        return {name: torch.from_numpy(array) for name, array in found.items()}

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """Cross-entropy over the catalogue, the mean over all steps.

        With `task.sampled` over the item that came and uniform negatives of the row (sampled softmax, Jean 2015,
        section 3.1): all are drawn alike, so the correction by how likely they were drawn is a constant and drops out.
        """
        targets, negatives = batch["targets"], batch.get("negatives")
        _, scores = module(batch["input_ids"], batch["attention_mask"], targets, negatives)
        truth = targets[targets != NOTHING]
        if negatives is not None:
            return cross_entropy(scores, torch.zeros_like(truth))
        return cross_entropy(scores, truth, smoothing=self.training.label_smoothing)

    def score(self, module: nn.Module, rows: Sequences) -> float:
        """NDCG@10 of each row's latest item among all items that are not in its history; a tie counts as a loss."""
        scores = compute_outputs(module, rows.encoded)[1].numpy()
        columns = {int(code): column for column, code in enumerate(self._codes())}
        total = 0.0
        for line, history, targets in zip(scores, rows.encoded, rows.targets, strict=True):
            own = line[targets[0]]
            line[[columns[code] for code in history.ids.tolist()]] = -np.inf
            line[targets[0]] = -np.inf
            place = 1 + int((line >= own).sum())
            total += 1 / np.log2(place + 1) if place <= TOP else 0.0
        return total / len(scores)

    def _codes(self) -> Indices:
        """The token of each item I64[items]; of a tokenizer with special ones, what stands between them."""
        at = min(self.tokenizer.specials, 1)
        return np.array([text.ids[at] for text in self.tokenizer.encode(list(self.items))], dtype=np.int64)
