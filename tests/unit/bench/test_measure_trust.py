"""Figures of trust: measured on a served artifact, and computed again from what was kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from trivet.artifact.artifact import Artifact
from trivet.bench import measure_trust as measures
from trivet.bench.measure_foreign import choose_threshold
from trivet.bench.measure_trust import TrustMeasure, recompute_trust
from trivet.recipe import Recipe, build_recipe
from trivet.settings import Settings


@pytest.fixture
def served(tiny_artifact: Path) -> Iterator[Artifact]:
    artifact = Artifact.load(tiny_artifact, threads=1)
    yield artifact
    artifact.close()


@pytest.fixture
def recipe(tmp_path: Path, tiny: Any) -> Recipe:
    """A folder of rows with labels; what is out of scope comes from a file of its own."""
    rows = [f"{text},{label}" for label, texts in tiny.topics.items() for text in texts]
    for name in ("train", "test"):
        (tmp_path / f"{name}.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    data = {"dataset": str(tmp_path / "train.csv"), "test": str(tmp_path / "test.csv")}
    return build_recipe({"name": "desk", "data": data})


@pytest.mark.parametrize("what", ["ece", "risk_violations"])
def test_what_is_kept_survives_json_and_gives_the_figure(what: TrustMeasure, served: Artifact, recipe: Recipe) -> None:
    measured = measures.measure_trust(what, served, recipe, Settings(), seed=0)
    kept = json.loads(json.dumps(measured.kept))
    assert measured.low <= recompute_trust(what, kept) <= measured.high


def test_coverage_counts_only_where_the_promise_holds() -> None:
    kept = {"answered": [True] * 90 + [False] * 10, "right": [True] * 99 + [False], "risk": 0.01}
    assert recompute_trust("coverage_at_risk", kept) == pytest.approx(0.9)
    assert recompute_trust("coverage_at_risk", {**kept, "right": [False, False] + [True] * 98}) == 0.0


def test_violations_are_counted_on_the_other_half() -> None:
    rng = np.random.default_rng(0)
    confidences = rng.beta(4, 1, 2000)
    right = rng.random(2000) < confidences**0.4
    kept = {"confidence": confidences.tolist(), "refused": [False] * 2000, "right": right.tolist()}
    kept |= {"risk": 0.05, "promised": 0.95, "seed": 0, "horizon": 1000}
    assert recompute_trust("risk_violations", kept) <= 0.065
    assert recompute_trust("risk_violations", kept) <= recompute_trust("risk_violations", {**kept, "horizon": 0})


def test_areas_and_recalls_are_those_of_the_novelties() -> None:
    kept = {"known": [0.1, 0.2, 0.3, 0.4], "foreign": [0.35, 0.5]}
    assert recompute_trust("oos_auroc", kept) == recompute_trust("oos_auroc_far", kept) == pytest.approx(7 / 8)
    assert recompute_trust("oos_recall_5", kept) == 0.5


def test_the_threshold_is_chosen_on_validation_alone() -> None:
    kept = {"validation_novelty": list(range(1000)), "validation_right": [True] * 980 + [False] * 20}
    assert choose_threshold(kept) == 961
    assert recompute_trust("oos_recall_chosen", {**kept, "foreign": [961, 962, 2000]}) == pytest.approx(2 / 3)
    hopeless = {"validation_novelty": [0.1, 0.2], "validation_right": [True, False], "foreign": [9.0]}
    assert recompute_trust("oos_recall_chosen", hopeless) == 0.0


def test_a_stream_without_an_alarm_counts_as_its_whole_length() -> None:
    assert recompute_trust("shift_alarm", {"delays": [10, None, 30]}) == 30
    assert recompute_trust("shift_alarm", {"delays": [None, None, 30]}) == measures.LENGTH


def test_every_measure_refuses_what_another_one_kept() -> None:
    for what in get_args(TrustMeasure):
        with pytest.raises((KeyError, ValueError)):
            recompute_trust(what, {"runs": [1.0]})
