"""The encoder that a recipe asks for, with the recipe's own pooling and prefix where it has them."""

from __future__ import annotations

from dataclasses import replace

from trivet.encoders.catalogue import EncoderSource, find_encoder
from trivet.recipe.encoder import EncoderRecipe
from trivet.settings import Settings


def choose_encoder(recipe: EncoderRecipe, settings: Settings) -> EncoderSource:
    """Where the recipe's encoder lies and how it is read.

    Raises:
        EncoderError: it is not to be found.
    """
    source = find_encoder(recipe.name, settings)
    return replace(source, pooling=recipe.pooling or source.pooling, prefix=recipe.prefix or source.prefix)
