"""At serving the encoder reads of an item what it read in training."""

from __future__ import annotations

import pytest

from trivet.data.interactions import compose_text as compose_for_training
from trivet_recommend.item_text import categories_of, compose_text


@pytest.mark.parametrize(
    "parts",
    [
        ("Toy Story (1995)", "", "Animation, Comedy"),
        ("Boot.", "A boot for snow. ", "Footwear"),
        ("", "only this", ""),
        ("  Spaces  ", "\n", "x."),
    ],
)
def test_the_text_is_put_together_as_for_training(parts):
    assert compose_text(*parts) == compose_for_training(*parts)


def test_categories_are_told_apart_whatever_their_case():
    assert categories_of("Crime, Film noir ,") == {"crime", "film noir"}
