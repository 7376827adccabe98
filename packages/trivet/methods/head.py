"""A head over the frozen encoder: seconds of fitting, and every such model serves from one shared graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from trivet.encoders.choose import choose_encoder
from trivet.export.frozen import frozen_graph
from trivet.heads.analytic import AnalyticHead
from trivet.heads.head import Head
from trivet.heads.logistic import LogisticHead
from trivet.heads.prototypes import Prototypes
from trivet.methods.candidate import Candidate
from trivet.methods.features import open_tokenizer, run_graph
from trivet.methods.progress import Progress
from trivet.methods.promises import HeldOut, promise
from trivet.recipe import Recipe
from trivet.recipe.method import HeadMethod
from trivet.settings import Settings
from trivet.trust.novelty import leave_one_out_novelty

if TYPE_CHECKING:
    import pandas as pd


def build_head(recipe: Recipe, rows: pd.DataFrame, *, settings: Settings, progress: Progress) -> Candidate:
    """A head fitted on all rows; its calibration rests on out-of-fold scores of the same rows.

    The features come from the graph that will serve, so nothing changes between training and serving.
    """
    assert isinstance(recipe.method, HeadMethod)
    source = choose_encoder(recipe.encoder, settings)
    progress.stage("graph")
    graph = frozen_graph(source, settings, recipe.export)
    progress.stage("features")
    texts = list(rows["text"])
    embeddings = run_graph(graph, open_tokenizer(source, recipe), texts, recipe.export.precision, settings)["embedding"]
    labels = tuple(sorted(rows["label"].unique()))
    truth = np.searchsorted(np.asarray(labels), rows["label"].to_numpy(dtype=str))
    progress.stage("head")
    head = _fit(recipe.method, embeddings, truth, labels, seed=recipe.training.seed)
    progress.stage("promises")
    held_out = _hold_out(recipe, head, embeddings, truth, labels)
    return Candidate(
        source=source,
        graph=graph,
        tokenizer=source.path / "tokenizer.json",
        facts=promise(held_out, labels=labels, max_tokens=recipe.task.max_tokens, trust=recipe.trust),
        head=head,
        prototypes=Prototypes.fit(embeddings, truth, labels),
        weights=None,
        held_out=len(truth),
        notes={"head": head.describe(), "out_of_fold_accuracy": _accuracy(held_out)},
    )


def _fit(method: HeadMethod, embeddings: np.ndarray, truth: np.ndarray, labels: tuple[str, ...], *, seed: int) -> Head:
    match method.head:
        case "analytic":
            return AnalyticHead.fit(
                embeddings, truth, labels, expansion=method.expansion, penalties=method.penalties, seed=seed
            )
        case "logistic":
            return LogisticHead.fit(embeddings, truth, labels, penalties=method.penalties, seed=seed)


def _hold_out(
    recipe: Recipe, head: Head, embeddings: np.ndarray, truth: np.ndarray, labels: tuple[str, ...]
) -> HeldOut:
    """Scores and novelties of every row by a head and prototypes that have not seen it."""
    assert isinstance(recipe.method, HeadMethod)
    if isinstance(head, AnalyticHead) and head.leave_one_out_scores is not None:
        scores = head.leave_one_out_scores.astype(np.float64)
    else:
        scores = np.zeros((len(truth), len(labels)), dtype=np.float64)
        for fold in _folds(truth, recipe.trust.folds, seed=recipe.data.seed):
            seen = np.ones(len(truth), dtype=bool)
            seen[fold] = False
            apart = _fit(recipe.method, embeddings[seen], truth[seen], labels, seed=recipe.training.seed)
            scores[fold] = apart.scores(embeddings[fold])
    return HeldOut(scores, leave_one_out_novelty(embeddings, truth), truth)


def _folds(truth: np.ndarray, count: int, *, seed: int) -> list[np.ndarray]:
    """Stratified folds: rows of each label are dealt out in turn, so no fold empties a label of two rows or more."""
    order = np.random.default_rng(seed).permutation(len(truth))
    dealt = order[np.argsort(truth[order], kind="stable")]
    return [np.sort(dealt[start::count]) for start in range(count)]


def _accuracy(held_out: HeldOut) -> float:
    return float((held_out.scores.argmax(axis=1) == held_out.truth).mean())
