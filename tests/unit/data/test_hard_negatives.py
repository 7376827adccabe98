"""Hard negatives against a plain search over all pairs, and within bounded memory."""

import tracemalloc

import numpy as np
import pytest

from trivet.data.hard_negatives import ROWS, TEXTS, Margin, code_texts, mine_hard_negatives
from trivet.errors import DataError


def unit(rows: int, dim: int, *, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(rows, dim)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def search(anchors: np.ndarray, positives: np.ndarray, embeddings: np.ndarray, count: int, margin: Margin) -> list:
    """The same by hand: every anchor against every candidate."""
    found = []
    for anchor, positive in zip(anchors.tolist(), positives.tolist(), strict=True):
        own = embeddings[anchor] @ embeddings[positive]
        limit = min(own - margin.absolute, own - abs(own) * margin.relative)
        known = {anchor, *(p for a, p in zip(anchors.tolist(), positives.tolist(), strict=True) if a == anchor)}
        open_ = [text for text in sorted(set(positives.tolist())) if text not in known]
        scored = [(float(embeddings[anchor] @ embeddings[text]), text) for text in open_]
        found.append([text for score, text in sorted(scored, key=lambda one: -one[0]) if score <= limit][:count])
    return found


@pytest.mark.parametrize("margin", [Margin(), Margin(absolute=0.2), Margin(relative=0.5), Margin(0.1, 0.3)])
def test_the_negatives_are_those_of_a_search_over_all_pairs(margin: Margin, monkeypatch: pytest.MonkeyPatch) -> None:
    # Small blocks, so that several of them are merged.
    monkeypatch.setattr("trivet.data.hard_negatives.ROWS", 7)
    monkeypatch.setattr("trivet.data.hard_negatives.TEXTS", 5)
    random, embeddings = np.random.default_rng(0), unit(40, 6, seed=1)
    anchors, positives = random.integers(40, size=60), random.integers(40, size=60)
    mined = mine_hard_negatives(anchors, positives, embeddings, count=3, margin=margin, seed=0)
    for row, expected in zip(mined.tolist(), search(anchors, positives, embeddings, 3, margin), strict=True):
        assert row[: len(expected)] == expected


def test_no_negative_is_the_anchor_or_one_of_its_positives_even_where_it_is_drawn() -> None:
    embeddings = unit(12, 4, seed=2)
    anchors, positives = np.repeat(np.arange(4), 3), np.arange(12)
    # Nothing lies two cosines below: all are drawn.
    mined = mine_hard_negatives(anchors, positives, embeddings, count=4, margin=Margin(absolute=1.99), seed=3)
    for anchor, row in zip(anchors.tolist(), mined.tolist(), strict=True):
        assert len(set(row)) == 4
        assert not {anchor, *positives[anchors == anchor].tolist()} & set(row)


def test_an_anchor_of_almost_everything_is_refused() -> None:
    with pytest.raises(DataError, match="all but 0 texts, so 2 negatives"):
        mine_hard_negatives(
            np.zeros(3, dtype=np.int64), np.arange(3), unit(3, 4, seed=0), count=2, margin=Margin(), seed=0
        )


def test_the_margins_are_those_of_sentence_transformers() -> None:
    """Both margins hold at once; the relative one is a share of the magnitude, so that it also lowers a negative."""
    positives = np.array([0.8, -0.4], dtype=np.float32)
    np.testing.assert_allclose(Margin(relative=0.05).limit(positives), [0.76, -0.42], rtol=1e-6)
    np.testing.assert_allclose(Margin(absolute=0.1, relative=0.05).limit(positives), [0.7, -0.5], rtol=1e-6)


def test_mining_never_holds_all_pairs() -> None:
    rows = 16 * ROWS
    embeddings, random = unit(2 * rows, 8, seed=4), np.random.default_rng(5)
    anchors, positives = np.arange(rows), random.permutation(rows) + rows
    tracemalloc.start()
    mine_hard_negatives(anchors, positives, embeddings, count=2, margin=Margin(), seed=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # One block of cosines and its copies for the search: the same for any number of rows.
    assert peak < 24 * ROWS * TEXTS < rows * rows * 4


def test_texts_get_one_code_each_across_the_columns() -> None:
    texts, (left, right) = code_texts([["a", "b", "a"], ["b", "c", "a"]])
    assert texts == ["a", "b", "c"]
    assert left.tolist() == [0, 1, 0]
    assert right.tolist() == [1, 2, 0]
