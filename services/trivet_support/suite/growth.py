"""How many examples an intent needs, and what adding intents costs the old ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trivet.data.splits import take_shots
from trivet.errors import EncoderError
from trivet.evaluation.compare import compare_paired
from trivet.evaluation.picture import ACCENT, Plot, draw
from trivet.evaluation.predictions import index_labels
from trivet.heads.analytic import AnalyticHead
from trivet.methods.features import embed_frozen
from trivet.recipe.method import HeadMethod
from trivet_service.suites.section import Found, Metric, NothingToJudgeError, Section, Table
from trivet_support.judging.judged import Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOTS, SEEDS = (1, 2, 5, 10, 20), 5
QUICK_SHOTS, QUICK_SEEDS = (1, 5, 10), 2
# So many intents are added to the others, at most a fifth of all, each from so many examples.
ADDED, EXAMPLES = 15, 20
# Random features of the head.
WIDTH, QUICK_WIDTH = HeadMethod().expansion, 1000
Floats = NDArray[np.float32]


def measure(judged: Judged) -> Found:
    """A head over the untouched encoder, from a few examples an intent; and the old intents before and after."""
    rows = take_shots(judged.train, shots=max(SHOTS), seed=judged.seed)
    texts = [*judged.hear(list(rows["text"])), *judged.hear(judged.texts)]
    try:
        embedded = embed_frozen(judged.artifact.recipe, texts, judged.settings)
    except EncoderError as error:
        raise NothingToJudgeError(f"the encoder as it was before training is not here ({error.what})") from error
    learnt, asked = embedded[: len(rows)], embedded[len(rows) :]
    truth = index_labels(list(rows["label"]), judged.labels)
    lines = _curve(judged, learnt, truth, asked)
    table = tuple((shots, float(np.mean(values)), float(np.std(values)), seconds) for shots, values, seconds in lines)
    metrics = tuple(
        Metric(f"accuracy@{shots}", f"Accuracy with {shots} examples an intent", float(np.mean(values)), unit="share")
        for shots, values, _ in lines
    )
    added, notes = _add(judged, learnt, truth, asked)
    columns = ("examples an intent", "accuracy", "deviation over draws", "seconds to learn")
    return Found(
        metrics=(*added, *metrics),
        tables=(Table("curve", "From a few examples", columns, table, shares=("accuracy", "deviation over draws")),),
        plots=(_draw(lines),),
        notes=notes,
    )


def _curve(
    judged: Judged, learnt: Floats, truth: NDArray[np.int64], asked: Floats
) -> list[tuple[int, list[float], float]]:
    shots_to_try = QUICK_SHOTS if judged.is_quick else SHOTS
    lines = []
    for shots in shots_to_try:
        values, began = [], time.perf_counter()
        seeds = range(QUICK_SEEDS if judged.is_quick else SEEDS)
        for seed in seeds:
            chosen = _draw_rows(truth, shots, seed=seed)
            head = _fit(judged, learnt[chosen], truth[chosen], judged.labels)
            values.append(float((head.scores(asked).argmax(axis=1) == judged.truth).mean()))
        lines.append((shots, values, (time.perf_counter() - began) / len(seeds)))
    return lines


def _add(
    judged: Judged, learnt: Floats, truth: NDArray[np.int64], asked: Floats
) -> tuple[tuple[Metric, ...], tuple[str, ...]]:
    """The last intents by name are added one by one to a head that knows the others."""
    classes = len(judged.labels)
    count = min(ADDED, max(1, classes // 5))
    if classes - count < 2:
        return (), ("Too few intents to add one to the others.",)
    old, fresh = range(classes - count), range(classes - count, classes)
    kept = truth < classes - count
    head = _fit(judged, learnt[kept], truth[kept], judged.labels[: classes - count])
    is_old = judged.truth < classes - count
    before = head.scores(asked[is_old]).argmax(axis=1) == judged.truth[is_old]
    began = time.perf_counter()
    for label in fresh:
        head = head.with_label(judged.labels[label], learnt[np.flatnonzero(truth == label)[:EXAMPLES]])
    seconds = (time.perf_counter() - began) / count
    found = head.scores(asked).argmax(axis=1)
    after = found[is_old] == judged.truth[is_old]
    lost = compare_paired(before, after, seed=judged.seed)
    metrics: list[Metric] = [Metric.points("add_loss", f"Old intents lose as {count} are added", lost, better="lower")]
    if not is_old.all():
        new = float((found[~is_old] == judged.truth[~is_old]).mean())
        metrics.append(Metric("added_accuracy", "Accuracy on those added", new, unit="share", better="higher"))
    metrics.append(Metric("add_seconds", "Seconds to add one", seconds, unit="s"))
    note = f"{len(old)} intents were known; {count} were added from at most {EXAMPLES} examples each, one by one."
    return tuple(metrics), (note,)


def _fit(judged: Judged, rows: Floats, truth: NDArray[np.int64], labels: tuple[str, ...]) -> AnalyticHead:
    width, penalties = QUICK_WIDTH if judged.is_quick else WIDTH, HeadMethod().penalties
    return AnalyticHead.fit(rows, truth, labels, expansion=width, penalties=penalties, seed=0)


def _draw_rows(truth: NDArray[np.int64], shots: int, *, seed: int) -> NDArray[np.int64]:
    draw = np.random.default_rng(seed)
    return np.concatenate([draw.permutation(np.flatnonzero(truth == label))[:shots] for label in np.unique(truth)])


def _draw(lines: list[tuple[int, list[float], float]]) -> Plot:
    def paint(axes: Axes) -> None:
        shots = [one[0] for one in lines]
        means: list[Any] = [float(np.mean(one[1])) for one in lines]
        spread = [float(np.std(one[1])) for one in lines]
        axes.errorbar(shots, means, yerr=spread, color=ACCENT, marker="o", capsize=3)
        axes.set(xlabel="examples an intent", ylabel="accuracy", ylim=(0, 1.02), xscale="log")
        axes.set_xticks(shots, [str(one) for one in shots])
        axes.minorticks_off()

    return draw("learning-curve", "From a few examples an intent", paint)


section = Section(
    7,
    "growth",
    "Few examples and new intents",
    "How many examples does an intent need, and what do the old intents lose as new ones are added?",
    measure,
)
