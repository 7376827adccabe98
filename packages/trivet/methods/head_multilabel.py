"""A head over the frozen encoder for any number of labels: ridge regression or one logistic regression a label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

import numpy as np
from threadpoolctl import threadpool_limits

from trivet.data.label_sets import hot_labels, label_names
from trivet.export.frozen import frozen_graph
from trivet.export.judge import judge_int8
from trivet.heads.head import Head
from trivet.heads.one_vs_rest import fit_one_vs_rest
from trivet.heads.ridge import fit_ridge
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.ground import Ground
from trivet.methods.head import AUTO_ROWS, INT8_ROWS
from trivet.methods.label_facts import find_label_facts, mark_given, score_sets
from trivet.recipe import Recipe
from trivet.recipe.method import HeadMethod

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["analytic", "logistic"]


def build_multilabel_head(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A head fitted on all rows (columns text and labels); sigmoids and thresholds rest on held-out scores of them."""
    assert isinstance(recipe.method, HeadMethod)
    settings = ground.settings
    ground.progress.stage("graph")
    graph = frozen_graph(ground.source, settings, recipe.export)
    ground.progress.stage("features")
    texts = list(rows["text"])
    embeddings = run_graph(graph, ground.tokenizer, texts, recipe.export.precision, settings)["embedding"]
    labels = label_names(list(rows["labels"]))
    truth = hot_labels(list(rows["labels"]), labels)
    ground.progress.stage("head")
    with threadpool_limits(1 if len(texts) <= AUTO_ROWS else None):
        tried = [_try(kind, recipe, embeddings, truth, labels) for kind in _kinds(recipe.method, rows=len(texts))]
    facts = [
        find_label_facts(held_out, truth, labels=labels, max_tokens=recipe.task.max_tokens) for _, held_out in tried
    ]
    merits = [score_sets(held_out, truth, one) for (_, held_out), one in zip(tried, facts, strict=True)]
    best = int(np.argmax(merits))
    head, chosen_facts = tried[best][0], facts[best]
    ground.progress.stage("int8")
    chosen = np.random.default_rng(recipe.data.seed).permutation(len(texts))[:INT8_ROWS]
    cost = None
    if recipe.export.precision == "int8":
        cost = judge_int8(
            graph,
            ground.tokenizer.encode([texts[row] for row in chosen]),
            recipe.export,
            score=lambda outputs: mark_given(head.scores(outputs["embedding"]), chosen_facts),
            quality=lambda outputs: score_sets(head.scores(outputs["embedding"]), truth[chosen], chosen_facts),
            metric="micro F1",
            threads=settings.threads,
        )
    return Candidate(
        source=ground.source,
        graph=graph,
        tokenizer=ground.source.path / "tokenizer.json",
        facts=chosen_facts,
        head=head,
        prototypes=None,
        weights=None,
        held_out=len(texts),
        int8=cost,
        notes={"head": head.describe()["kind"], "held_out_micro_f1": merits[best]},
    )


def _kinds(method: HeadMethod, *, rows: int) -> list[Kind]:
    match method.head:
        case "auto":
            return ["analytic", "logistic"] if rows <= AUTO_ROWS else ["analytic"]
        case "analytic" | "logistic":
            return [method.head]
        case "prototypes":
            raise AssertionError("no recipe has prototypes of label sets")
        case _:
            assert_never(method.head)


def _try(
    kind: Kind, recipe: Recipe, embeddings: np.ndarray, truth: np.ndarray, labels: tuple[str, ...]
) -> tuple[Head, np.ndarray]:
    """The head and its scores [N, C] of each row by a fit without it."""
    method, seed = recipe.method, recipe.training.seed
    assert isinstance(method, HeadMethod)
    match kind:
        case "analytic":
            analytic = fit_ridge(
                embeddings, truth, labels, expansion=method.expansion, penalties=method.penalties, seed=seed
            )
            assert analytic.leave_one_out_scores is not None
            return analytic, analytic.leave_one_out_scores.astype(np.float64)
        case "logistic":
            logistic = fit_one_vs_rest(
                embeddings, truth, labels, penalties=method.weight_penalties, seed=seed, folds=recipe.trust.folds
            )
            assert logistic.out_of_fold_scores is not None
            return logistic, logistic.out_of_fold_scores.astype(np.float64)
        case _:
            assert_never(kind)
