"""A next-item model from files to answers, on a checkerboard."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trivet.answers.next_item import NextItemAnswer
from trivet.artifact.artifact import Artifact
from trivet.data.sequences import write_history
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError, RecipeError
from trivet.evaluate import evaluate
from trivet.evaluation.lines import headline
from trivet.plan import plan_training
from trivet.recipe import build_recipe
from trivet.recipe.recipe import Recipe
from trivet.settings import Settings
from trivet.train import train

ITEMS, STEPS = 16, 6


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events of users who touch every second item in turn, so that the next is known."""
    folder, random = tmp_path_factory.mktemp("board"), np.random.default_rng(0)
    lines = ["user,item,time"]
    for user in range(80):
        first = 2 * int(random.integers(ITEMS // 2)) + user % 2
        lines += [f"u{user},i{(first + 2 * step) % ITEMS},{1000 + step}" for step in range(STEPS)]
    (folder / "events.csv").write_text("\n".join(lines) + "\n")
    (folder / "items.csv").write_text("item,text\n" + "".join(f"i{at},thing{at % 12}\n" for at in range(ITEMS)))
    return folder


def recipe_of(board: Path, source: EncoderSource, **task: Any) -> Recipe:
    return build_recipe(
        {
            "name": "board",
            "data": {"dataset": str(board), "split": "leave_last_out"},
            "task": {"kind": "next_item", "max_tokens": 8, "dim": 16, "layers": 1, **task},
            "encoder": {"name": str(source.path)},
            "method": {"kind": "full"},
            "training": {
                "epochs": 25,
                "batch_size": 16,
                "learning_rate": 1e-2,
                "bf16": "off",
                "label_smoothing": 0.0,
                "patience": 25,
                "refit": True,
            },
        }
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("home")
    return Settings(home=folder / "home", cache=folder / "cache", threads=1, offline=True)


@pytest.fixture(scope="module")
def artifact(board: Path, source: EncoderSource, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = train(recipe_of(board, source), out=tmp_path_factory.mktemp("out") / "board", settings=settings)
    yield found
    found.close()


def test_the_artifact_answers_what_comes_next_and_leaves_out_what_was_seen(artifact: Artifact) -> None:
    (answer,) = artifact.predict([write_history(["i1", "i3", "i5"])])
    assert isinstance(answer, NextItemAnswer)
    assert answer.ranking[0][0] == "i7"
    assert not {"i1", "i3", "i5"} & {name for name, _ in answer.ranking}


def test_the_artifact_is_served_by_the_engine_from_ids_alone(artifact: Artifact) -> None:
    assert artifact.graph.manifest.outputs == {"embedding": 16, "logits": ITEMS}
    assert artifact.header.prefix == ""
    assert not artifact.degraded


def test_an_unknown_history_is_unsure(artifact: Artifact) -> None:
    (answer,) = artifact.predict(["nobody\nknows"])
    assert (answer.decision, answer.unknown) == ("unsure", 2)


def test_it_is_judged_beside_simpler_ways_that_know_no_order(artifact: Artifact, settings: Settings) -> None:
    report = evaluate(artifact, settings=settings)
    assert report.main_score.value > 0.9
    assert set(report.baselines) == {"popular", "item-knn", "frozen-text"}
    assert report.baselines["popular"].verdict == "superior"
    assert f"{ITEMS} items" in headline("board", report)


def test_the_epochs_were_chosen_on_the_last_item_but_one(artifact: Artifact) -> None:
    notes = artifact.card.notes
    assert notes["validation_ndcg@10"] > 0.9
    assert notes["held_out_rows"] == 80


def test_another_catalogue_is_refused(artifact: Artifact, settings: Settings, board: Path, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text((board / "events.csv").read_text())
    (tmp_path / "items.csv").write_text((board / "items.csv").read_text() + "i99,thing1\n")
    data = artifact.recipe.data.model_copy(update={"dataset": str(tmp_path)})
    with pytest.raises(DataError, match="the catalogue has 17 items, the model learnt 16"):
        evaluate(artifact, settings=settings, data=data)


def test_a_plan_counts_the_histories(board: Path, source: EncoderSource, settings: Settings) -> None:
    assert plan_training(recipe_of(board, source, start="random"), settings=settings).rows == 80


def test_heads_that_do_not_share_the_width_are_refused(
    board: Path, source: EncoderSource, settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="16 dimensions cannot be shared by 3 heads"):
        train(recipe_of(board, source, heads=3), out=tmp_path / "none", settings=settings)


def test_the_facts_hold_the_catalogue(artifact: Artifact) -> None:
    facts = json.loads((artifact.path / "facts.json").read_text())
    assert facts["items"] == [f"i{at}" for at in range(ITEMS)]
