"""A classifier learns what is foreign to it, from rows out of scope where its data set has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trivet.data.dataset import Dataset, Licence, Loaded, Table
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import RecipeError
from trivet.methods.foreign import learn_again, learn_foreign
from trivet.methods.ground import prepare_ground
from trivet.methods.progress import Silence
from trivet.methods.promises import HeldOut
from trivet.methods.tuned_classifier import build_classifier
from trivet.recipe import Recipe, build_recipe
from trivet.settings import Settings
from trivet.trust.learn_novelty import Sample

WIDTH = 6


def recipe_of(**trust: Any) -> Recipe:
    return build_recipe({"name": "toy", "data": {"dataset": "toy"}, "trust": trust})


def dataset_of(tables: Mapping[str, pd.DataFrame]) -> Dataset:
    made = {name: Table(lambda rows=rows: Loaded(rows, "0" * 64)) for name, rows in tables.items()}  # type: ignore[misc]
    return Dataset("toy", "classification", Licence("CC0-1.0", commercial=True), "file", made)


def draw(rows: int, *, middle: float, seed: int, labelled: bool = True) -> Sample:
    rng = np.random.default_rng(seed)
    truth = np.arange(rows) % 2
    centres = np.eye(2, WIDTH)[truth] * 4 if labelled else np.full((rows, WIDTH), middle)
    embeddings = (centres + rng.standard_normal((rows, WIDTH))).astype(np.float32)
    return Sample(embeddings[:, :2].astype(np.float64), embeddings, truth if labelled else None)


@pytest.fixture
def held_out() -> HeldOut:
    learnt = draw(80, middle=0, seed=0)
    assert learnt.truth is not None
    return HeldOut(learnt.scores, np.zeros(80, dtype=np.float32), learnt.truth)


def run(texts: Sequence[str]) -> Sample:
    return draw(len(texts), middle=-2.0, seed=9, labelled=False)


OUTSIDE = pd.DataFrame({"text": [f"odd {at}" for at in range(30)], "label": "out_of_scope"})


def test_prototypes_need_no_yardstick(held_out: HeldOut) -> None:
    found = learn_foreign(recipe_of(), dataset_of({}), draw(80, middle=0, seed=0), None, held_out, run)
    assert found.yardstick is None
    assert found.held_out is held_out


@pytest.mark.parametrize(("outliers", "learnt_from"), [(True, True), (False, False)])
def test_rows_out_of_scope_are_learnt_from_where_the_recipe_lets_it(
    outliers: bool, learnt_from: bool, held_out: HeldOut
) -> None:
    recipe = recipe_of(novelty="combined", outliers=outliers)
    dataset = dataset_of({"out_of_scope_train": OUTSIDE})
    found = learn_foreign(recipe, dataset, draw(80, middle=0, seed=0), None, held_out, run)
    assert found.yardstick is not None
    assert ("outliers" in found.yardstick.components) == learnt_from
    assert np.ptp(found.held_out.novelties) > 0
    again = learn_again(found.yardstick, recipe, dataset, draw(90, middle=0, seed=1), run)
    assert again is not None
    assert again.components == found.yardstick.components


def test_rows_out_of_scope_of_the_test_are_never_opened(held_out: HeldOut) -> None:
    def shut() -> Loaded:
        raise AssertionError("the test was opened")

    tables = {name: Table(shut) for name in ("test", "out_of_scope_test", "out_of_scope_validation")}
    dataset = Dataset("toy", "classification", Licence("CC0-1.0", commercial=True), "file", tables)
    recipe = recipe_of(novelty="combined")
    assert learn_foreign(recipe, dataset, draw(80, middle=0, seed=0), None, held_out, run).yardstick is not None


def test_a_tuned_classifier_has_one_after_refitting_too(
    source: EncoderSource, rows: pd.DataFrame, settings: Settings, tmp_path: Path
) -> None:
    values = {
        "name": "toy",
        "data": {"dataset": "toy"},
        "task": {"kind": "classification", "max_tokens": 32},
        "encoder": {"name": str(source.path)},
        "method": {"kind": "full"},
        "training": {"epochs": 1, "batch_size": 16, "bf16": "off", "refit": True},
        "trust": {"novelty": "combined", "sets": "aps", "calibration": "auto", "neighbour_rows": 50},
        "export": {"precision": "fp32"},
    }
    recipe = build_recipe(values)
    outside = OUTSIDE.assign(text=[f"thing{at % 12} thing{at % 5}s" for at in range(30)])
    ground = prepare_ground(
        recipe,
        dataset_of({"train": rows, "out_of_scope_train": outside}),
        settings=settings,
        workspace=tmp_path,
        progress=Silence(),
        resume=False,
    )
    candidate = build_classifier(recipe, rows, ground)
    assert candidate.yardstick is not None
    assert candidate.yardstick.tensors()["rows"].shape[0] == 50
    assert candidate.facts.sets is not None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "values",
    [
        {"method": {"kind": "few_shot"}},
        {"task": {"kind": "similarity"}, "method": {"kind": "full"}},
        {"task": {"kind": "multilabel"}, "method": {"kind": "head"}},
    ],
)
def test_what_cannot_measure_it_says_so_when_the_recipe_is_read(values: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r"trust\.novelty"):
        build_recipe({"name": "toy", "data": {"dataset": "toy"}, "trust": {"novelty": "energy"}, **values})
