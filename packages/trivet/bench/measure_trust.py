"""Measurements of trust: calibration, promised errors, foreign texts, and the alarm under shift."""

from __future__ import annotations

from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from trivet.answers.classification import ClassificationFacts
from trivet.artifact.artifact import Artifact
from trivet.bench.definition import TrustMeasure
from trivet.bench.measure_foreign import (
    choose_threshold,
    judge_rows,
    measure_foreign,
    measure_recall_chosen,
    recompute_foreign,
)
from trivet.bench.measures import Measured
from trivet.bench.record import Baseline
from trivet.data.dataset import Dataset
from trivet.data.sources import open_dataset
from trivet.evaluation.intervals import percentiles, wilson
from trivet.evaluation.metrics.calibration import ece, ece_interval
from trivet.recipe import Recipe
from trivet.settings import Settings
from trivet.trust.risk import find_operating_point
from trivet.trust.shift import NoveltyAlarm, RiskAlarm, alarm_delay

HALVINGS = 1000
# Streams of the alarm: so many, of so many texts, with this share of foreign ones.
STREAMS, LENGTH, FOREIGN = 500, 1000, 0.2
FALSE_ALARMS = 0.05


def measure_trust(what: TrustMeasure, artifact: Artifact, recipe: Recipe, settings: Settings, *, seed: int) -> Measured:
    """What a figure of trust is computed from, with its interval and simpler ways on the same rows."""
    dataset = open_dataset(recipe.data, settings)
    match what:
        case "ece":
            return _calibration(judge_rows(artifact, dataset, recipe), seed=seed)
        case "coverage_at_risk":
            return _coverage(judge_rows(artifact, dataset, recipe), artifact)
        case "risk_violations":
            return _violations(judge_rows(artifact, dataset, recipe), recipe, seed=seed)
        case "oos_auroc" | "oos_auroc_far" | "oos_recall_5":
            return measure_foreign(what, artifact, dataset, recipe, settings, seed=seed)
        case "oos_recall_chosen":
            return measure_recall_chosen(artifact, dataset, recipe)
        case "shift_alarm":
            return _alarm(artifact, dataset, recipe, settings, seed=seed)
        case _:
            assert_never(what)


def recompute_trust(what: TrustMeasure, kept: dict[str, Any]) -> float:
    """The figure that the kept predictions give.

    Raises:
        KeyError, ValueError: they are of another measure.
    """
    match what:
        case "ece":
            return ece(kept["confidence"], kept["right"])
        case "coverage_at_risk":
            return float(np.mean(kept["answered"])) if _keeps(kept) else 0.0
        case "risk_violations":
            return float(np.mean(_halve(kept)))
        case "oos_auroc" | "oos_auroc_far" | "oos_recall_5":
            return recompute_foreign(what, kept)
        case "oos_recall_chosen":
            return float(np.mean(np.asarray(kept["foreign"]) > choose_threshold(kept)))
        case "shift_alarm":
            return float(np.median([LENGTH if one is None else one for one in kept["delays"]]))
        case _:
            assert_never(what)


def _calibration(judged: dict[str, list[Any]], *, seed: int) -> Measured:
    kept = {name: judged[name] for name in ("confidence", "right")}
    ends = ece_interval(kept["confidence"], kept["right"], seed=seed)
    # What every answer would say that knew only how often the model is right.
    constant = float(np.abs(np.mean(kept["confidence"]) - np.mean(kept["right"])))
    return Measured(kept, ends.low, ends.high, {"mean confidence less accuracy": Baseline(value=constant)})


def _coverage(judged: dict[str, list[Any]], artifact: Artifact) -> Measured:
    assert isinstance(artifact.facts, ClassificationFacts)
    point = artifact.facts.operating_point
    assert point is not None, "a trained classifier has one"
    kept: dict[str, Any] = {name: judged[name] for name in ("answered", "right")} | {"risk": point.risk}
    answered = np.asarray(kept["answered"])
    ends = wilson(int(answered.sum()), len(answered))
    wrong = 1 - np.asarray(kept["right"])[answered].mean() if answered.any() else 0.0
    return Measured(kept, ends.low, ends.high, {"wrong among the answers": Baseline(value=float(wrong))})


def _keeps(kept: dict[str, Any]) -> bool:
    answered, right = np.asarray(kept["answered"]), np.asarray(kept["right"])
    return not answered.any() or 1 - right[answered].mean() <= kept["risk"]


