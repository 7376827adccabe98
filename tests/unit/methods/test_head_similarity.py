"""Texts put where behaviour puts their items, on a catalogue whose two circles of buyers are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.artifact import Artifact
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError
from trivet.evaluate import evaluate
from trivet.recipe import Recipe, build_recipe
from trivet.settings import Settings
from trivet.train import train

from .conftest import FILLERS

# The word that says which circle of people buys an item.
WORDS = ("card", "money")
PER_WORD = 6


def write_shop(folder: Path, *, users: int = 40) -> Path:
    """Everybody buys four items of one word, in an order of their own."""
    folder.mkdir()
    random = np.random.default_rng(5)
    items = [f"{word}{at},{word} {FILLERS[at % len(FILLERS)]}" for word in WORDS for at in range(PER_WORD)]
    (folder / "items.csv").write_text("\n".join(["item,text", *items]), encoding="utf-8")
    events = ["user,item,time"]
    for user in range(users):
        bought = random.permutation(PER_WORD)[:4]
        events += [f"u{user},{WORDS[user % 2]}{item},{1000 * user + step}" for step, item in enumerate(bought)]
    (folder / "events.csv").write_text("\n".join(events), encoding="utf-8")
    return folder


def recipe_of(source: EncoderSource, data: Path) -> Recipe:
    return build_recipe(
        {
            "name": "toy",
            "data": {"dataset": str(data), "split": "leave_last_out"},
            "task": {"kind": "similarity", "max_tokens": 32, "factors": 6},
            "encoder": {"name": str(source.path)},
            "method": {"kind": "head", "expansion": 200, "penalties": [0.1, 1.0]},
            "export": {"calibration_rows": 16, "golden_rows": 4, "max_int8_loss": 1.0},
        }
    )


def test_a_new_text_lies_with_what_the_same_people_buy(
    source: EncoderSource, settings: Settings, tmp_path: Path
) -> None:
    recipe = recipe_of(source, write_shop(tmp_path / "shop"))
    train(recipe, out=tmp_path / "toy", settings=settings).close()
    artifact = Artifact.load(tmp_path / "toy", threads=1)
    assert isinstance(artifact.facts, SimilarityFacts)
    assert artifact.dim == artifact.facts.dim == 6
    vectors = artifact.embed([f"card {FILLERS[0]}", f"money {FILLERS[0]}", f"card {FILLERS[1]} {FILLERS[2]}"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)
    assert vectors[2] @ vectors[0] > vectors[2] @ vectors[1] + 0.5
    artifact.close()


def test_the_served_ranking_is_judged_beside_text_behaviour_and_the_untrained_encoder(
    source: EncoderSource, settings: Settings, tmp_path: Path
) -> None:
    recipe = recipe_of(source, write_shop(tmp_path / "shop"))
    artifact = train(recipe, out=tmp_path / "toy", settings=settings)
    report = evaluate(artifact, settings=settings)
    assert set(report.baselines) == {"popular", "item-knn", "frozen-text", "frozen-blend"}
    # Two of six items are left in one's circle, so the right one is the first or the second.
    assert report.metrics["hr@10"].value == 1.0
    assert report.main_score.value > 0.6
    assert "alike" in report.notes["blend"]
    artifact.close()


def test_the_same_data_gives_the_same_vectors(source: EncoderSource, settings: Settings, tmp_path: Path) -> None:
    recipe = recipe_of(source, write_shop(tmp_path / "shop"))
    one, other = (train(recipe, out=tmp_path / name, settings=settings) for name in ("one", "other"))
    assert (one.embed(["card money"]) == other.embed(["card money"])).all()
    one.close()
    other.close()


def test_behaviour_in_which_nothing_goes_together_is_refused(
    source: EncoderSource, settings: Settings, tmp_path: Path
) -> None:
    shop = write_shop(tmp_path / "shop")
    lonely = ["user,item,time", *(f"u{at},{WORDS[at % 2]}{at // 2},{at}" for at in range(2 * PER_WORD))]
    (shop / "events.csv").write_text("\n".join(lonely), encoding="utf-8")
    with pytest.raises(DataError, match="two"):
        train(recipe_of(source, shop), out=tmp_path / "toy", settings=settings)
    assert not (tmp_path / "toy").exists()
