"""A small causal transformer over items, the latest first: what a next-item model has in the place of BERT."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import nn

from trivet.backbone.text import TextEncoder


@dataclass(frozen=True)
class SequenceConfig:
    """Shape of a sequence encoder; `vocabulary` counts padding and the unknown, `length` is the longest history."""

    vocabulary: int
    hidden_size: int
    layers: int
    heads: int
    length: int

    def save_pretrained(self, folder: Path) -> None:
        """Writes config.json."""
        text = json.dumps({"model_type": "trivet-sequence", **asdict(self)}, indent=1)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")


class Block(nn.Module):
    """Attention and a feed-forward layer, each normalised before; a learnt bias a head for every distance."""

    def __init__(self, config: SequenceConfig, *, dropout: float) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.heads
        self.attention_norm, self.forward_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        # A bias and no embedding of places: a step then means the same wherever in a history it stands.
        self.distance_bias = nn.Parameter(torch.zeros(config.heads, config.length))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor, distances: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
        """x F32[B,T,D], distances I64[T,T], allowed bool[B,1,T,T]: who may look at whom."""
        batch, length, width = x.shape
        size = width // self.heads
        parts = self.query_key_value(self.attention_norm(x)).view(batch, length, 3, self.heads, size)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        weights = query @ key.transpose(-1, -2) / size**0.5 + self.distance_bias[:, distances]
        weights = self.dropout(weights.masked_fill(~allowed, -1e9).softmax(dim=-1))
        x = x + self.dropout(self.output((weights @ value).transpose(1, 2).reshape(batch, length, width)))
        return x + self.dropout(self.down(nn.functional.gelu(self.up(self.forward_norm(x)))))


class SequenceTransformer(nn.Module):
    """Like SASRec (Kang and McAuley 2018): an item sees itself and what came before it, which stands to its right."""

    def __init__(self, config: SequenceConfig, *, dropout: float) -> None:
        super().__init__()
        self.config = config
        self.item_embeddings = nn.Embedding(config.vocabulary, config.hidden_size)
        nn.init.normal_(self.item_embeddings.weight, std=config.hidden_size**-0.5)
        self.blocks = nn.ModuleList(Block(config, dropout=dropout) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.hidden_size)
        self.dropout = nn.Dropout(dropout)

    def get_input_embeddings(self) -> nn.Embedding:
        """The table of items, as transformers calls it."""
        return self.item_embeddings

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> SimpleNamespace:
        """`last_hidden_state` F32[B,T,D] of ids and mask I64[B,T], the latest item first, padding last."""
        places = torch.arange(input_ids.shape[1], device=input_ids.device)
        steps = places[None, :] - places[:, None]
        allowed = (steps >= 0)[None, None] & (attention_mask > 0)[:, None, None, :]
        distances = steps.clamp(min=0, max=self.config.length - 1)
        x = self.dropout(self.item_embeddings(input_ids))
        for block in self.blocks:
            x = block(x, distances, allowed)
        return SimpleNamespace(last_hidden_state=self.norm(x))


def sequence_encoder(config: SequenceConfig, *, dropout: float, start: torch.Tensor | None = None) -> TextEncoder:
    """An encoder of histories, pooled at the latest item; random weights of the caller's random state.

    `start` F32[items, D] are the first embeddings of the items, whose ids end the vocabulary; special ids start at 0.
    """
    model = SequenceTransformer(config, dropout=dropout)
    with torch.no_grad():
        if start is not None:
            model.item_embeddings.weight[config.vocabulary - len(start) :] = start
            model.item_embeddings.weight[: config.vocabulary - len(start)] = 0.0
    return TextEncoder(model, pooling="cls")
