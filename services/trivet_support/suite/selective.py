"""Which messages are answered without a person, and how many of those answers are wrong: scored as deployed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.evaluation.intervals import bootstrap_statistic
from trivet.evaluation.measure import score_share
from trivet.evaluation.picture import ACCENT, WARNING, Plot, draw
from trivet.evaluation.predictions import index_labels
from trivet.evaluation.report import Score
from trivet_service.suites.section import Found, Metric, Section, Table
from trivet_support.judging.judged import Judged
from trivet_support.judging.simpler import RASA_THRESHOLD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Doubles = NDArray[np.float64]
PRECISIONS = (0.95, 0.99)


def measure(judged: Judged) -> Found:
    """The deployed operating point, the curve of risk and coverage with its area, and coverage at 95 and 99 %."""
    levels, right, answered = judged.answered.confidences, judged.right, judged.answered.is_answered
    metrics = [Metric.of("coverage", "Answered without a person", score_share(answered))]
    point = judged.facts.operating_point
    if answered.any():
        precision = score_share(right[answered])
        metrics.append(Metric.of("precision", "Right among the answers given", precision))
    ends = bootstrap_statistic(
        lambda drawn: np.array([area(levels[one], right[one]) for one in drawn]),
        len(right),
        seed=judged.seed,
        rounds=200,
    )
    whole = Score(area(levels, right), ends.low, ends.high)
    metrics.append(Metric.of("aurc", "Area under risk and coverage", whole, unit="number", better="lower"))
    for least in PRECISIONS:
        share = Metric.of(f"coverage@{100 * least:.0f}", f"Coverage at {least:.0%} precision", _at(judged, least))
        metrics.append(share)
    notes = []
    if point is not None:
        held = "" if point.held else " The rows held out were too few to keep it, so nothing is answered."
        notes.append(
            f"Deployed: at most {point.risk:.0%} of the answers wrong, with {point.confidence:.0%} confidence, from a"
            f" confidence of {point.threshold:.3f}; {point.coverage:.1%} of the rows held out were answered.{held}"
        )
    return Found(tuple(metrics), (_decisions(judged), _simpler(judged)), (_draw(judged),), tuple(notes))


def trace(confidences: ArrayLike, right: ArrayLike) -> tuple[Doubles, Doubles]:
    """Coverage and risk F64[N] where the most confident rows are answered first."""
    levels, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right).astype(bool)
    wrong = np.cumsum(~hits[np.argsort(-levels, kind="stable")])
    answered = np.arange(1, len(levels) + 1)
    return answered / len(levels), wrong / answered


def area(confidences: ArrayLike, right: ArrayLike) -> float:
    """Area under the curve of risk and coverage (Geifman and El-Yaniv 2017): the mean risk over all coverages."""
    return float(trace(confidences, right)[1].mean())


def coverage_at(confidences: ArrayLike, right: ArrayLike, *, precision: float) -> float:
    """The largest share of rows of which at least `precision` are right; equal confidences are answered together."""
    levels = np.sort(np.asarray(confidences, dtype=np.float64))[::-1]
    coverage, risk = trace(confidences, right)
    whole = np.append(levels[1:] != levels[:-1], True)
    kept = np.flatnonzero(whole & (1 - risk >= precision - 1e-12))
    return float(coverage[kept[-1]]) if len(kept) else 0.0


def _at(judged: Judged, precision: float) -> Score:
    levels, right = judged.answered.confidences, judged.right
    ends = bootstrap_statistic(
        lambda drawn: np.array([coverage_at(levels[one], right[one], precision=precision) for one in drawn]),
        len(right),
        seed=judged.seed,
        rounds=200,
    )
    return Score(coverage_at(levels, right, precision=precision), ends.low, ends.high)


def _decisions(judged: Judged) -> Table:
    counts = Counter(judged.answered.decisions)
    decided = np.array(judged.answered.decisions, dtype=object)
    rows = tuple(
        (name, count, count / len(decided), float(judged.right[decided == name].mean()))
        for name, count in counts.most_common()
    )
    return Table(
        "decisions",
        "What a bot is told to do",
        ("decision", "rows", "share", "first intent right"),
        rows,
        shares=("share", "first intent right"),
    )


def _simpler(judged: Judged) -> Table:
    rows = [_line("ours, as deployed", judged.answered.confidences, judged.right, judged.answered.is_answered)]
    for way in judged.simpler.all:
        right = index_labels(way.labels, judged.labels) == judged.truth
        rows.append(_line(way.name, way.confidences, right, way.confidences >= RASA_THRESHOLD))
    return Table(
        "baselines",
        "Against simpler ways",
        ("way", "answered", "right among those", "area", "coverage at 95 %"),
        tuple(rows),
        note=f"Simpler ways answer from a confidence of {RASA_THRESHOLD:g}, as Rasa's FallbackClassifier is shipped.",
        shares=("answered", "right among those", "coverage at 95 %"),
    )


def _line(
    name: str, levels: Doubles, right: NDArray[np.bool_], answered: NDArray[np.bool_]
) -> tuple[str, float, float | None, float, float]:
    among = float(right[answered].mean()) if answered.any() else None
    return name, float(answered.mean()), among, area(levels, right), coverage_at(levels, right, precision=0.95)


def _draw(judged: Judged) -> Plot:
    coverage, risk = trace(judged.answered.confidences, judged.right)
    answered, point = judged.answered.is_answered, judged.facts.operating_point

    def paint(axes: Axes) -> None:
        axes.plot(coverage, risk, color=ACCENT)
        if point is not None:
            axes.axhline(point.risk, color=WARNING, linestyle="--", linewidth=1, label=f"promised: {point.risk:g}")
        if answered.any():
            wrong = float((~judged.right[answered]).mean())
            axes.plot(answered.mean(), wrong, color=WARNING, marker="o", linestyle="none", label="as deployed")
        highest = max(float(risk[len(risk) // 20 :].max(initial=0.01)), point.risk if point else 0.0)
        axes.set(xlim=(0, 1.01), ylim=(0, 1.15 * highest), xlabel="share answered", ylabel="share of answers wrong")
        axes.legend(frameon=False, loc="upper left")

    return draw("risk-coverage", "Risk and coverage", paint)


section = Section(
    4,
    "selective",
    "Answering or not",
    "How much is answered without a person, and how much of that is wrong, with the thresholds that serve?",
    measure,
)
