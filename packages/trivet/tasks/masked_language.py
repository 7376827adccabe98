"""Masked language modelling: the encoder learns to tell hidden words of texts that have no labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional as F

from trivet.backbone.text import TextEncoder
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.noise import mask_tokens
from trivet.tasks.task import Batch, Indices
from trivet.tasks.vocabulary import draw_weights, share_told, word_embeddings
from trivet.tasks.words import WordRows, batch_words, draw_chances, read_words

if TYPE_CHECKING:
    import pandas as pd


class MaskedHead(nn.Module):
    """From the state of a hidden token to logits over the vocabulary: dense, GELU, norm, word embeddings (BERT's)."""

    def __init__(self, dim: int, vocabulary: int) -> None:
        super().__init__()
        self.dense = nn.Linear(dim, dim)
        self.norm = nn.LayerNorm(dim, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, states: torch.Tensor, embeddings: torch.Tensor) -> torch.Tensor:
        """Logits F32[K,V] of states F32[K,D] by the tied word embeddings F32[V,D]."""
        return F.linear(self.norm(F.gelu(self.dense(states))), embeddings, self.bias)


class MaskedLanguageModel(nn.Module):
    """The encoder with a head that serves training only."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = MaskedHead(encoder.dim, len(word_embeddings(encoder)))

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, chosen: torch.Tensor | None = None
    ) -> tuple[torch.Tensor]:
        """Embeddings F32[B,D]; with chosen bool[B,T] the logits F32[K,V] of those K tokens instead."""
        if chosen is None:
            return (self.encoder(input_ids, attention_mask),)
        states = self.encoder.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return (self.head(states[chosen], word_embeddings(self.encoder)),)


@dataclass(frozen=True)
class MaskedLanguageTask:
    """Tell the words that were hidden; `other_ids` I64[V'] are what a hidden word may be replaced by."""

    tokenizer: TextTokenizer
    training: TrainingRecipe
    mask_id: int
    other_ids: Indices
    rate: float
    whole_words: bool

    def prepare(self, frame: pd.DataFrame) -> WordRows:
        """Rows of the column text.

        Raises:
            DataError: no text has a word.
        """
        return read_words(list(frame["text"]), self.tokenizer, whole_words=self.whole_words, seed=self.training.seed)

    def module(self, encoder: TextEncoder) -> MaskedLanguageModel:
        """The encoder with a head that knows nothing yet."""
        return MaskedLanguageModel(encoder)

    def start(self, module: nn.Module, rows: WordRows) -> None:
        """The head as BERT draws its weights, from the recipe's seed."""
        assert isinstance(module, MaskedLanguageModel)
        draw_weights(module.head, seed=self.training.seed)

    def batch(self, rows: WordRows, indices: Indices) -> Batch:
        """See `batch_words`."""
        return batch_words(rows, indices, self.other_ids)

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """Cross-entropy of the hidden tokens, their mean; hidden anew each time while the module trains."""
        logits, truth = self._tell(module, batch)
        return F.cross_entropy(logits.float(), truth)

    def score(self, module: nn.Module, rows: WordRows) -> float:
        """Share of hidden tokens told right; the same tokens are hidden each time."""
        return share_told(self._tell, module, rows, self.other_ids)

    def _tell(self, module: nn.Module, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        spoilt, chosen = mask_tokens(
            batch["input_ids"],
            batch["other_ids"],
            draw_chances(batch, fresh=module.training),
            rate=self.rate,
            mask_id=self.mask_id,
        )
        (logits,) = module(spoilt, batch["attention_mask"], chosen)
        return logits, batch["input_ids"][chosen]
