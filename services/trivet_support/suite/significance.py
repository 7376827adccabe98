"""Against another model, for example the live one: what differs is shown only where the rows show it."""

from __future__ import annotations

from typing import Any

import numpy as np

from trivet.evaluation.compare import compare_paired, non_inferior
from trivet.evaluation.metrics.calibration import brier
from trivet_service.suites.section import Found, Metric, NothingToJudgeError, Section, Table
from trivet_support.judging.judged import Judged

EXAMPLES = 50


def measure(judged: Judged) -> Found:
    """Paired bootstrap and McNemar of accuracy, Brier score and coverage, row by row against the other model."""
    if judged.against is None:
        raise NothingToJudgeError("it is the live model itself, or none is live: name another with --against.")
    facts = judged.against.facts
    if getattr(facts, "labels", None) != judged.labels:
        raise NothingToJudgeError("the other model knows other intents, so no row can be compared.")
    theirs = judged.answer(judged.texts, by=judged.against)
    right = np.array([judged.labels.index(label) for label in theirs.labels]) == judged.truth
    test = compare_paired(judged.right, right, seed=judged.seed)
    margin = judged.artifact.recipe.gates.margin
    kept = non_inferior(judged.right, right, margin=margin, seed=judged.seed)
    losses = [-brier(chances, judged.truth) for chances in (judged.chances, _chances(judged, theirs))]
    calibrated = compare_paired(*losses, seed=judged.seed)
    coverage = compare_paired(judged.answered.is_answered, theirs.is_answered, seed=judged.seed)
    compared = (("accuracy", test), ("Brier score, less is better", calibrated), ("answered", coverage))
    rows = tuple((name, one.difference, one.low, one.high, f"{one.p:.2g}", one.verdict) for name, one in compared)
    flips: list[tuple[Any, ...]] = [
        (judged.texts[row], judged.labels[judged.truth[row]], judged.answered.labels[row], theirs.labels[row])
        for row in np.flatnonzero(judged.right != right)[:EXAMPLES]
    ]
    holds = "holds" if kept.holds else "does not hold"
    return Found(
        metrics=(
            Metric.points("gain", "Accuracy gained", test, better="higher"),
            Metric("p", "McNemar's p", test.p),
            Metric("only_ours", "Right only here", float((judged.right & ~right).sum()), unit="rows"),
            Metric("only_theirs", "Right only there", float((right & ~judged.right).sum()), unit="rows"),
        ),
        tables=(
            Table("paired", "Paired tests", ("figure", "difference", "low", "high", "p", "this model is"), rows),
            Table("flips", "Answers that differ", ("text", "true", "here", "there"), tuple(flips), folded=True),
        ),
        notes=(f"That it loses at most {100 * margin:g} points {holds} (worst {100 * kept.low:+.2f}).",),
    )


def _chances(judged: Judged, answered: Any) -> Any:
    places = {label: at for at, label in enumerate(judged.labels)}
    found = np.zeros((len(answered.answers), len(places)))
    for row, answer in enumerate(answered.answers):
        for label, chance in answer.ranking:
            found[row, places[label]] = chance
    return found


section = Section(
    12,
    "significance",
    "Against another model",
    "Is a difference from the other model more than the luck of these rows?",
    measure,
)
