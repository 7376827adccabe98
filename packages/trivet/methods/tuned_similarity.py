"""A tuned embedding: fitted on pairs and exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trivet.answers.similarity import SimilarityFacts
from trivet.export.graph import export_graph
from trivet.methods.candidate import Candidate
from trivet.methods.fit import fit_weights, hand_over
from trivet.methods.ground import Ground
from trivet.recipe import Recipe

if TYPE_CHECKING:
    import pandas as pd


def build_similarity(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """An encoder fitted on pairs (columns anchor, positive); nothing is held out, as nothing is promised."""
    ground.progress.stage("fit")
    fitted = fit_weights(recipe, rows, None, ground)
    ground.progress.stage("export")
    texts = sorted(set(rows["anchor"]) | set(rows["positive"]))
    graph = export_graph(
        fitted.module, ground.tokenizer, texts, recipe.export, ground.workspace / "graphs", outputs=("embedding",)
    )
    facts = SimilarityFacts(dim=ground.source.dim, max_tokens=recipe.task.max_tokens)
    return hand_over(fitted, graph, facts, ground, notes={"pairs": len(rows)})
