"""A head over the frozen encoder: seconds of fitting, and every such model serves from one shared graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, assert_never

import numpy as np
from threadpoolctl import threadpool_limits

from trivet.export.frozen import frozen_graph
from trivet.export.judge import judge_int8
from trivet.heads.analytic import AnalyticHead
from trivet.heads.head import Head
from trivet.heads.logistic import LogisticHead
from trivet.heads.prototypes import Prototypes, leave_one_out_cosines
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.foreign import learn_foreign
from trivet.methods.ground import Ground
from trivet.methods.promises import HeldOut, promise
from trivet.recipe import Recipe
from trivet.recipe.method import HeadMethod
from trivet.trust.learn_novelty import Sample
from trivet.trust.novelty import leave_one_out_novelty

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["analytic", "logistic", "prototypes"]
# Up to so many rows `auto` tries both heads; above, the logistic one takes minutes and the analytic one is as good.
AUTO_ROWS = 3000
# Rows that int8 is compared with fp32 on; fp32 is slow.
INT8_ROWS = 256


def build_head(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A head fitted on all rows; its calibration rests on out-of-fold scores of the same rows.

    The features come from the graph that will serve, so nothing changes between training and serving.
    """
    assert isinstance(recipe.method, HeadMethod)
    settings, tokenizer = ground.settings, ground.tokenizer
    ground.progress.stage("graph")
    graph = frozen_graph(ground.source, settings, recipe.export)
    ground.progress.stage("features")
    texts = list(rows["text"])
    embeddings = run_graph(graph, tokenizer, texts, recipe.export.precision, settings)["embedding"]
    labels = tuple(sorted(rows["label"].unique()))
    truth = np.searchsorted(np.asarray(labels), rows["label"].to_numpy(dtype=str))
    ground.progress.stage("head")
    head, held_out = _choose(recipe, embeddings, truth, labels)

    def run(unknown: Sequence[str]) -> Sample:
        found = run_graph(graph, tokenizer, unknown, recipe.export.precision, settings)["embedding"]
        return Sample(head.scores(found).astype(np.float64), found)

    learnt = Sample(held_out.scores, embeddings, truth)
    foreign = learn_foreign(recipe, ground.dataset, learnt, None, held_out, run)
    ground.progress.stage("int8")
    chosen = np.random.default_rng(recipe.data.seed).permutation(len(texts))[:INT8_ROWS]
    cost = None
    if recipe.export.precision == "int8":
        cost = judge_int8(
            graph,
            tokenizer.encode([texts[row] for row in chosen]),
            recipe.export,
            score=lambda outputs: head.scores(outputs["embedding"]),
            truth=truth[chosen],
            threads=settings.threads,
        )
    return Candidate(
        source=ground.source,
        graph=graph,
        tokenizer=ground.source.path / "tokenizer.json",
        facts=promise(foreign.held_out, labels=labels, max_tokens=recipe.task.max_tokens, trust=recipe.trust),
        head=head,
        prototypes=Prototypes.fit(embeddings, truth, labels),
        weights=None,
        held_out=len(truth),
        int8=cost,
        notes={"head": head.describe()["kind"], "out_of_fold_accuracy": _accuracy(held_out)},
        yardstick=foreign.yardstick,
    )


def _choose(recipe: Recipe, embeddings: np.ndarray, truth: np.ndarray, labels: tuple[str, ...]) -> tuple[Head, HeldOut]:
    """The recipe's head, or the one that is right on more held-out rows, with its held-out scores."""
    method = recipe.method
    assert isinstance(method, HeadMethod)
    kinds: list[Kind]
    match method.head:
        case "auto":
            kinds = ["analytic", "logistic"] if len(truth) <= AUTO_ROWS else ["analytic"]
        case "analytic" | "logistic" | "prototypes":
            kinds = [method.head]
        case _:
            assert_never(method.head)
    # Small matrices: a second BLAS thread costs more than it brings, above all on a busy machine.
    with threadpool_limits(1 if len(truth) <= AUTO_ROWS else None):
        tried = [_try(kind, recipe, embeddings, truth, labels) for kind in kinds]
    return max(tried, key=lambda pair: _accuracy(pair[1]))


def _try(
    kind: Kind, recipe: Recipe, embeddings: np.ndarray, truth: np.ndarray, labels: tuple[str, ...]
) -> tuple[Head, HeldOut]:
    method, seed = recipe.method, recipe.training.seed
    assert isinstance(method, HeadMethod)
    novelties = leave_one_out_novelty(embeddings, truth)
    match kind:
        case "analytic":
            analytic = AnalyticHead.fit(
                embeddings, truth, labels, expansion=method.expansion, penalties=method.penalties, seed=seed
            )
            assert analytic.leave_one_out_scores is not None
            return analytic, HeldOut(analytic.leave_one_out_scores.astype(np.float64), novelties, truth)
        case "logistic":
            logistic = LogisticHead.fit(
                embeddings, truth, labels, penalties=method.weight_penalties, seed=seed, folds=recipe.trust.folds
            )
            assert logistic.out_of_fold_scores is not None
            return logistic, HeldOut(logistic.out_of_fold_scores.astype(np.float64), novelties, truth)
        case "prototypes":
            means = Prototypes.fit(embeddings, truth, labels)
            return means, HeldOut(leave_one_out_cosines(embeddings, truth), novelties, truth)


def _accuracy(held_out: HeldOut) -> float:
    return float((held_out.scores.argmax(axis=1) == held_out.truth).mean())
