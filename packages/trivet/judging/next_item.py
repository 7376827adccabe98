"""The next item by the history: each user's last one held out, the whole catalogue ranked, the history left out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trivet.answers.next_item import NextItemFacts
from trivet.artifact.artifact import Artifact
from trivet.data.dataset import Dataset
from trivet.data.histories import Histories, all_histories, hold_out_last
from trivet.data.sequences import write_history
from trivet.data.sources import open_dataset
from trivet.data.splits import catalogue_rows, test_rows, training_rows
from trivet.errors import DataError
from trivet.evaluation.build import build_ranking_report
from trivet.evaluation.metrics.ranking import hit_rate_at_places, ndcg_at_places
from trivet.evaluation.rankers import Ranker, place_targets, rank_by_neighbours, rank_by_popularity, rank_by_text
from trivet.evaluation.report import Report
from trivet.judging.case import Case
from trivet.methods.features import embed_frozen
from trivet.recipe import Recipe
from trivet.recipe.data import DataRecipe
from trivet.runtime.offline import run_sorted
from trivet.settings import Settings

TOP = 10
POPULAR, NEIGHBOURS, FROZEN_TEXT = "popular", "item-knn", "frozen-text"
PROTOCOL = "leave one out, full ranking, history masked, ties against the target"


@dataclass(frozen=True)
class Placed:
    """Users, what came before, and the place (from 1) of each one's last item, by the model and by simpler ways."""

    users: tuple[str, ...]
    before: tuple[tuple[int, ...], ...]
    items: int
    places: np.ndarray
    baselines: dict[str, np.ndarray]
    seconds: float


def judge_next_item(case: Case, facts: NextItemFacts) -> Report:
    """The report of a next-item model, beside popularity, item-kNN and the frozen encoder of texts.

    Raises:
        DataError: the rows are missing or bad, or the catalogue is not the one that the model learnt.
    """
    placed = place_next(
        case.artifact, facts, case.dataset, case.data, settings=case.settings, with_baselines=case.with_baselines
    )
    return build_ranking_report(
        case.subject,
        placed.users,
        {
            f"ndcg@{TOP}": ndcg_at_places(placed.places, TOP).tolist(),
            f"hr@{TOP}": hit_rate_at_places(placed.places, TOP).tolist(),
        },
        baselines={name: ndcg_at_places(places, TOP).tolist() for name, places in placed.baselines.items()},
        columns={"history": [_length(history) for history in placed.before]},
        seconds=placed.seconds,
        notes={"protocol": PROTOCOL, "items": str(placed.items)},
        seed=case.data.seed,
    )


def place_next(
    artifact: Artifact,
    facts: NextItemFacts,
    dataset: Dataset,
    data: DataRecipe,
    *,
    settings: Settings,
    with_baselines: bool = True,
) -> Placed:
    """Where each user's last item stands among all items, by the model and by ways that need no sequences.

    Simpler ways learn from the training rows of the model's own recipe.

    Raises:
        DataError: the catalogue is not the one that the model learnt.
    """
    items = catalogue_rows(dataset, data)
    if tuple(items["item"]) != facts.items:
        raise DataError(
            f"the catalogue has {len(items)} items, the model learnt {len(facts.items)}, not the same in this order.",
            where="items",
            todo="Judge it on the set it was trained on, with the same data.core.",
        )
    asked = hold_out_last(training_rows(dataset, data), test_rows(dataset, data), items)
    began = time.perf_counter()
    places = place_targets(rank_by_scores(score_histories(artifact, asked)), asked.before, asked.targets)
    seconds = time.perf_counter() - began
    rankers = _simpler(artifact.recipe, settings) if with_baselines else {}
    baselines = {name: place_targets(ranker, asked.before, asked.targets) for name, ranker in rankers.items()}
    return Placed(asked.users, asked.before, len(items), places, baselines, seconds)


def score_histories(artifact: Artifact, asked: Histories) -> np.ndarray:
    """Scores F32[users, items] of what follows each history."""
    texts = [write_history([asked.items[at] for at in history]) for history in asked.before]
    return run_sorted(artifact.graph.engine, artifact.encode(texts))["logits"]


def rank_by_scores(scores: np.ndarray) -> Ranker:
    """The rows of scores [users, items] one after another: the ranker of users who are asked in that order."""
    rows = iter(scores)
    return lambda history: next(rows)


def _simpler(recipe: Recipe, settings: Settings) -> dict[str, Ranker]:
    own = open_dataset(recipe.data, settings)
    items = catalogue_rows(own, recipe.data)
    learnt = all_histories(training_rows(own, recipe.data), items)
    return {
        POPULAR: rank_by_popularity(learnt, len(items)),
        NEIGHBOURS: rank_by_neighbours(learnt, len(items)),
        FROZEN_TEXT: rank_by_text(embed_frozen(recipe, list(items["text"]), settings)),
    }


def _length(history: Sequence[int]) -> str:
    return "1-2 items" if len(history) < 3 else "3-9 items" if len(history) < 10 else "10 items or more"
