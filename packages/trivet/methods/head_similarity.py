"""An embedding by a head over the frozen encoder: texts are put where behaviour would put their items; seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from trivet.answers.similarity import Shares, SimilarityFacts
from trivet.data.cuts import cut_last_out
from trivet.data.factors import factorise_behaviour
from trivet.data.histories import all_histories, hold_out_last
from trivet.data.splits import catalogue_rows
from trivet.errors import DataError
from trivet.evaluation.metrics.ranking import ndcg_at_places
from trivet.evaluation.rankers import (
    Blend,
    place_targets,
    rank_by_neighbours,
    rank_by_popularity,
    rank_by_text,
)
from trivet.export.frozen import frozen_graph
from trivet.heads.analytic import AnalyticHead
from trivet.heads.prototypes import normalise
from trivet.heads.ridge import fit_ridge
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.ground import Ground
from trivet.recipe import Recipe
from trivet.recipe.method import HeadMethod
from trivet.recipe.task import Similarity

if TYPE_CHECKING:
    import pandas as pd

# Users whose last but one step the penalty is chosen on, and how many places count.
USERS = 2000
TOP = 10
SHARES = tuple(
    Shares(together, alike, popular)
    for together, alike in ((0.0, 1.0), (1.0, 0.3), (1.0, 1.0), (1.0, 3.0), (1.0, 10.0))
    for popular in (0.0, 0.1, 0.3)
)


def build_similarity_head(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A ridge regression from the frozen embedding of an item's text to its factors of behaviour.

    An item that nobody has touched yet is thereby placed among those that the same people would touch. The penalty is
    the one whose leave-one-out vectors, each item placed by the fit without it, rank everybody's last but one item
    best, and the shares of a ranking are those that rank it best; the factors are then computed from all rows.

    Raises:
        DataError: nobody has touched two items.
    """
    assert isinstance(recipe.method, HeadMethod)
    assert isinstance(recipe.task, Similarity)
    settings = ground.settings
    items = catalogue_rows(ground.dataset, recipe.data)
    ground.progress.stage("graph")
    graph = frozen_graph(ground.source, settings, recipe.export)
    ground.progress.stage("features")
    texts = list(items["text"])
    embeddings = run_graph(graph, ground.tokenizer, texts, recipe.export.precision, settings)["embedding"]
    ground.progress.stage("head")
    chosen = _choose(recipe, rows, items, embeddings)
    histories = all_histories(rows, items)
    head = _fit(recipe, embeddings, _factors(recipe, histories, len(items)), penalty=chosen.penalty)
    return Candidate(
        source=ground.source,
        graph=graph,
        tokenizer=ground.source.path / "tokenizer.json",
        facts=SimilarityFacts(dim=recipe.task.factors, max_tokens=recipe.task.max_tokens, shares=chosen.shares),
        head=head,
        prototypes=None,
        weights=None,
        held_out=chosen.users,
        notes={"items": len(items), "penalty": chosen.penalty, "leave_one_out_ndcg": chosen.merit},
    )


@dataclass(frozen=True)
class _Chosen:
    """What the last but one steps decided: the penalty, the NDCG of its leave-one-out vectors, and the shares."""

    penalty: float
    merit: float
    shares: Shares
    users: int


def _choose(recipe: Recipe, rows: pd.DataFrame, items: pd.DataFrame, embeddings: npt.NDArray[np.float32]) -> _Chosen:
    assert isinstance(recipe.method, HeadMethod)
    cut = cut_last_out(rows)
    some = cut.held.sample(min(USERS, len(cut.held)), random_state=recipe.data.seed)
    asked = hold_out_last(cut.kept, some, items)
    if not asked.users:
        raise DataError(
            "nobody has touched two items, so nothing goes together.",
            where="interactions",
            todo="Give histories of at least two events.",
        )
    histories = all_histories(cut.kept, items)
    factors = _factors(recipe, histories, len(items))
    merits, vectors = {}, {}
    for penalty in recipe.method.penalties:
        head = _fit(recipe, embeddings, factors, penalty=penalty)
        assert head.leave_one_out_scores is not None
        places = place_targets(rank_by_text(normalise(head.leave_one_out_scores)), asked.before, asked.targets)
        merits[penalty] = float(ndcg_at_places(places, TOP).mean())
        vectors[penalty] = normalise(head.scores(embeddings))
    best = max(merits, key=merits.__getitem__)
    blend = Blend(
        rank_by_neighbours(histories, len(items)),
        rank_by_text(vectors[best]),
        rank_by_popularity(histories, len(items)),
    )
    shares = blend.choose_shares(SHARES, asked.before, asked.targets, top=TOP)
    return _Chosen(best, merits[best], shares, len(asked.users))


def _factors(recipe: Recipe, histories: list[list[int]], items: int) -> npt.NDArray[np.float32]:
    assert isinstance(recipe.task, Similarity)
    return factorise_behaviour(histories, items, width=recipe.task.factors, seed=recipe.training.seed)


def _fit(
    recipe: Recipe, embeddings: npt.NDArray[np.float32], factors: npt.NDArray[np.float32], *, penalty: float
) -> AnalyticHead:
    assert isinstance(recipe.method, HeadMethod)
    return fit_ridge(
        embeddings,
        factors,
        [f"factor {at}" for at in range(factors.shape[1])],
        expansion=recipe.method.expansion,
        penalties=(penalty,),
        seed=recipe.training.seed,
    )
