"""A tuned embedding: fitted on pairs and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trivet.answers.similarity import SimilarityFacts
from trivet.data.hard_negatives import Margin, code_texts, mine_hard_negatives
from trivet.export.graph import export_graph
from trivet.methods.candidate import Candidate
from trivet.methods.features import embed_frozen
from trivet.methods.fit import fit_weights, hand_over
from trivet.methods.ground import Ground
from trivet.recipe import Recipe
from trivet.recipe.task import Similarity
from trivet.tasks.pairs import NEGATIVE

if TYPE_CHECKING:
    import pandas as pd


def build_similarity(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """An encoder fitted on pairs (columns anchor, positive); nothing is held out, as nothing is promised."""
    assert isinstance(recipe.task, Similarity)
    if recipe.task.hard_negatives:
        ground.progress.stage("negatives")
        rows = add_hard_negatives(recipe, rows, ground)
    ground.progress.stage("fit")
    fitted = fit_weights(recipe, rows, None, ground)
    ground.progress.stage("export")
    texts = sorted(set(rows["anchor"]) | set(rows["positive"]))
    graph = export_graph(
        fitted.module, ground.tokenizer, texts, recipe.export, ground.workspace / "graphs", outputs=("embedding",)
    )
    facts = SimilarityFacts(dim=ground.source.dim, max_tokens=recipe.task.max_tokens, dims=recipe.task.matryoshka)
    return hand_over(fitted, graph, facts, ground, notes={"pairs": len(rows)})


def add_hard_negatives(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """The pairs with `task.hard_negatives` columns negative_1 ... more, near to the anchor by the frozen encoder.

    Raises:
        DataError: there are too few texts that do not belong to an anchor.
    """
    assert isinstance(recipe.task, Similarity)
    texts, (anchors, positives) = code_texts([list(rows["anchor"]), list(rows["positive"])])
    mined = mine_hard_negatives(
        anchors,
        positives,
        embed_frozen(recipe, texts, ground.settings),
        count=recipe.task.hard_negatives,
        margin=Margin(recipe.task.absolute_margin, recipe.task.relative_margin),
        seed=recipe.training.seed,
    )
    return rows.assign(
        **{f"{NEGATIVE}_{at}": [texts[row] for row in column] for at, column in enumerate(mined.T, start=1)}
    )
