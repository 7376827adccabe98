"""Oracles by brute force: all sequences of tags of a short text, tried one by one."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from trivet.answers.bio import best_path, count_tags, mark_spans, name_tags, read_runs, run_probabilities
from trivet.answers.spelling import Units

TYPES = 2
TAGS = count_tags(TYPES)


def valid(width: int) -> Iterator[tuple[int, ...]]:
    for tags in product(range(TAGS), repeat=width):
        pairs = zip((0, *tags), tags)
        if all(tag == 0 or tag % 2 or before in (tag, tag - 1) for before, tag in pairs):
            yield tags


def units(*ends: tuple[int, int]) -> Units:
    starts, stops = (np.array(side) for side in zip(*ends, strict=True))
    return Units(np.arange(len(ends)), starts, stops)


def test_tags_are_named_in_the_order_of_their_numbers() -> None:
    assert name_tags(("city", "time")) == ("O", "B-city", "I-city", "B-time", "I-time")


@pytest.mark.parametrize("seed", range(20))
def test_the_best_path_is_the_best_of_all_valid_ones(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(3, 4, TAGS)) * 3
    lengths = [4, 2, 1]
    found = best_path(scores, lengths)
    for row, length in enumerate(lengths):
        best = max(valid(length), key=lambda tags: sum(scores[row, at, tag] for at, tag in enumerate(tags)))
        assert tuple(found[row, :length]) == best
        assert not found[row, length:].any()


def test_an_inside_tag_never_follows_another_type_however_high_its_score() -> None:
    scores = np.zeros((1, 3, TAGS))
    scores[0, :, 4] = 50.0
    scores[0, 0, 1] = 60.0
    assert best_path(scores, [3]).tolist() == [[1, 3, 4]]


@pytest.mark.parametrize("seed", range(5))
def test_the_probability_of_a_span_is_that_of_all_sequences_with_it(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(4, TAGS))
    weights = {tags: np.exp(sum(scores[at, tag] for at, tag in enumerate(tags))) for tags in valid(4)}
    whole = sum(weights.values())
    runs = [(0, 1, 0), (1, 3, 1), (2, 4, 0), (0, 4, 1)]
    wanted = [sum(weight for tags, weight in weights.items() if run in read_runs(tags)) / whole for run in runs]
    np.testing.assert_allclose(run_probabilities(scores, runs), wanted, rtol=1e-9)


def test_spans_become_tags_and_tags_spans_again() -> None:
    pieces = units((0, 2), (3, 5), (6, 8), (8, 9))
    tags = mark_spans(pieces, [(3, 8, 1), (8, 9, 0)])
    assert tags.tolist() == [0, 3, 4, 1]
    assert read_runs(tags.tolist()) == [(1, 3, 1), (3, 4, 0)]


def test_of_two_spans_that_overlap_the_first_is_taught_and_of_two_that_begin_together_the_longer() -> None:
    pieces = units((0, 2), (3, 5), (6, 8))
    assert mark_spans(pieces, [(3, 8, 1), (0, 5, 0)]).tolist() == [1, 2, 0]
    assert mark_spans(pieces, [(0, 2, 0), (0, 8, 1)]).tolist() == [3, 4, 4]


def test_an_inside_tag_without_its_beginning_begins_a_span_as_conlleval_reads_it() -> None:
    assert read_runs([2, 2, 4, 0, 2]) == [(0, 2, 0), (2, 3, 1), (4, 5, 0)]
