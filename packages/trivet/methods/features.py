"""Embeddings by a graph that serves: of the frozen encoder, or of any exported one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trivet.encoders.catalogue import EncoderSource
from trivet.export.frozen import frozen_graph
from trivet.recipe import Recipe
from trivet.recipe.task import Tagging
from trivet.registry.start import choose_encoder
from trivet.runtime.engine import Precision
from trivet.runtime.graphs import GraphPool
from trivet.runtime.offline import run_sorted
from trivet.runtime.tokens import TextTokenizer
from trivet.settings import Settings


def open_tokenizer(source: EncoderSource, recipe: Recipe) -> TextTokenizer:
    """The encoder's tokenizer, cut at the recipe's number of tokens; for spans it keeps where tokens stand."""
    spelled = isinstance(recipe.task, Tagging)
    return TextTokenizer(source.path / "tokenizer.json", recipe.task.max_tokens, source.prefix, spelled=spelled)


def embed_frozen(recipe: Recipe, texts: Sequence[str], settings: Settings) -> np.ndarray:
    """Embeddings F32[N, D] of the texts by the recipe's encoder as it was before any training.

    Raises:
        EncoderError: the encoder is not to be found.
    """
    source = choose_encoder(recipe.encoder, settings)
    graph = frozen_graph(source, settings, recipe.export)
    return run_graph(graph, open_tokenizer(source, recipe), texts, recipe.export.precision, settings)["embedding"]


def run_graph(
    graph: Path, tokenizer: TextTokenizer, texts: Sequence[str], precision: Precision, settings: Settings
) -> dict[str, np.ndarray]:
    """Outputs [N, ...] of an exported graph in one precision, in the order of the texts."""
    pool = GraphPool()
    loaded = pool.acquire(graph, precision=precision, threads=settings.threads)
    try:
        return run_sorted(loaded.engine, tokenizer.encode(list(texts)))
    finally:
        pool.release(loaded)
