"""Spans of a text by type: the torch half, a tag for every word or token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from trivet.answers.bio import OUTSIDE, count_tags, name_tags
from trivet.answers.spelling import Units, find_units
from trivet.answers.tagging import SpanKey, align_spans, find_paths, read_spans
from trivet.backbone.precision import full_precision
from trivet.backbone.text import TextEncoder
from trivet.data.tagged import check_spans, read_texts
from trivet.errors import DataError
from trivet.evaluation.metrics.spans import span_f1
from trivet.recipe.task import Tagging
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import Encoded, TextTokenizer, pad
from trivet.tasks.losses import cross_entropy
from trivet.tasks.task import Batch, Indices

if TYPE_CHECKING:
    import pandas as pd

# Mark of a token without a tag: padding, a special token, or a further piece of a word.
UNTAGGED = -100
SCORED_AT_ONCE = 64


@dataclass(frozen=True)
class TaggedRows:
    """Tokenised texts with their pieces, the tag of each piece, and the true spans."""

    encoded: Sequence[Encoded]
    units: Sequence[Units]
    tags: Sequence[Indices]
    spans: Sequence[tuple[SpanKey, ...]]

    @property
    def lengths(self) -> Indices:
        """Tokens a row I64[N]."""
        return np.array([len(text.ids) for text in self.encoded], dtype=np.int64)


class Tagger(nn.Module):
    """A linear layer on the state of every token: scores = W h + b."""

    def __init__(self, encoder: TextEncoder, tags: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.dim, tags)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Embeddings F32[B,D] and scores of the tags F32[B,T,C]."""
        states = self.encoder.states(input_ids, attention_mask)
        with full_precision(states):
            return self.encoder.pool(states, attention_mask), self.head(states)


@dataclass(frozen=True)
class TaggingTask:
    """Spans of these types; `weights` F32[C] count the tags, None: as often as they occur."""

    types: tuple[str, ...]
    tokenizer: TextTokenizer
    recipe: Tagging
    training: TrainingRecipe
    weights: torch.Tensor | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The tags in the order of the scores."""
        return name_tags(self.types)

    def prepare(self, frame: pd.DataFrame) -> TaggedRows:
        """Rows of the columns text, spans and, where there is one, context.

        A span of a type that the task does not know is one that it will miss.

        Raises:
            DataError: there are no rows.
        """
        if not len(frame):
            raise DataError("there are no rows.", where="text", todo="Give at least one row with spans.")
        index = {name: at for at, name in enumerate(self.types)}
        encoded = self.tokenizer.encode(read_texts(frame))
        units = [self._units(text) for text in encoded]
        spans = tuple(frame["spans"])
        tags = [align_spans(one, keys, index) for one, keys in zip(units, spans, strict=True)]
        return TaggedRows(encoded, units, tags, spans)

    def module(self, encoder: TextEncoder) -> Tagger:
        """A tagger whose head knows nothing yet."""
        return Tagger(encoder, count_tags(len(self.types)))

    def start(self, module: nn.Module, rows: TaggedRows) -> None:
        """Starts the head at how often each tag occurs, so that the first steps do not tear at the encoder."""
        assert isinstance(module, Tagger)
        counts = _count_tags(rows, count_tags(len(self.types)))
        with torch.no_grad():
            module.head.weight.zero_()
            module.head.bias.copy_(torch.from_numpy(np.log((counts + 1) / (counts + 1).sum()).astype(np.float32)))

    def batch(self, rows: TaggedRows, indices: Indices) -> Batch:
        """input_ids and attention_mask I64[B,T], and the tag of each token I64[B,T], -100 where it has none."""
        ids, mask = pad([rows.encoded[index] for index in indices])
        truth = np.full_like(ids, UNTAGGED)
        for row, index in enumerate(indices):
            truth[row, rows.units[index].tokens] = rows.tags[index]
        return {
            "input_ids": torch.from_numpy(ids),
            "attention_mask": torch.from_numpy(mask),
            "truth": torch.from_numpy(truth),
        }

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """Cross-entropy over the tokens that have a tag, as the recipe smooths and weighs it."""
        _, scores = module(batch["input_ids"], batch["attention_mask"])
        truth = batch["truth"]
        tagged = truth != UNTAGGED
        if not tagged.any():
            return scores.float().sum() * 0
        weights = None if self.weights is None else self.weights.to(scores.device)
        return cross_entropy(scores[tagged], truth[tagged], smoothing=self.training.label_smoothing, weights=weights)

    def score(self, module: nn.Module, rows: TaggedRows) -> float:
        """F1 of whole spans over all types together; 1 where there are none and none were found."""
        found = [
            read_spans(units, path.tolist(), self.types)
            for units, path in zip(rows.units, self._paths(module, rows), strict=True)
        ]
        return span_f1(rows.spans, found)

    def _paths(self, module: nn.Module, rows: TaggedRows) -> list[np.ndarray]:
        device = next(module.parameters()).device
        was_training = module.training
        module.eval()
        order = np.argsort(rows.lengths, kind="stable")
        paths: list[np.ndarray] = [np.zeros(0, dtype=np.int64)] * len(order)
        with torch.no_grad():
            for at in range(0, len(order), SCORED_AT_ONCE):
                chosen = order[at : at + SCORED_AT_ONCE]
                ids, mask = pad([rows.encoded[index] for index in chosen])
                scores = module(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))[1]
                table = scores.float().cpu().numpy()
                picked = [table[row, rows.units[index].tokens] for row, index in enumerate(chosen)]
                for index, path in zip(chosen, find_paths(picked, count_tags(len(self.types))), strict=True):
                    paths[index] = path
        module.train(was_training)
        return paths

    def _units(self, text: Encoded) -> Units:
        assert text.spelling is not None, "a tagger's tokenizer keeps where tokens stand"
        return find_units(text.spelling, self.recipe.subtokens)


def tagging_task(
    frame: pd.DataFrame, tokenizer: TextTokenizer, recipe: Tagging, training: TrainingRecipe
) -> TaggingTask:
    """The task of finding spans of the types that these training rows have, in alphabetical order.

    Raises:
        DataError: the rows have no column of spans, or no row has a span.
    """
    types = tuple(sorted({label for spans in check_spans(frame)["spans"] for _, _, label in spans}))
    if not types:
        raise DataError("no training row has a span.", where="spans", todo="Add rows with spans.")
    task = TaggingTask(types, tokenizer, recipe, training)
    if training.class_weights == "none":
        return task
    counts = np.maximum(_count_tags(task.prepare(frame), count_tags(len(types))), 1)
    weights = torch.from_numpy((counts.sum() / (len(counts) * counts)).astype(np.float32))
    return TaggingTask(types, tokenizer, recipe, training, weights)


def _count_tags(rows: TaggedRows, tags: int) -> Indices:
    every = np.concatenate([*rows.tags, np.array([OUTSIDE], dtype=np.int64)])
    return np.bincount(every, minlength=tags).astype(np.int64)
