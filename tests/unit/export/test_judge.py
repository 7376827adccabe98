from typing import Any

import numpy as np
import pytest

from trivet.errors import ArtifactError
from trivet.export.judge import judge_int8, refuse_loss
from trivet.recipe.export import ExportRecipe
from trivet.runtime.offline import run_sorted
from trivet.runtime.openvino_engine import OpenVinoEngine


def test_the_figures_of_int8_go_onto_a_card(tiny: Any, tiny_parts: Any) -> None:
    entry = judge_int8(
        tiny.graph,
        tiny.tokenizer().encode(tiny.texts),
        ExportRecipe(),
        score=lambda outputs: tiny_parts.head.scores(outputs["embedding"]),
        truth=tiny.truth,
        threads=1,
    )
    assert (entry.rows, entry.loss_points, entry.agreement, entry.batch_flips) == (12, 0.0, 1.0, 0)


def test_without_labels_no_loss_is_claimed(tiny: Any, tiny_logits: Any) -> None:
    entry = judge_int8(tiny_logits, tiny.tokenizer().encode(tiny.texts), ExportRecipe(), threads=1)
    assert entry.loss_points is None
    assert entry.agreement == 1.0


def test_int8_that_loses_more_than_the_recipe_allows_is_refused() -> None:
    refuse_loss(0.01, ExportRecipe(max_int8_loss=0.01), rows=100)
    with pytest.raises(ArtifactError, match=r"int8 loses 2\.0 points of accuracy on 100 held-out rows.*precision"):
        refuse_loss(0.02, ExportRecipe(max_int8_loss=0.01), rows=100)


def test_a_loss_on_labels_is_measured_in_points(tiny: Any, tiny_logits: Any) -> None:
    encoded = tiny.tokenizer().encode(tiny.texts)
    # Scores that are right wherever the embedding is exactly that of fp32, so int8 loses everything.
    exact = run_sorted(OpenVinoEngine(tiny.graph, precision="fp32", threads=1), encoded)["embedding"]

    def score(outputs: Any) -> Any:
        known = [bool((exact == row).all(axis=1).any()) for row in outputs["embedding"]]
        return np.asarray([[1.0, 0.0] if right else [0.0, 1.0] for right in known], dtype=np.float32)

    with pytest.raises(ArtifactError, match=r"int8 loses 100\.0 points"):
        judge_int8(tiny.graph, encoded, ExportRecipe(), score=score, truth=[0] * len(encoded), threads=1)
