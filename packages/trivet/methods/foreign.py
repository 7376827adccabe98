"""Learns what is foreign to a classifier, where the recipe asks for more than the distance to its prototypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from trivet.data.dataset import Dataset
from trivet.data.splits import outlier_rows
from trivet.methods.promises import HeldOut
from trivet.recipe import Recipe
from trivet.trust.learn_novelty import Sample, fill, learn_novelty
from trivet.trust.yardstick import Yardstick

# Scores and embeddings of texts, by the graph and the head that serve.
Run = Callable[[Sequence[str]], Sample]


@dataclass(frozen=True)
class Foreign:
    """A yardstick, and the rows held out with the novelties that it gives them as if they were new."""

    yardstick: Yardstick | None
    held_out: HeldOut


def learn_foreign(
    recipe: Recipe, dataset: Dataset, learnt: Sample, judged: Sample | None, held_out: HeldOut, run: Run
) -> Foreign:
    """By the recipe's measure of novelty; `prototypes` need no yardstick, and `held_out` stays what it is.

    Without `judged` the rows learnt from are those held out, with out-of-fold scores.

    Raises:
        DataError: a bad row among those out of scope.
    """
    if recipe.trust.novelty == "prototypes":
        return Foreign(None, held_out)
    outliers = _outliers(recipe, dataset, run)
    yardstick, novelties = learn_novelty(recipe.trust, learnt, judged, outliers, seed=recipe.data.seed)
    return Foreign(yardstick, replace(held_out, novelties=novelties))


def learn_again(
    yardstick: Yardstick | None, recipe: Recipe, dataset: Dataset, learnt: Sample, run: Run
) -> Yardstick | None:
    """The same yardstick over refitted weights, which put every text elsewhere.

    Raises:
        DataError: a bad row among those out of scope.
    """
    if yardstick is None:
        return None
    return fill(yardstick, recipe.trust, learnt, _outliers(recipe, dataset, run), seed=recipe.data.seed)


def _outliers(recipe: Recipe, dataset: Dataset, run: Run) -> Sample | None:
    rows = outlier_rows(dataset) if recipe.trust.novelty == "combined" and recipe.trust.outliers else None
    return None if rows is None else run(list(rows["text"]))
