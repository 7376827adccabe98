"""Ways to rank a catalogue, on histories whose right answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from trivet.answers.similarity import Shares
from trivet.evaluation.rankers import Blend, place_targets, rank_by_neighbours, rank_by_popularity, rank_by_text

# Two circles of users who never touch each other's items: 0-2 and 3-5.
HISTORIES = [[0, 1], [0, 2], [1, 2], [3, 4], [3, 5], [4, 5], [3, 4]]


def test_popularity_counts_users_and_not_touches() -> None:
    assert rank_by_popularity([[0, 0, 0], [1], [1]], 3)([]).tolist() == [1.0, 2.0, 0.0]


def test_neighbours_stay_in_the_circle_of_the_history() -> None:
    scores = rank_by_neighbours(HISTORIES, 6)([0])
    assert (scores[[1, 2]] > 0).all()
    assert (scores[[0, 3, 4, 5]] == 0).all()
    # Of two users each, one touched both: a cosine of 1 / (sqrt(2) * sqrt(2)).
    np.testing.assert_allclose(scores[1], 0.5)


def test_only_the_nearest_neighbours_count() -> None:
    scores = rank_by_neighbours([[0, 1], [0, 1], [0, 2], [1], [2], [2]], 3, neighbours=1)([0])
    assert scores[1] > 0
    assert scores[2] == 0


def test_the_latest_text_weighs_most() -> None:
    rank = rank_by_text(np.eye(3), half_life=1.0)
    scores = rank([0, 1])
    assert scores[1] == 2 * scores[0] > scores[2] == 0.0


def test_a_place_counts_ties_against_the_target_and_leaves_the_history_out() -> None:
    rank = rank_by_popularity(HISTORIES, 6)
    # Counts are 2, 2, 2, 3, 3, 2: of equal ones the target comes last.
    assert place_targets(rank, [[3], []], [0, 3]).tolist() == [5, 2]
    assert place_targets(rank, [[3]], [0], mask_history=False).tolist() == [6]
    assert place_targets(rank, [[3, 4]], [3]).tolist() == [1]


def test_a_blend_weighs_three_scores_that_are_at_most_one() -> None:
    blend = Blend(rank_by_neighbours(HISTORIES, 6), rank_by_text(np.eye(6)), rank_by_popularity(HISTORIES, 6))
    parts = blend.parts([0])
    assert parts.shape == (3, 6)
    assert parts.max(axis=1) == pytest.approx([1.0, 1.0, 1.0])
    scores = blend.ranker(Shares(together=1.0, alike=2.0, popular=0.5))([0])
    np.testing.assert_allclose(scores, parts[0] + 2.0 * parts[1] + 0.5 * parts[2])


def test_the_shares_are_those_that_rank_what_came_next_best() -> None:
    # The next item is always the one whose text is alike; neighbours and popularity say otherwise.
    alike = np.eye(6)[[0, 0, 1, 2, 3, 4]]
    blend = Blend(rank_by_neighbours(HISTORIES, 6), rank_by_text(alike), rank_by_popularity(HISTORIES, 6))
    candidates = (Shares(1.0, 0.0, 0.0), Shares(0.0, 0.0, 1.0), Shares(0.0, 1.0, 0.0))
    assert blend.choose_shares(candidates, [[0], [0]], [1, 1], top=1) == candidates[2]


def test_of_shares_that_rank_alike_the_first_is_taken() -> None:
    flat = rank_by_text(np.zeros((6, 2)))
    candidates = (Shares(0.0, 1.0, 0.0), Shares(0.0, 2.0, 0.0))
    assert Blend(flat, flat, flat).choose_shares(candidates, [[0]], [1], top=3) == candidates[0]
