"""A head over the frozen encoder for a number: ridge regression on random ReLU features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from trivet.answers.regression import VALUE
from trivet.data.numbers import standardise
from trivet.export.frozen import frozen_graph
from trivet.export.judge import judge_int8
from trivet.heads.ridge import fit_ridge
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.ground import Ground
from trivet.methods.head import AUTO_ROWS, INT8_ROWS
from trivet.methods.value_facts import explain_variance, find_value_facts, without_answers
from trivet.recipe import Recipe
from trivet.recipe.method import HeadMethod

if TYPE_CHECKING:
    import pandas as pd


def build_regression_head(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A head fitted on all rows (columns text and number); the interval rests on their leave-one-out residuals."""
    assert isinstance(recipe.method, HeadMethod)
    settings = ground.settings
    ground.progress.stage("graph")
    graph = frozen_graph(ground.source, settings, recipe.export)
    ground.progress.stage("features")
    texts = list(rows["text"])
    embeddings = run_graph(graph, ground.tokenizer, texts, recipe.export.precision, settings)["embedding"]
    numbers = rows["number"].to_numpy(dtype=np.float64)
    mean, scale = standardise(numbers)
    ground.progress.stage("head")
    with threadpool_limits(1 if len(texts) <= AUTO_ROWS else None):
        head = fit_ridge(
            embeddings,
            (numbers[:, None] - mean) / scale,
            VALUE,
            expansion=recipe.method.expansion,
            penalties=recipe.method.penalties,
            seed=recipe.training.seed,
        )
    assert head.leave_one_out_scores is not None
    held_out = head.leave_one_out_scores
    facts = find_value_facts(
        held_out,
        numbers,
        standard=(mean, scale),
        learnt=numbers,
        max_tokens=recipe.task.max_tokens,
        trust=recipe.trust,
    )
    ground.progress.stage("int8")
    chosen = np.random.default_rng(recipe.data.seed).permutation(len(texts))[:INT8_ROWS]
    cost = None
    if recipe.export.precision == "int8":
        cost = without_answers(
            judge_int8(
                graph,
                ground.tokenizer.encode([texts[row] for row in chosen]),
                recipe.export,
                quality=lambda outputs: explain_variance(head.scores(outputs["embedding"]), numbers[chosen], facts),
                metric="R squared",
                threads=settings.threads,
            )
        )
    return Candidate(
        source=ground.source,
        graph=graph,
        tokenizer=ground.source.path / "tokenizer.json",
        facts=facts,
        head=head,
        prototypes=None,
        weights=None,
        held_out=len(texts),
        int8=cost,
        notes={"head": head.describe()["kind"], "held_out_r_squared": explain_variance(held_out, numbers, facts)},
    )
