"""One small change in every message: does the answer stay?"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.evaluation.compare import compare_paired
from trivet.evaluation.measure import score_share
from trivet.evaluation.picture import ACCENT, INK, Plot, draw
from trivet_service.suites.section import Found, Metric, Section, Table
from trivet_support.judging.changes import CHANGES
from trivet_support.judging.judged import Answered, Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Messages of one letter, which say nothing in any language.
LETTERS = (*string.ascii_lowercase, *string.ascii_uppercase, "é", "ß", "ж", "我", "的", "あ", "?", "1")
EXAMPLES = 200


def measure(judged: Judged) -> Found:
    """Points lost, answers that stay and confidence that goes, with each change; and messages of a single letter."""
    raw = judged.answer(judged.texts, is_raw=True)
    metrics: list[Metric] = []
    rows: list[tuple[Any, ...]] = []
    errors: list[dict[str, Any]] = []
    for name in CHANGES:
        texts = judged.change(judged.texts, name)
        changed, bare = judged.answer(texts), judged.answer(texts, is_raw=True)
        test = compare_paired(judged.right, _right(judged, changed), seed=judged.seed)
        title = f"Lost with {name.replace('-', ' ')}"
        metrics.append(Metric.points(f"loss_{name.replace('-', '_')}", title, test, better="lower"))
        stays = np.array(changed.labels, dtype=object) == np.array(judged.answered.labels, dtype=object)
        drop = float((judged.answered.confidences - changed.confidences).mean())
        without = 100 * (_right(judged, raw).mean() - _right(judged, bare).mean())
        kept = changed.is_answered[judged.answered.is_answered]
        rows.append(
            (
                name,
                100 * test.difference,
                float(without),
                float(stays.mean()),
                drop,
                float(kept.mean()) if len(kept) else None,
            )
        )
        errors += [
            {"change": name, "text": texts[row], "was": judged.texts[row], "answered": changed.labels[row]}
            for row in np.flatnonzero(~stays)[:EXAMPLES]
        ]
    letters = judged.answer(LETTERS)
    answered = score_share(letters.is_answered)
    metrics.append(Metric.of("letters_answered", "Single letters answered", answered, better="lower"))
    columns = ("change", "points lost", "as typed, points lost", "answer stays", "confidence drop", "still answered")
    note = "As typed: without the service's reading of emoji, politeness and slips of the finger."
    return Found(
        tuple(metrics),
        (
            Table("changes", "Each change", columns, tuple(rows), note=note, shares=("answer stays", "still answered")),
            _examples(judged),
        ),
        (_draw(metrics),),
        errors=tuple(errors),
    )


def _right(judged: Judged, answered: Answered) -> Any:
    return np.array([judged.labels.index(label) for label in answered.labels]) == judged.truth


def _examples(judged: Judged) -> Table:
    text = judged.texts[0]
    rows = tuple((name, judged.change([text], name)[0]) for name in CHANGES)
    return Table("examples", "What is changed", ("change", "for example"), (("as it was", text), *rows), folded=True)


def _draw(metrics: list[Metric]) -> Plot:
    losses = [metric for metric in metrics if metric.unit == "points"]

    def paint(axes: Axes) -> None:
        names = [metric.title.removeprefix("Lost with ") for metric in losses]
        values = [metric.value for metric in losses]
        around = [[one.value - (one.low or 0.0) for one in losses], [(one.high or 0.0) - one.value for one in losses]]
        axes.barh(names, values, color=ACCENT, height=0.6)
        axes.errorbar(values, range(len(names)), xerr=around, fmt="none", color=INK, capsize=3)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.invert_yaxis()
        axes.set_xlabel("points of accuracy lost")

    return draw("robustness", "Points lost with each change", paint, size=(5.6, 3.4))


section = Section(
    8,
    "robustness",
    "Small changes",
    "Politeness, a typo, capitals, a stray letter, an emoji, punctuation: one in every message; does the answer stay?",
    measure,
)
