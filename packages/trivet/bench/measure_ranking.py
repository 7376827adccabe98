"""Where each user's last item stands in a model's ranking, and NDCG again from the places that were kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from trivet.answers.next_item import NextItemFacts
from trivet.artifact.artifact import Artifact
from trivet.bench.measures import Measured
from trivet.bench.record import Baseline
from trivet.data.sources import open_dataset
from trivet.evaluation.compare import compare_paired
from trivet.evaluation.intervals import bootstrap_interval
from trivet.evaluation.metrics.ranking import ndcg_at_places
from trivet.judging.next_item import place_next
from trivet.recipe import Recipe
from trivet.settings import Settings

TOP = 10


def measure_ranking(artifact: Artifact, recipe: Recipe, settings: Settings, *, seed: int) -> Measured:
    """The place of every user's last item among all items, by the model and by simpler ways; whole users resampled."""
    assert isinstance(artifact.facts, NextItemFacts)
    dataset = open_dataset(recipe.data, settings)
    placed = place_next(artifact, artifact.facts, dataset, recipe.data, settings=settings)
    ours = ndcg_at_places(placed.places, TOP)
    baselines = {}
    for name, places in placed.baselines.items():
        theirs = ndcg_at_places(places, TOP)
        test = compare_paired(ours, theirs, seed=seed)
        baselines[name] = Baseline(value=float(theirs.mean()), paired_p=test.p)
    interval = bootstrap_interval(ours, seed=seed)
    kept = {
        "places": placed.places.tolist(),
        "items": placed.items,
        "baselines": {name: places.tolist() for name, places in placed.baselines.items()},
    }
    return Measured(kept, interval.low, interval.high, baselines)


def recompute_ndcg(kept: dict[str, Any]) -> float:
    """NDCG@10 of the places that were kept.

    Raises:
        ValueError: there are no users, or a place outside of the catalogue.
    """
    places = np.asarray(kept["places"], dtype=np.int64)
    if not len(places) or places.min() < 1 or places.max() > kept["items"]:
        raise ValueError("no users, or a place outside of the catalogue")
    return float(ndcg_at_places(places, TOP).mean())
