"""Deletion curves by hand, and our order against chance."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.artifact.artifact import Artifact
from trivet.errors import InputError
from trivet.explain.attribution import attribute
from trivet.explain.faithfulness import measure_areas, measure_faithfulness, rank

TEXT = "please block my card now"


def test_an_area_is_the_mean_fall_of_the_probability(desk: Artifact) -> None:
    label = desk.predict([TEXT])[0].label
    (found,) = attribute(desk, [TEXT], [label])
    order = np.asarray([3, 0, 1, 2, 4])

    def chance(text: str) -> float:
        return dict(desk.predict([text], top=3)[0].ranking)[label]

    # A tenth and a fifth of five words are one word, 30 and 40 % two, half of them three.
    one, two, three = chance("please block my now"), chance("block my now"), chance("my now")
    expected = chance(TEXT) - (2 * one + 2 * two + three) / 5
    assert measure_areas(desk, TEXT, found, [order])[0] == pytest.approx(expected, abs=0.03)


def test_words_are_ranked_heaviest_first(desk: Artifact) -> None:
    (found,) = attribute(desk, [TEXT], [desk.predict([TEXT])[0].label])
    weights = [found.words[at].weight for at in rank(found)]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("which", ["desk", "desk_with_logits"])
def test_our_words_matter_more_than_random_ones(which: str, request: pytest.FixtureRequest, tiny) -> None:
    artifact = request.getfixturevalue(which)
    texts = [f"please {text} again" for text in tiny.texts]
    found = measure_faithfulness(artifact, texts, seed=0)
    assert len(found.ours) == len(found.random) == len(texts)
    assert found.comparison.difference == pytest.approx(np.mean(found.ours) - np.mean(found.random))
    assert found.comparison.low > 0
    assert measure_faithfulness(artifact, texts, seed=0) == found
    assert measure_faithfulness(artifact, texts, seed=1).ours == found.ours


def test_a_text_without_a_word_has_no_area(desk: Artifact) -> None:
    (found,) = attribute(desk, ["?!"], ["card"])
    assert measure_areas(desk, "?!", found, [rank(found)]) == [0.0]


def test_no_texts_are_refused(desk: Artifact) -> None:
    with pytest.raises(InputError):
        measure_faithfulness(desk, [], seed=0)
