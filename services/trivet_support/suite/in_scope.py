"""Messages that belong to an intent: how many get the right one, and which are mixed up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trivet.evaluation.compare import compare_paired
from trivet.evaluation.intervals import bootstrap_statistic
from trivet.evaluation.measure import score_share
from trivet.evaluation.metrics.classification import (
    Counts,
    count_confusion,
    macro_f1,
    macro_f1_interval,
    score_classes,
    worst_confusions,
)
from trivet.evaluation.picture import Plot, draw
from trivet.evaluation.predictions import index_labels
from trivet.evaluation.report import Score
from trivet_service.suites.section import Found, Metric, Section, Table
from trivet_support.judging.judged import Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOP = 3
PAIRS, EXAMPLES = 12, 2
# More names than this cannot be read along an axis.
NAMED = 40


def measure(judged: Judged) -> Found:
    """Accuracy, F1 and the right intent among the first three, each intent by itself, and what is confused."""
    counts = count_confusion(judged.truth, judged.predicted, classes=len(judged.labels))
    ends = macro_f1_interval(counts, seed=judged.seed)
    among = np.argsort(-judged.chances, axis=1, kind="stable")[:, :TOP]
    return Found(
        metrics=(
            Metric.of("accuracy", "Accuracy", score_share(judged.right)),
            Metric.of("macro_f1", "Macro F1", Score(macro_f1(counts), ends.low, ends.high)),
            Metric.of("weighted_f1", "Weighted F1", _weighted(judged)),
            Metric.of("top3", "Right among the first three", score_share((among == judged.truth[:, None]).any(axis=1))),
        ),
        tables=(_simpler(judged), _pairs(judged, counts), _intents(judged, counts)),
        plots=(_draw_confusion(counts, judged.labels),),
        errors=tuple(_errors(judged)),
    )


def weigh_f1(counts: Counts) -> float:
    """Mean F1 over the intents, each weighed by its true rows, as scikit-learn counts it."""
    right, true, given = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    return float((2 * right / np.maximum(true + given, 1) * true).sum() / true.sum())


def order_by_confusion(counts: Counts) -> NDArray[np.int64]:
    """The intents I64[C] so that those which are mixed up stand together (average linkage)."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(counts) < 3:
        return np.arange(len(counts))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    distance = 1.0 - np.minimum((shares + shares.T) / 2, 1.0)
    np.fill_diagonal(distance, 0.0)
    joined = linkage(squareform(distance, checks=False), method="average", optimal_ordering=len(counts) <= 200)
    return np.asarray(leaves_list(joined), dtype=np.int64)


def _weighted(judged: Judged) -> Score:
    classes = len(judged.labels)
    counts = count_confusion(judged.truth, judged.predicted, classes=classes)

    def resampled(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        pairs = judged.truth[drawn] * classes + judged.predicted[drawn]
        return np.array([weigh_f1(np.bincount(one, minlength=classes**2).reshape(classes, classes)) for one in pairs])

    ends = bootstrap_statistic(resampled, len(judged.truth), seed=judged.seed, rounds=200)
    return Score(weigh_f1(counts), ends.low, ends.high)


def _simpler(judged: Judged) -> Table:
    rows: list[tuple[Any, ...]] = []
    for way in judged.simpler.all:
        theirs = index_labels(way.labels, judged.labels) == judged.truth
        test = compare_paired(judged.right, theirs, seed=judged.seed)
        gained = f"{100 * test.difference:+.1f} [{100 * test.low:+.1f}, {100 * test.high:+.1f}]"
        rows.append((way.name, float(theirs.mean()), gained, f"{test.p:.2g}", f"ours is {test.verdict}"))
    return Table(
        "baselines",
        "Against simpler ways",
        ("way", "accuracy", "ours gains, points", "p", "verdict"),
        tuple(rows),
        note="The same rows; the p value is McNemar's, exact.",
        shares=("accuracy",),
    )


def _pairs(judged: Judged, counts: Counts) -> Table:
    rows = []
    for pair in worst_confusions(counts, judged.labels, top=PAIRS):
        truth, given = (judged.labels.index(name) for name in (pair.truth, pair.predicted))
        at = np.flatnonzero((judged.truth == truth) & (judged.predicted == given))[:EXAMPLES]
        rows.append((pair.truth, pair.predicted, pair.rows, " / ".join(judged.texts[row] for row in at)))
    return Table("confused", "What is mixed up most", ("true", "answered", "rows", "for example"), tuple(rows))


def _intents(judged: Judged, counts: Counts) -> Table:
    scored = sorted(score_classes(counts, judged.labels), key=lambda one: (one.f1, one.label))
    rows = tuple((one.label, one.precision, one.recall, one.f1, one.support) for one in scored if one.support)
    return Table(
        "intents",
        "Each intent, the weakest first",
        ("intent", "precision", "recall", "F1", "rows"),
        rows,
        folded=True,
        shares=("precision", "recall", "F1"),
    )


def _errors(judged: Judged) -> list[dict[str, Any]]:
    answered = judged.answered
    return [
        {
            "text": judged.texts[row],
            "true": judged.labels[judged.truth[row]],
            "answered": answered.labels[row],
            "confidence": round(float(answered.confidences[row]), 4),
            "decision": answered.decisions[row],
        }
        for row in np.flatnonzero(~judged.right)
    ]


def _draw_confusion(counts: Counts, labels: tuple[str, ...]) -> Plot:
    order = order_by_confusion(counts)
    shares = (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))[np.ix_(order, order)]
    names = [labels[at] for at in order]

    def paint(axes: Axes) -> None:
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        axes.figure.colorbar(image, ax=axes, shrink=0.7, label="share of the true intent")
        if len(names) <= NAMED:
            axes.set_xticks(range(len(names)), names, rotation=90)
            axes.set_yticks(range(len(names)), names)
        axes.set(xlabel="answered", ylabel="true")

    side = 4.8 if len(names) > NAMED else 3.0 + 0.2 * len(names)
    return draw("confusion", "Confusion; intents that are mixed up stand together", paint, size=(side + 0.8, side))


section = Section(
    1, "in-scope", "In scope", "Do messages of a known intent get the right one, and which are mixed up?", measure
)
