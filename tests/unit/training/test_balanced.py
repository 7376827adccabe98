"""Batches for contrast: balanced, repeatable, and no list of pairs."""

import tracemalloc

import numpy as np

from trivet.training.balanced import Balanced


def test_every_batch_has_as_many_rows_of_each_of_its_classes() -> None:
    truth = np.repeat(np.arange(12), 8)
    for batch in Balanced(truth, classes=4, rows=4).plan(seed=0, epoch=0):
        assert len(batch) == 16
        assert set(np.bincount(truth[batch]).tolist()) <= {0, 4, 8}


def test_an_epoch_shows_every_row_once_where_classes_and_visits_divide_the_rows() -> None:
    truth = np.random.default_rng(0).permutation(np.repeat(np.arange(12), 8))
    shown = np.concatenate(Balanced(truth, classes=4, rows=4).plan(seed=3, epoch=1))
    assert np.bincount(shown, minlength=len(truth)).tolist() == [1] * len(truth)


def test_a_rare_class_comes_up_as_often_as_a_frequent_one() -> None:
    truth = np.array([0] * 300 + [1] * 3 + [2] * 297)
    shown = truth[np.concatenate(Balanced(truth, classes=3, rows=4).plan(seed=0, epoch=0))]
    assert np.bincount(shown).tolist() == [200, 200, 200]


def test_more_classes_a_batch_than_there_are_is_all_of_them() -> None:
    truth = np.array([0, 0, 1, 1])
    (batch,) = Balanced(truth, classes=16, rows=2).plan(seed=0, epoch=0)
    assert sorted(batch.tolist()) == [0, 1, 2, 3]


def test_batches_are_known_from_seed_and_epoch() -> None:
    balanced = Balanced(np.repeat(np.arange(10), 10), classes=5, rows=2)
    one, same = balanced.plan(seed=1, epoch=2), balanced.plan(seed=1, epoch=2)
    assert all(np.array_equal(left, right) for left, right in zip(one, same, strict=True))
    other = balanced.plan(seed=1, epoch=3)
    assert not all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


def test_memory_grows_with_the_rows_and_not_with_their_pairs() -> None:
    def peak(rows: int) -> int:
        truth = np.arange(rows) % 100
        tracemalloc.start()
        Balanced(truth, classes=16, rows=4).plan(seed=0, epoch=0)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    small, large = peak(10_000), peak(100_000)
    # A hundred thousand rows have five billion pairs of rows of different classes.
    assert large < 12 * small
    assert large < 20_000_000
