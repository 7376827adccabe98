"""Whether a confidence of .9 is right nine times in ten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.data.context import split_context
from trivet.evaluation.measure import LEAST, score_mean
from trivet.evaluation.metrics.calibration import brier, ece, ece_interval, reliability
from trivet.evaluation.picture import ACCENT, INK, WARNING, Plot, draw
from trivet.evaluation.report import Score
from trivet.trust.temperature import probabilities
from trivet_service.suites.section import Found, Metric, Section, Table
from trivet_support.judging.judged import Judged
from trivet_support.language import tell_language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Fewer rows have a calibration error by luck alone.
LEAST_ROWS = 30


def measure(judged: Judged) -> Found:
    """Calibration error over 15 bins of equally many rows, an intent by itself, Brier, log loss, and by language."""
    chances, truth, seed = judged.chances, judged.truth, judged.seed
    levels, right = chances.max(axis=1), judged.right
    ends = ece_interval(levels, right, seed=seed)
    losses = -np.log(np.maximum(chances[np.arange(len(truth)), truth], LEAST))
    before = probabilities(judged.scores, 1.0)
    raw_levels, raw_right = before.max(axis=1), before.argmax(axis=1) == truth
    return Found(
        metrics=(
            _less("ece", "Calibration error (ECE)", Score(ece(levels, right), ends.low, ends.high)),
            Metric("ece_before", "ECE before temperature", ece(raw_levels, raw_right)),
            Metric("classwise_ece", "Class-wise ECE", classwise_ece(chances, truth), better="lower"),
            _less("brier", "Brier score", score_mean(brier(chances, truth), seed=seed)),
            _less("nll", "Log loss", score_mean(losses, seed=seed)),
        ),
        tables=(_by_language(judged),),
        plots=(_draw(levels, right, raw_levels, raw_right),),
        notes=(f"Temperature {judged.facts.temperature:.4g}, from rows held out of training.",),
    )


def classwise_ece(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Mean over the intents of the calibration error of each one's probability (Kull et al. 2019, arXiv 1910.12656)."""
    chances, indices = np.asarray(probabilities, dtype=np.float64), np.asarray(truth, dtype=np.int64)
    return float(np.mean([ece(chances[:, at], indices == at) for at in range(chances.shape[1])]))


def _less(name: str, title: str, score: Score) -> Metric:
    return Metric.of(name, title, score, unit="number", better="lower")


def _by_language(judged: Judged) -> Table:
    tongues = np.array([tell_language(split_context(text)[1]) or "none" for text in judged.texts], dtype=object)
    levels = judged.chances.max(axis=1)
    rows = []
    for name in sorted(set(tongues)):
        chosen = tongues == name
        enough = int(chosen.sum()) >= LEAST_ROWS
        rows.append(
            (
                str(name),
                int(chosen.sum()),
                float(judged.right[chosen].mean()),
                float(levels[chosen].mean()),
                ece(levels[chosen], judged.right[chosen]) if enough else None,
            )
        )
    return Table(
        "languages",
        "By language",
        ("language", "rows", "accuracy", "mean confidence", "ECE"),
        tuple(rows),
        note=f"A language of fewer than {LEAST_ROWS} rows has no ECE.",
        shares=("accuracy", "mean confidence"),
    )


def _draw(
    levels: NDArray[np.float64], right: NDArray[np.bool_], raw: NDArray[np.float64], raw_right: NDArray[np.bool_]
) -> Plot:
    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=INK, linestyle=":", linewidth=1, label="calibrated")
        for name, colour, sure, hits in (("before", WARNING, raw, raw_right), ("after", ACCENT, levels, right)):
            bins = reliability(sure, hits)
            axes.plot(
                [one.confidence for one in bins],
                [one.accuracy for one in bins],
                color=colour,
                marker="o",
                label=f"{name} temperature",
            )
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share right")
        axes.legend(frameon=False, loc="upper left")

    return draw("reliability", "Reliability: 15 bins of equally many rows", paint)


section = Section(3, "calibration", "Calibration", "Does a confidence of .9 mean right nine times in ten?", measure)
