"""An embedding from a reader's own pairs, with hard negatives and nested dimensions."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trivet.answers.similarity import SimilarityFacts
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import InputError, RecipeError
from trivet.evaluate import evaluate
from trivet.recipe import build_recipe
from trivet.settings import Settings
from trivet.train import train


@pytest.fixture
def values(pairs: pd.DataFrame, source: EncoderSource, tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "pairs.csv"
    pairs.to_csv(path, index=False)
    return {
        "name": "own",
        "data": {"dataset": str(path)},
        "task": {
            "kind": "similarity",
            "max_tokens": 16,
            "correct_popularity": True,
            "hard_negatives": 2,
            "matryoshka": [8, 32],
        },
        "encoder": {"name": str(source.path)},
        "method": {"kind": "full"},
        "training": {"epochs": 4, "batch_size": 16, "learning_rate": 3e-3, "bf16": "off"},
        "export": {"precision": "fp32"},
    }


def test_own_pairs_are_learnt_judged_and_cut(values: dict[str, Any], settings: Settings, tmp_path: Path) -> None:
    artifact = train(build_recipe(values), out=tmp_path / "own", settings=settings)
    assert isinstance(artifact.facts, SimilarityFacts)
    assert artifact.facts.dims == (8, 32)
    texts = ["thing1 filler2", "filler3 thing1s"]
    short = artifact.embed(texts, dim=8)
    np.testing.assert_allclose(np.linalg.norm(short, axis=1), 1.0, rtol=1e-5)
    whole = artifact.embed(texts)[:, :8]
    np.testing.assert_allclose(short, whole / np.linalg.norm(whole, axis=1, keepdims=True), rtol=1e-4, atol=1e-6)
    with pytest.raises(InputError, match="cannot be cut to 16"):
        artifact.embed(texts, dim=16)
    report = evaluate(artifact, settings=settings)
    artifact.close()
    assert report.main == "ndcg@10"
    assert set(report.baselines) == {"tfidf", "frozen-text"}
    assert report.main_score.value > report.baselines["frozen-text"].score


def test_a_head_does_not_learn_from_pairs(values: dict[str, Any], settings: Settings, tmp_path: Path) -> None:
    task = {"kind": "similarity"}
    recipe = build_recipe({**values, "task": task, "method": {"kind": "head"}, "training": {}})
    with pytest.raises(RecipeError, match="this set holds pairs of texts"):
        train(recipe, out=tmp_path / "own", settings=settings)
