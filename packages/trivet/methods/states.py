"""The states of words by the encoder as it was before training: what a simpler tagger looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trivet.answers.spelling import Units, find_units
from trivet.methods.features import open_tokenizer
from trivet.recipe import Recipe
from trivet.recipe.task import Tagging
from trivet.registry.start import choose_encoder
from trivet.runtime.tokens import pad
from trivet.settings import Settings

BATCH = 32


@dataclass(frozen=True)
class Worded:
    """The pieces of a text, what they read, and their states F32[U,D]; no states where they were not asked for."""

    units: Units
    words: tuple[str, ...]
    states: np.ndarray


def read_words(recipe: Recipe, texts: Sequence[str], settings: Settings, *, states: bool) -> list[Worded]:
    """The pieces of texts (contexts in front) as the recipe's encoder cuts them, with its untrained states if asked.

    Raises:
        EncoderError: the encoder is not to be found or cannot be read.
    """
    assert isinstance(recipe.task, Tagging)
    source = choose_encoder(recipe.encoder, settings)
    encoded = open_tokenizer(source, recipe).encode(list(texts))
    found: list[np.ndarray] = [np.zeros((0, source.dim), dtype=np.float32)] * len(encoded)
    spelled = [text.spelling for text in encoded if text.spelling is not None]
    units = [find_units(spelling, recipe.task.subtokens) for spelling in spelled]
    if states:
        import torch

        from trivet.backbone.text import load_encoder

        torch.set_num_threads(settings.threads)
        encoder = load_encoder(source, dropout=0.0).eval()
        order = np.argsort([len(text.ids) for text in encoded], kind="stable")
        with torch.no_grad():
            for at in range(0, len(order), BATCH):
                chosen = order[at : at + BATCH]
                ids, mask = pad([encoded[index] for index in chosen])
                table = encoder.states(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
                for row, index in enumerate(chosen):
                    found[index] = table[row, units[index].tokens]
    words = [
        tuple(one.text[start:end] for start, end in zip(piece.starts, piece.ends, strict=True))
        for one, piece in zip(spelled, units, strict=True)
    ]
    return [Worded(*parts) for parts in zip(units, words, found, strict=True)]
