"""What is removed from a text, and how the weights follow from the answers to what is left."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from trivet.explain.occlusion import MOST_UNITS, Occlusion, occlude, without
from trivet.explain.words import split_words
from trivet.runtime.tokens import TextTokenizer


def test_each_word_is_removed_alone_and_with_the_next(tiny: Any) -> None:
    found = occlude("block my card!", tiny.tokenizer())
    assert found.variants == ("block my card!", "my card!", "block card!", "block my !", "card!", "block !")
    assert found.rows == 2 * 3
    assert [word.of(found.text) for word in found.words] == ["block", "my", "card"]


def test_the_only_word_leaves_an_empty_variant(tiny: Any) -> None:
    assert occlude("card", tiny.tokenizer()).variants == ("card", "")


def test_a_text_without_a_word_has_itself_alone(tiny: Any) -> None:
    found = occlude("?!", tiny.tokenizer())
    assert (found.variants, len(found.weigh([0.5]))) == (("?!",), 0)


def test_a_long_text_costs_no_more_than_a_bounded_number_of_rows(tiny: Any) -> None:
    tokenizer = TextTokenizer(tiny.source.path / "tokenizer.json", 5000)
    found = occlude(" ".join(["card"] * 1000), tokenizer)
    assert found.rows == 2 * MOST_UNITS
    assert [unit.start for unit in found.units[1:]] == [unit.stop for unit in found.units[:-1]]
    assert {len(unit) for unit in found.units} == {7, 8}
    assert len(found.weigh(np.zeros(found.rows))) == 1000


def test_words_that_the_model_does_not_read_are_left_out(tiny: Any) -> None:
    tokenizer = tiny.tokenizer()
    text = "card money " * 40
    found = occlude(text, tokenizer)
    assert len(found.words) == tokenizer.max_tokens - tokenizer.specials
    assert found.variants[0] == text[: found.words[-1].end]
    assert not any(one.truncated for one in tokenizer.encode(found.variants))


@pytest.mark.parametrize("values", [[0.1, -0.4, 2.0, 0.0], [0.3]])
def test_where_words_add_up_each_weighs_what_it_adds(tiny: Any, values: list[float]) -> None:
    text = " ".join(["card"] * len(values))
    found = occlude(text, tiny.tokenizer())
    sets = [(), *((at,) for at in range(len(values))), *pairwise(range(len(values)))]
    answers = [sum(values) - sum(values[at] for at in gone) for gone in sets]
    assert found.weigh(answers) == pytest.approx(values)


def test_of_two_neighbours_that_say_the_same_each_has_some(tiny: Any) -> None:
    # Either word alone keeps the answer at 1; without both it is 0. Leaving one out would find nothing.
    found = occlude("card card", tiny.tokenizer())
    assert found.weigh([1.0, 1.0, 1.0, 0.0]) == pytest.approx([0.5, 0.5])


def test_weights_are_shapley_values_among_neighbours() -> None:
    # By hand, of three words with an interaction of the first two.
    def worth(*kept: int) -> float:
        return 1.0 * (0 in kept and 1 in kept) + 0.25 * (2 in kept)

    text = "a b c"
    found = Occlusion(text, split_words(text), (range(1), range(1, 2), range(2, 3)), ("",) * 6)
    answers = [worth(0, 1, 2), worth(1, 2), worth(0, 2), worth(0, 1), worth(2), worth(0)]
    # a: alone 1, beside b 0. b: alone 1, beside a 0, beside c 1. c: alone 0.25, beside b 0.25.
    assert found.weigh(answers) == pytest.approx([0.5, 2 / 3, 0.25])


@pytest.mark.parametrize(("removed", "left"), [([], "a b, c"), ([0], "b, c"), ([1], "a , c"), ([0, 2], "b, ")])
def test_a_word_goes_with_the_space_after_it(removed: list[int], left: str) -> None:
    text = "a b, c"
    assert without(text, split_words(text), removed) == left
