"""Measures of novelty: each by its formula, and all of them survive being saved."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from trivet.errors import ArtifactError, InputError
from trivet.recipe.trust import TrustRecipe
from trivet.trust.binary_logistic import fit_binary
from trivet.trust.gaussian import SHRINKAGE, Gaussian
from trivet.trust.learn_novelty import Sample, fill, learn_novelty
from trivet.trust.neighbours import Neighbours
from trivet.trust.yardstick import Blend, Yardstick, energy, load_yardstick

KINDS = ("max_probability", "energy", "mahalanobis", "neighbours", "combined")
MIDDLES = 3 * np.eye(3, 8)


def draw(rows: int, *, seed: int) -> Sample:
    """Three clusters in eight dimensions; scores are the negative distances to their middles."""
    rng = np.random.default_rng(seed)
    truth = np.arange(rows) % 3
    return sample(MIDDLES[truth] + rng.standard_normal((rows, 8)), truth)


def foreign(rows: int, *, seed: int) -> Sample:
    """A cluster of its own, far from the three."""
    rng = np.random.default_rng(seed)
    return sample(np.full(8, -1.5) + rng.standard_normal((rows, 8)), None)


def sample(embeddings: Any, truth: Any) -> Sample:
    distances = np.linalg.norm(embeddings[:, None] - MIDDLES[None], axis=2)
    return Sample(-distances, embeddings.astype(np.float32), truth)


def area(known: np.ndarray, strange: np.ndarray) -> float:
    """Share of pairs in which the foreign row is the more foreign one."""
    return float((strange[:, None] > known[None]).mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("apart", [False, True])
def test_foreign_rows_are_told_from_rows_held_out(kind: Any, apart: bool) -> None:
    trust = TrustRecipe(novelty=kind)
    learnt, held_out = draw(300, seed=0), draw(150, seed=1)
    yardstick, novelties = learn_novelty(trust, learnt, held_out if apart else None, foreign(40, seed=2), seed=0)
    known, strange = draw(300, seed=3), foreign(300, seed=4)
    ours = yardstick.measure(known.scores, known.embeddings)
    assert area(ours, yardstick.measure(strange.scores, strange.embeddings)) > 0.8
    assert len(novelties) == (150 if apart else 300)
    # What is held out is measured as if it were new.
    assert np.mean(novelties) == pytest.approx(float(ours.mean()), abs=0.35 * float(ours.std()))


def test_rows_known_to_be_foreign_help_the_combination() -> None:
    learnt, known, strange = draw(300, seed=0), draw(500, seed=3), foreign(500, seed=4)
    areas = []
    for outliers in (None, foreign(40, seed=2)):
        yardstick, _ = learn_novelty(TrustRecipe(novelty="combined"), learnt, None, outliers, seed=0)
        areas.append(area(*(yardstick.measure(one.scores, one.embeddings) for one in (known, strange))))
    assert areas[1] > areas[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_yardstick_measures_the_same(kind: Any) -> None:
    yardstick, _ = learn_novelty(TrustRecipe(novelty=kind), draw(90, seed=0), None, foreign(30, seed=1), seed=0)
    again = load_yardstick(json.loads(json.dumps(yardstick.describe())), yardstick.tensors())
    rows = draw(20, seed=5)
    np.testing.assert_array_equal(
        again.measure(rows.scores, rows.embeddings), yardstick.measure(rows.scores, rows.embeddings)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_gets_the_same_number_whoever_shares_its_batch(kind: Any) -> None:
    yardstick, _ = learn_novelty(TrustRecipe(novelty=kind), draw(90, seed=0), None, foreign(30, seed=1), seed=0)
    rows = draw(20, seed=5)
    alone = [yardstick.measure(rows.scores[at : at + 1], rows.embeddings[at : at + 1])[0] for at in range(20)]
    np.testing.assert_array_equal(yardstick.measure(rows.scores, rows.embeddings), alone)


def test_relative_distances_are_those_of_the_formula() -> None:
    rows = draw(200, seed=0)
    assert rows.truth is not None
    wide = rows.embeddings.astype(np.float64)
    means = np.stack([wide[rows.truth == label].mean(axis=0) for label in range(3)])

    def shrink(centred: np.ndarray) -> np.ndarray:
        covariance = np.cov(centred.T, bias=True)
        return (1 - SHRINKAGE) * covariance + SHRINKAGE * np.trace(covariance) / 8 * np.eye(8)

    within, between = np.linalg.inv(shrink(wide - means[rows.truth])), np.linalg.inv(shrink(wide))
    expected = [
        min((row - mean) @ within @ (row - mean) for mean in means)
        - (row - wide.mean(axis=0)) @ between @ (row - wide.mean(axis=0))
        for row in wide
    ]
    found = Gaussian.fit(rows.embeddings, rows.truth).measure(rows.embeddings)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_neighbours_are_those_of_scikit_learn() -> None:
    neighbors = pytest.importorskip("sklearn.neighbors")
    learnt, asked = draw(60, seed=0), draw(10, seed=1)
    ours = Neighbours.fit(learnt.embeddings, learnt.truth, count=4, most=1000, seed=0).measure(asked.embeddings)
    theirs = neighbors.NearestNeighbors(n_neighbors=4, metric="cosine").fit(learnt.embeddings)
    np.testing.assert_allclose(ours, theirs.kneighbors(asked.embeddings)[0].mean(axis=1), atol=1e-5)


def test_kept_neighbours_are_bounded_and_of_every_label() -> None:
    learnt = draw(300, seed=0)
    kept = Neighbours.fit(learnt.embeddings, learnt.truth, count=5, most=30, seed=0).rows
    assert len(kept) == 30
    places = (learnt.embeddings / np.linalg.norm(learnt.embeddings, axis=1, keepdims=True)) @ kept.T
    assert learnt.truth is not None
    assert np.bincount(learnt.truth[places.argmax(axis=0)]).tolist() == [10, 10, 10]


def test_energy_is_a_log_sum_of_exponentials() -> None:
    special = pytest.importorskip("scipy.special")
    scores = 50 * np.random.default_rng(0).standard_normal((10, 4))
    np.testing.assert_allclose(energy(scores, 0.3), -special.logsumexp(scores / 0.3, axis=1))


def test_the_line_is_that_of_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    rows = np.concatenate([draw(100, seed=0).embeddings, foreign(20, seed=1).embeddings])
    kinds = np.arange(120) >= 100
    weights, bias = fit_binary(rows, kinds, penalty=2.0)
    theirs = linear.LogisticRegression(C=0.5, class_weight="balanced", tol=1e-8, max_iter=2000).fit(rows, kinds)
    np.testing.assert_allclose(weights, theirs.coef_[0], atol=1e-4)
    assert bias == pytest.approx(theirs.intercept_[0], abs=1e-4)


def test_refitted_weights_keep_the_blend() -> None:
    trust = TrustRecipe(novelty="combined")
    yardstick, _ = learn_novelty(trust, draw(90, seed=0), None, foreign(30, seed=1), seed=0)
    again = fill(yardstick, trust, draw(120, seed=7), foreign(30, seed=1), seed=0)
    assert again.blend == yardstick.blend
    assert again.temperature == yardstick.temperature
    assert not np.array_equal(again.tensors()["centres"], yardstick.tensors()["centres"])


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"components": []}, "novelty.components"),
        ({"components": ["magic"]}, "novelty.components"),
        ({"blend": None}, "novelty.blend"),
        ({"blend": {"means": [0.0]}}, "novelty.blend"),
        ({"temperature": "warm"}, "novelty.temperature"),
        ({"temperature": -1.0}, "novelty.temperature"),
        ({"neighbours": 0}, "novelty.neighbours"),
    ],
)
def test_nonsense_is_named(change: dict[str, Any], where: str) -> None:
    yardstick, _ = learn_novelty(TrustRecipe(novelty="combined"), draw(90, seed=0), None, None, seed=0)
    with pytest.raises(ArtifactError) as caught:
        load_yardstick(yardstick.describe() | change, yardstick.tensors())
    assert caught.value.where == where


def test_a_tensor_that_is_missing_or_damaged_is_named() -> None:
    yardstick, _ = learn_novelty(TrustRecipe(novelty="combined"), draw(90, seed=0), None, None, seed=0)
    for name, rows in yardstick.tensors().items():
        for tensors in ({}, {name: rows[:, None]}, {name: np.full_like(rows, np.nan)}):
            rest = {other: one for other, one in yardstick.tensors().items() if other != name}
            with pytest.raises(ArtifactError, match="novelty"):
                load_yardstick(yardstick.describe(), rest | tensors)


def test_bad_input_is_named() -> None:
    single = Yardstick(("energy",), 1.0, blend=Blend((0.0,), (1.0,), (1.0,)))
    with pytest.raises(InputError, match="embeddings"):
        single.measure(np.eye(3), np.eye(2))
    with pytest.raises(InputError, match="one kind"):
        fit_binary(np.eye(3), [True, True, True], penalty=1.0)
    with pytest.raises(InputError, match="embeddings"):
        Gaussian.fit(np.eye(3), [0])
