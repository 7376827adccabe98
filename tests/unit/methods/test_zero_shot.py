"""Labels from their names alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trivet.data.dataset import Dataset, Licence
from trivet.errors import DataError, RecipeError
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.ground import prepare_ground
from trivet.methods.progress import Silence
from trivet.methods.zero_shot import build_zero_shot, describe_labels
from trivet.recipe import Recipe
from trivet.recipe.method import ZeroShotMethod
from trivet.settings import Settings

LABELS = ["card_filler1", "money_filler2"]


def build(recipe: Recipe, rows: pd.DataFrame, settings: Settings, workspace: Path) -> Candidate:
    dataset = Dataset("toy", "classification", Licence("CC0-1.0", commercial=True), "file", {})
    ground = prepare_ground(recipe, dataset, settings=settings, workspace=workspace, progress=Silence(), resume=False)
    return build_zero_shot(recipe, rows, ground)


def test_texts_in_the_words_of_a_name_get_that_label_and_no_training_text_is_read(
    recipe: Any, settings: Settings, tmp_path: Path
) -> None:
    rows = pd.DataFrame({"text": [None, None], "label": LABELS})
    candidate = build(recipe(method={"kind": "zero_shot"}), rows, settings, tmp_path)
    assert candidate.head is not None
    assert candidate.head.labels == tuple(LABELS)
    assert candidate.held_out == 0
    wanted = recipe(method={"kind": "zero_shot"})
    dataset = Dataset("toy", "classification", Licence("CC0-1.0", commercial=True), "file", {})
    ground = prepare_ground(wanted, dataset, settings=settings, workspace=tmp_path, progress=Silence(), resume=False)
    texts = ["money filler2", "card filler1"]
    scores = candidate.head.scores(run_graph(candidate.graph, ground.tokenizer, texts, "int8", settings)["embedding"])
    assert scores.argmax(axis=1).tolist() == [1, 0]
    assert np.diag(scores[::-1]).min() > 0.95


def test_a_description_stands_beside_the_name_in_each_template(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("lost_card,The card is gone.\nsent,Money went.\n")
    method = ZeroShotMethod(descriptions=str(tmp_path / "labels.csv"), templates=("{}", "it is about {}"))
    assert describe_labels(method, ("lost_card",)) == {
        "lost_card": ("lost card", "it is about lost card", "The card is gone."),
        "sent": ("sent", "it is about sent", "Money went."),
    }


def test_a_label_without_a_description_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("sent,Money went.\n")
    method = ZeroShotMethod(descriptions=str(tmp_path / "labels.csv"))
    with pytest.raises(DataError, match="label 'lost_card' has no description"):
        describe_labels(method, ("lost_card", "sent"))


def test_a_template_without_a_place_for_the_name_is_refused() -> None:
    with pytest.raises(RecipeError, match="has no place for a name"):
        describe_labels(ZeroShotMethod(templates=("it is about",)), ("sent",))
