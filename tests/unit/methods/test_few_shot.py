"""A few rows a label, from the encoder to what is promised."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trivet.answers.classification import ClassificationFacts
from trivet.data.dataset import Dataset, Licence
from trivet.errors import DataError
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.few_shot import build_few_shot, deal_folds
from trivet.methods.ground import prepare_ground
from trivet.methods.progress import Silence
from trivet.recipe import Recipe
from trivet.settings import Settings

FEW = {"kind": "few_shot", "labels_a_batch": 2, "rows_a_label": 8, "blend": 1.0}
LEARNS = {"learning_rate": 3e-3, "epochs": 20, "dropout": 0.0}


def build(recipe: Recipe, rows: pd.DataFrame, settings: Settings, workspace: Path) -> Candidate:
    dataset = Dataset("toy", "classification", Licence("CC0-1.0", commercial=True), "file", {})
    ground = prepare_ground(recipe, dataset, settings=settings, workspace=workspace, progress=Silence(), resume=False)
    return build_few_shot(recipe, rows, ground)


def test_it_learns_what_a_frozen_encoder_does_not_know_and_serves_it_with_a_head_beside_the_graph(
    recipe: Any, rows: pd.DataFrame, held_out: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    wanted = recipe(method=FEW, **LEARNS)
    candidate = build(wanted, rows.head(48), settings, tmp_path)
    assert candidate.head is not None
    ground = prepare_ground(
        wanted,
        Dataset("toy", "classification", Licence("CC0-1.0", commercial=True), "file", {}),
        settings=settings,
        workspace=tmp_path,
        progress=Silence(),
        resume=False,
    )
    outputs = run_graph(candidate.graph, ground.tokenizer, list(held_out["text"]), "int8", settings)
    assert set(outputs) == {"embedding"}
    answered = np.asarray(candidate.head.labels)[candidate.head.scores(outputs["embedding"]).argmax(axis=1)]
    assert (answered == held_out["label"].to_numpy()).mean() > 0.9


def test_promises_rest_on_rows_that_their_fit_has_not_seen(
    recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    # Labels by lot: nothing can be learnt, and only a row that was learnt could be told right.
    lots = rows.head(64).assign(label=random.choice(["one", "two"], size=64))
    candidate = build(recipe(method=FEW, **LEARNS), lots, settings, tmp_path)
    assert candidate.held_out == 64
    assert 0.25 < candidate.notes["out_of_fold_accuracy"] < 0.75
    assert isinstance(candidate.facts, ClassificationFacts)
    point = candidate.facts.operating_point
    assert point is not None
    assert not point.held


def test_prototypes_can_be_its_head(recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path) -> None:
    method = {**FEW, "head": "prototypes"}
    candidate = build(recipe(method=method, epochs=1), rows.head(24), settings, tmp_path)
    assert candidate.notes["head"] == "prototypes"


def test_folds_leave_two_rows_of_each_label_and_hold_out_every_row_of_those_with_enough() -> None:
    truth = np.array([0] * 6 + [1] * 3 + [2] * 2)
    folds = deal_folds(truth, 2, seed=0)
    held = np.concatenate(folds)
    assert len(set(held.tolist())) == len(held)
    assert np.bincount(truth[held], minlength=3).tolist() == [6, 2, 0]
    for fold in folds:
        kept = np.setdiff1d(np.arange(len(truth)), fold)
        assert np.bincount(truth[kept], minlength=3).min() >= 2


def test_two_rows_of_each_label_leave_none_to_hold_out() -> None:
    with pytest.raises(DataError, match="no label has a third row"):
        deal_folds(np.array([0, 0, 1, 1]), 2, seed=0)


def test_a_label_with_one_row_is_refused(recipe: Any, rows: pd.DataFrame, settings: Settings, tmp_path: Path) -> None:
    alone = pd.concat([rows.head(12), pd.DataFrame({"text": ["money"], "label": ["alone"]})])
    with pytest.raises(DataError, match="label 'alone' has 1 row"):
        build(recipe(method=FEW), alone, settings, tmp_path)
