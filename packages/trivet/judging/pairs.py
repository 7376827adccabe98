"""Pairs held out: how high each anchor's positive ranks among all positives."""

from __future__ import annotations

import time

import numpy as np

from trivet.data.splits import test_rows
from trivet.evaluation.build import build_ranking_report
from trivet.evaluation.metrics.ranking import hit_rate_at_places, ndcg_at_places
from trivet.evaluation.pairs import PairPlaces, embed_words
from trivet.evaluation.report import Report
from trivet.judging.case import Case
from trivet.methods.features import embed_frozen

TOP = 10
WORDS, FROZEN_TEXT = "tfidf", "frozen-text"


def judge_pairs(case: Case) -> Report:
    """The report of an embedding on pairs, beside TF-IDF of words and the encoder as it was before training.

    Raises:
        DataError: the rows are missing or bad.
    """
    rows = test_rows(case.dataset, case.data)
    pairs = PairPlaces.of(list(rows["anchor"]), list(rows["positive"]))
    began = time.perf_counter()
    places = pairs.place(case.artifact.embed(pairs.texts))
    seconds = time.perf_counter() - began
    baselines = {}
    if case.with_baselines:
        frozen = embed_frozen(case.artifact.recipe, pairs.texts, case.settings)
        baselines = {WORDS: pairs.place(embed_words(pairs.texts)), FROZEN_TEXT: pairs.place(frozen)}
    return build_ranking_report(
        case.subject,
        [str(row) for row in range(len(rows))],
        {
            f"ndcg@{TOP}": ndcg_at_places(places, TOP).tolist(),
            f"hr@{TOP}": hit_rate_at_places(places, TOP).tolist(),
            "mrr": (1.0 / np.asarray(places, dtype=np.float64)).tolist(),
        },
        baselines={name: ndcg_at_places(theirs, TOP).tolist() for name, theirs in baselines.items()},
        seconds=seconds,
        notes={
            "protocol": "each anchor's positive among all positives of the test, its others left out, ties against it",
            "items": str(len(np.unique(pairs.positives))),
        },
        seed=case.data.seed,
    )
