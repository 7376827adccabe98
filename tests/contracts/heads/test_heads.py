"""What every head promises, whatever its kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from trivet.errors import ArtifactError, DataError, InputError
from trivet.heads.analytic import AnalyticHead
from trivet.heads.head import Head
from trivet.heads.load import load_head
from trivet.heads.logistic import LogisticHead
from trivet.heads.one_vs_rest import fit_one_vs_rest
from trivet.heads.prototypes import Prototypes
from trivet.heads.ridge import fit_ridge
from trivet.heads.rows import check_labels, check_truth


def hot(rows: NDArray[np.float32], truth: NDArray[np.int64], labels: Sequence[str]) -> NDArray[np.float64]:
    """Zeros and ones of one label a row, after the checks that a head on indices makes itself."""
    return np.eye(len(labels))[check_truth(truth, rows=len(rows), classes=len(check_labels(labels)))]


Fit = Callable[[NDArray[np.float32], NDArray[np.int64], Sequence[str]], Head]

FITS: dict[str, Fit] = {
    "prototypes": Prototypes.fit,
    "analytic": lambda rows, truth, labels: AnalyticHead.fit(
        rows, truth, labels, expansion=64, penalties=(0.1, 1.0), seed=0
    ),
    "analytic-without-expansion": lambda rows, truth, labels: AnalyticHead.fit(
        rows, truth, labels, expansion=0, penalties=(0.1,), seed=0
    ),
    "ridge": lambda rows, truth, labels: fit_ridge(
        rows, hot(rows, truth, labels), labels, expansion=64, penalties=(0.1, 1.0), seed=0
    ),
    "one-vs-rest": lambda rows, truth, labels: fit_one_vs_rest(
        rows, hot(rows, truth, labels), labels, penalties=(0.1, 1.0), seed=0
    ),
    "logistic": lambda rows, truth, labels: LogisticHead.fit(rows, truth, labels, penalties=(0.1, 1.0), seed=0),
}

LABELS = ("zebra", "apple", "mango")


@pytest.fixture(params=FITS, name="fit")
def _fit(request: pytest.FixtureRequest) -> Fit:
    return FITS[request.param]


def make_rows(count: int = 60, *, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit embeddings in three clusters around the first three axes of eight."""
    rng = np.random.default_rng(seed)
    truth = np.arange(count) % 3
    rows = np.eye(8)[truth] + 0.2 * rng.standard_normal((count, 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), truth


def test_it_tells_clusters_apart_that_it_has_not_seen(fit: Fit) -> None:
    head = fit(*make_rows(), LABELS)
    rows, truth = make_rows(seed=1)
    assert (head.scores(rows).argmax(axis=1) == truth).mean() > 0.95


def test_scores_are_float32_with_one_column_a_label_in_the_order_given(fit: Fit) -> None:
    head = fit(*make_rows(), LABELS)
    scores = head.scores(make_rows(7)[0])
    assert head.labels == LABELS
    assert scores.dtype == np.float32
    assert scores.shape == (7, 3)


def test_renaming_the_columns_moves_the_scores_with_them(fit: Fit) -> None:
    rows, truth = make_rows()
    order = np.array([2, 0, 1])
    plain = fit(rows, truth, LABELS).scores(rows)
    moved = fit(rows, np.argsort(order)[truth], [LABELS[at] for at in order]).scores(rows)
    np.testing.assert_allclose(moved, plain[:, order], atol=2e-3)


def test_a_saved_head_scores_bit_for_bit_as_before(fit: Fit) -> None:
    rows, truth = make_rows()
    head = fit(rows, truth, LABELS)
    again = load_head(json.loads(json.dumps(head.describe())), head.tensors())
    assert type(again) is type(head)
    assert again.labels == head.labels
    assert again.describe() == head.describe()
    np.testing.assert_array_equal(again.scores(rows), head.scores(rows))
    assert all(tensor.dtype == np.float32 for tensor in head.tensors().values())


def test_scores_do_not_depend_on_the_batch(fit: Fit) -> None:
    head = fit(*make_rows(), LABELS)
    rows, _ = make_rows(33, seed=2)
    together = head.scores(rows)
    alone = np.concatenate([head.scores(rows[at : at + 1]) for at in range(len(rows))])
    np.testing.assert_allclose(alone, together, atol=1e-6, rtol=1e-5)
    np.testing.assert_array_equal(alone.argmax(axis=1), together.argmax(axis=1))


def test_no_rows_give_no_scores(fit: Fit) -> None:
    assert fit(*make_rows(), LABELS).scores(np.zeros((0, 8), dtype=np.float32)).shape == (0, 3)


@pytest.mark.parametrize("shape", [(8,), (2, 3, 8), (4, 7), (4, 9)])
def test_embeddings_of_another_shape_are_refused(fit: Fit, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        fit(*make_rows(), LABELS).scores(np.zeros(shape, dtype=np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_row_that_is_not_finite_is_named(fit: Fit, value: float) -> None:
    rows, truth = make_rows()
    head = fit(rows, truth, LABELS)
    rows[5, 2] = value
    with pytest.raises(InputError, match="row 5"):
        head.scores(rows)
    with pytest.raises(InputError, match="row 5"):
        fit(rows, truth, LABELS)


def test_truth_that_does_not_fit_is_refused(fit: Fit) -> None:
    rows, truth = make_rows()
    with pytest.raises(DataError, match="60 embeddings"):
        fit(rows, truth[:-1], LABELS)
    with pytest.raises(DataError, match="label 2 of 2"):
        fit(rows, truth, LABELS[:2])
    with pytest.raises(DataError, match="index of a label"):
        fit(rows, truth + 0.5, LABELS)
    with pytest.raises(DataError, match="no rows"):
        fit(rows[:0], truth[:0], LABELS)
    with pytest.raises(DataError, match="twice"):
        fit(rows, truth, ("apple", "apple", "mango"))
    with pytest.raises(DataError, match="name"):
        fit(rows, truth, ())


def test_a_label_without_rows_is_never_the_answer(fit: Fit) -> None:
    rows, truth = make_rows()
    head = fit(rows, truth, (*LABELS, "unseen"))
    assert 3 not in head.scores(rows).argmax(axis=1)


def test_damage_in_the_saved_head_is_named(fit: Fit) -> None:
    head = fit(*make_rows(), LABELS)
    for name, tensor in head.tensors().items():
        with pytest.raises(ArtifactError, match=name):
            load_head(head.describe(), {key: value for key, value in head.tensors().items() if key != name})
        with pytest.raises(ArtifactError, match=name):
            load_head(head.describe(), {**head.tensors(), name: tensor[:-1]})
        with pytest.raises(ArtifactError, match=name):
            load_head(head.describe(), {**head.tensors(), name: np.full_like(tensor, np.nan)})
    with pytest.raises(ArtifactError, match="labels"):
        load_head({**head.describe(), "labels": ["a", "a", "b"]}, head.tensors())
    with pytest.raises(ArtifactError, match="kind"):
        load_head({**head.describe(), "kind": "oracle"}, head.tensors())
