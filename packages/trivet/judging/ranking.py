"""The next item as a shop ranks it: each user's last one held out, the whole catalogue ranked, the history left out."""

from __future__ import annotations

import time
from dataclasses import asdict

from trivet.answers.similarity import SimilarityFacts
from trivet.data.histories import all_histories, hold_out_last
from trivet.data.splits import catalogue_rows, test_rows, training_rows
from trivet.evaluation.build import build_ranking_report
from trivet.evaluation.metrics.ranking import hit_rate_at_places, ndcg_at_places
from trivet.evaluation.rankers import (
    Blend,
    Ranker,
    place_targets,
    rank_by_neighbours,
    rank_by_popularity,
    rank_by_text,
)
from trivet.evaluation.report import Report
from trivet.judging.case import Case
from trivet.methods.features import embed_frozen

TOP = 10
POPULAR, NEIGHBOURS, FROZEN_TEXT, FROZEN_BLEND = "popular", "item-knn", "frozen-text", "frozen-blend"


def judge_ranking(case: Case) -> Report:
    """The report of the ranking that is served: behaviour, texts and popularity in the model's shares.

    Beside it stand the texts alone, popularity, item-kNN, and both text and blend with the encoder as it was before
    training.

    Raises:
        DataError: the rows are missing or bad.
    """
    artifact, dataset, data = case.artifact, case.dataset, case.data
    assert isinstance(artifact.facts, SimilarityFacts)
    items = catalogue_rows(dataset, data)
    train = training_rows(dataset, data)
    asked = hold_out_last(train, test_rows(dataset, data), items)
    learnt = all_histories(train, items)
    texts = list(items["text"])
    popular, neighbours = rank_by_popularity(learnt, len(items)), rank_by_neighbours(learnt, len(items))
    shares = artifact.facts.shares

    def blend(text: Ranker) -> Ranker:
        return Blend(neighbours, text, popular).ranker(shares)

    def score(ranker: Ranker) -> list[float]:
        return ndcg_at_places(place_targets(ranker, asked.before, asked.targets), TOP).tolist()

    began = time.perf_counter()
    text = rank_by_text(artifact.embed(texts))
    places = place_targets(blend(text), asked.before, asked.targets)
    seconds = time.perf_counter() - began
    frozen = rank_by_text(embed_frozen(artifact.recipe, texts, case.settings))
    return build_ranking_report(
        case.subject,
        asked.users,
        {
            f"ndcg@{TOP}": ndcg_at_places(places, TOP).tolist(),
            f"hr@{TOP}": hit_rate_at_places(places, TOP).tolist(),
            f"ndcg@{TOP} by text alone": score(text),
        },
        baselines={
            POPULAR: score(popular),
            NEIGHBOURS: score(neighbours),
            FROZEN_TEXT: score(frozen),
            FROZEN_BLEND: score(blend(frozen)),
        },
        columns={"history": [_length(history) for history in asked.before]},
        seconds=seconds,
        notes={
            "protocol": "leave one out, full ranking, history masked, ties against the target",
            "items": str(len(items)),
            "blend": ", ".join(f"{name} {share:g}" for name, share in asdict(shares).items()),
        },
        seed=data.seed,
    )


def _length(history: tuple[int, ...]) -> str:
    return "1-2 items" if len(history) < 3 else "3-9 items" if len(history) < 10 else "10 items or more"
