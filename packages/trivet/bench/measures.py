"""The measurements: what is kept of a run so that its figure can be computed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from trivet.answers.classification import ClassificationFacts
from trivet.artifact.artifact import Artifact
from trivet.bench.record import Baseline
from trivet.bench.served import observe_service
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows
from trivet.evaluation.compare import compare_paired
from trivet.evaluation.intervals import bootstrap_interval
from trivet.evaluation.predictions import index_labels
from trivet.recipe import Recipe
from trivet.runtime.offline import run_sorted
from trivet.settings import Settings

FLIP_ROWS = 1000


@dataclass(frozen=True)
class Measured:
    """What was kept, the 95 % interval of the figure, simpler ways on the same rows, and modules that ran elsewhere."""

    kept: dict[str, Any]
    low: float
    high: float
    baselines: dict[str, Baseline] = field(default_factory=dict)
    modules: tuple[str, ...] = ()


def measure_quality(
    artifact: Artifact, recipe: Recipe, settings: Settings, *, guesses: Mapping[str, Sequence[str]], seed: int
) -> Measured:
    """Predicted label of every test row by the served artifact, beside the `guesses` of simpler ways on these rows."""
    rows = test_rows(open_dataset(recipe.data, settings), recipe.data)
    labels = _labels(artifact)
    truth = index_labels(list(rows["label"]), labels)
    predicted = index_labels([answer.label for answer in artifact.classify(list(rows["text"]), top=1)], labels)
    right = predicted == truth
    interval = bootstrap_interval(right.astype(float), seed=seed)
    baselines = {}
    for name, guessed in guesses.items():
        theirs = index_labels(list(guessed), labels) == truth
        baselines[name] = Baseline(value=float(theirs.mean()), paired_p=compare_paired(right, theirs, seed=seed).p)
    kept = {"labels": list(labels), "truth": truth.tolist(), "predicted": predicted.tolist()}
    return Measured(kept, interval.low, interval.high, baselines)


def measure_int8_loss(
    artifact: Artifact, exact: Artifact, recipe: Recipe, settings: Settings, *, seed: int
) -> Measured:
    """Labels of the test rows by the served int8 graph and by the fp32 graph of the same artifact."""
    rows = test_rows(open_dataset(recipe.data, settings), recipe.data)
    labels, texts = _labels(artifact), list(rows["text"])
    truth = index_labels(list(rows["label"]), labels)
    served = index_labels([answer.label for answer in artifact.classify(texts, top=1)], labels)
    full = index_labels([answer.label for answer in exact.classify(texts, top=1)], labels)
    lost = compare_paired(full == truth, served == truth, seed=seed)
    kept = {"truth": truth.tolist(), "int8": served.tolist(), "fp32": full.tolist()}
    return Measured(kept, 100 * lost.low, 100 * lost.high)


def measure_batch_flips(artifact: Artifact, recipe: Recipe, settings: Settings) -> Measured:
    """Labels of 1,000 test texts, each alone and in batches of 32; the interval is that of a count (exact Poisson)."""
    from scipy.stats import chi2

    rows = test_rows(open_dataset(recipe.data, settings), recipe.data).head(FLIP_ROWS)
    encoded = artifact.encode(list(rows["text"]))
    alone = [_label(artifact, [one], batch_size=1)[0] for one in encoded]
    together = _label(artifact, encoded, batch_size=32)
    flips = int(np.sum(np.asarray(alone) != np.asarray(together)))
    low = float(chi2.ppf(0.025, 2 * flips) / 2) if flips else 0.0
    return Measured({"alone": alone, "together": together}, low, float(chi2.ppf(0.975, 2 * flips + 2) / 2))


def measure_service(path: Path, settings: Settings, *, what: str, runs: int) -> Measured:
    """Seconds to the first answer or resident MB of fresh `trivet serve support` processes over this artifact.

    `low` and `high` are the least and the greatest of the runs: five are too few for an interval.
    """
    observed = [observe_service(path, settings) for _ in range(runs)]
    values = [one.seconds if what == "service_start" else one.megabytes for one in observed]
    modules = tuple(sorted({name for one in observed for name in one.modules}))
    return Measured({"runs": values}, min(values), max(values), modules=modules)


def _label(artifact: Artifact, encoded: list[Any], *, batch_size: int) -> list[str]:
    outputs = run_sorted(artifact.graph.engine, encoded, batch_size=batch_size)
    return [answer.label for answer in artifact.answering.classify(outputs, encoded, top=1)]


def _labels(artifact: Artifact) -> tuple[str, ...]:
    assert isinstance(artifact.facts, ClassificationFacts)
    return artifact.facts.labels
