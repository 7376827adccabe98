"""Denoising auto-encoder (TSDAE): the embedding of a spoilt text must hold enough to write the whole text again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional as F

from trivet.backbone.text import TextEncoder
from trivet.recipe.training import TrainingRecipe
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.noise import delete_tokens
from trivet.tasks.task import Batch, Indices
from trivet.tasks.vocabulary import draw_weights, share_told, word_embeddings
from trivet.tasks.words import WordRows, batch_words, draw_chances, read_words

if TYPE_CHECKING:
    import pandas as pd


class Writer(nn.Module):
    """Writes a text, token after token, from its embedding: one transformer layer over the encoder's word embeddings.

    Wang 2021 ties a decoder as deep as the encoder to it. Here only the word embeddings are tied: one layer is a
    quarter of the work, fits every family of encoders, and is too weak to write a text without its embedding.
    """

    def __init__(self, dim: int, heads: int, tokens: int, vocabulary: int, *, dropout: float) -> None:
        super().__init__()
        self.positions = nn.Embedding(tokens, dim)
        self.norm = nn.LayerNorm(dim, eps=1e-12)
        self.layer = nn.TransformerDecoderLayer(
            dim, heads, 4 * dim, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.last = nn.LayerNorm(dim, eps=1e-12)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, embedding: torch.Tensor, written: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
        """Logits F32[B,T,V] of the token after each one of `written` I64[B,T], of which it sees none that follow."""
        places = torch.arange(written.shape[1], device=written.device)
        states = self.norm(F.embedding(written, table) + self.positions(places))
        later = torch.ones(len(places), len(places), dtype=torch.bool, device=written.device).triu(1)
        states = self.layer(states, embedding.unsqueeze(1), tgt_mask=later)
        return F.linear(self.last(states), table, self.bias)


class Denoiser(nn.Module):
    """The encoder with a writer that serves training only."""

    def __init__(self, encoder: TextEncoder, *, tokens: int, dropout: float) -> None:
        super().__init__()
        config: Any = encoder.model.config
        self.encoder = encoder
        self.head = Writer(
            encoder.dim, config.num_attention_heads, tokens, len(word_embeddings(encoder)), dropout=dropout
        )

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, written: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, ...]:
        """Embeddings F32[B,D]; with written I64[B,T] also the logits F32[B,T,V] of the token after each of them."""
        embedding = self.encoder(input_ids, attention_mask)
        if written is None:
            return (embedding,)
        return embedding, self.head(embedding, written, word_embeddings(self.encoder))


@dataclass(frozen=True)
class DenoisingTask:
    """Write a text from the embedding of what is left of it."""

    tokenizer: TextTokenizer
    training: TrainingRecipe
    other_ids: Indices
    rate: float

    def prepare(self, frame: pd.DataFrame) -> WordRows:
        """Rows of the column text.

        Raises:
            DataError: no text has a word.
        """
        return read_words(list(frame["text"]), self.tokenizer, whole_words=True, seed=self.training.seed)

    def module(self, encoder: TextEncoder) -> Denoiser:
        """The encoder with a writer that knows nothing yet."""
        return Denoiser(encoder, tokens=self.tokenizer.max_tokens, dropout=self.training.dropout)

    def start(self, module: nn.Module, rows: WordRows) -> None:
        """The writer as BERT draws its weights, from the recipe's seed."""
        assert isinstance(module, Denoiser)
        draw_weights(module.head, seed=self.training.seed)

    def batch(self, rows: WordRows, indices: Indices) -> Batch:
        """See `batch_words`."""
        return batch_words(rows, indices, self.other_ids)

    def loss(self, module: nn.Module, batch: Batch) -> torch.Tensor:
        """Cross-entropy of each next token, their mean; other words are deleted each time while the module trains."""
        logits, truth = self._tell(module, batch)
        return F.cross_entropy(logits.float(), truth)

    def score(self, module: nn.Module, rows: WordRows) -> float:
        """Share of next tokens told right, the true ones before it given; the same words are deleted each time."""
        return share_told(self._tell, module, rows, self.other_ids)

    def _tell(self, module: nn.Module, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        ids, mask = batch["input_ids"], batch["attention_mask"]
        left, left_mask = delete_tokens(ids, mask, draw_chances(batch, fresh=module.training), rate=self.rate)
        # Longest rows fill the position table; the padding behind them is not written.
        width = int(mask.sum(dim=1).max())
        _, logits = module(left, left_mask, ids[:, : width - 1])
        followed = mask[:, 1:width] == 1
        return logits[followed], ids[:, 1:width][followed]