def _violations(judged: dict[str, list[Any]], recipe: Recipe, *, seed: int) -> Measured:
    """The promise in both its forms; the figure is that of the next texts, which is what a halving counts."""
    trust = recipe.trust
    kept: dict[str, Any] = {name: judged[name] for name in ("confidence", "refused", "right")}
    kept |= {"risk": trust.risk, "promised": trust.confidence, "seed": seed, "horizon": len(kept["right"]) // 2}
    exceeded = _halve(kept)
    ends = wilson(int(exceeded.sum()), len(exceeded))
    long_run = float(np.mean(_halve({**kept, "horizon": 0})))
    return Measured(kept, ends.low, ends.high, {"promise for the long run": Baseline(value=long_run)})


def _halve(kept: dict[str, Any]) -> NDArray[np.bool_]:
    """Whether each of the halvings exceeds the promised risk on the half that the threshold was not chosen on."""
    right = np.asarray(kept["right"])
    confidences = np.where(kept["refused"], 0.0, kept["confidence"])
    rng = np.random.default_rng(kept["seed"])
    exceeded = np.zeros(HALVINGS, dtype=bool)
    for at in range(HALVINGS):
        order = rng.permutation(len(right))
        chosen_on, tried_on = order[: len(order) // 2], order[len(order) // 2 :]
        point = find_operating_point(
            confidences[chosen_on],
            right[chosen_on],
            risk=kept["risk"],
            confidence=kept["promised"],
            horizon=kept["horizon"],
        )
        answered = right[tried_on][confidences[tried_on] >= point.threshold]
        exceeded[at] = len(answered) > 0 and 1 - answered.mean() > kept["risk"]
    return exceeded


def _alarm(artifact: Artifact, dataset: Dataset, recipe: Recipe, settings: Settings, *, seed: int) -> Measured:
    """Feedbacks until the alarm rings where foreign texts are mixed in, and how often it rings where none are.

    Foreign texts are those of CLINC150 that belong to no intent: whatever is answered to one of them is wrong. The
    alarm hears only of answers that were given; half of the test rows is the reference of the alarm without labels.
    """
    other = open_dataset(recipe.data.model_copy(update={"dataset": "clinc150"}), settings)
    strange = artifact.classify(list(other.frame("out_of_scope_test")["text"]), top=1)
    judged = judge_rows(artifact, dataset, recipe)
    risk = recipe.trust.risk
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(judged["right"]))
    reference, stream = order[: len(order) // 2], order[len(order) // 2 :]
    novelties = np.asarray(judged["novelty"])
    quiet = NoveltyAlarm.start(novelties[reference], false_alarms=FALSE_ALARMS)
    kept: dict[str, Any] = {"delays": [], "false": [], "delays_without_labels": [], "false_without_labels": []}
    for _ in range(STREAMS):
        rows = rng.choice(stream, LENGTH)
        mixed = rng.random(LENGTH) < FOREIGN
        guests = rng.integers(len(strange), size=LENGTH)
        wrong = [not judged["right"][row] if judged["answered"][row] else None for row in rows]
        foreign = [True if strange[guest].decision == "answer" else None for guest in guests]
        heard = [guest if is_mixed else own for guest, own, is_mixed in zip(foreign, wrong, mixed, strict=True)]
        alarm = RiskAlarm(risk, FALSE_ALARMS)
        kept["delays"].append(alarm_delay(alarm, [float(one) for one in heard if one is not None]))
        kept["false"].append(alarm_delay(alarm, [float(one) for one in wrong if one is not None]))
        values = np.where(mixed, [float(strange[guest].novelty or 0.0) for guest in guests], novelties[rows])
        kept["delays_without_labels"].append(alarm_delay(quiet, values))
        kept["false_without_labels"].append(alarm_delay(quiet, novelties[rows]))
    delays = np.array([LENGTH if one is None else one for one in kept["delays"]], dtype=np.float64)
    ends = percentiles(delays, confidence=0.95)
    return Measured(kept, ends.low, ends.high, _beside_the_alarm(kept))


def _beside_the_alarm(kept: dict[str, Any]) -> dict[str, Baseline]:
    quiet = [LENGTH if one is None else one for one in kept["delays_without_labels"]]
    shares = {
        "false alarms": kept["false"],
        "false alarms without labels": kept["false_without_labels"],
    }
    return {
        "texts without labels": Baseline(value=float(np.median(quiet))),
        **{name: Baseline(value=float(np.mean([one is not None for one in found]))) for name, found in shares.items()},
    }
