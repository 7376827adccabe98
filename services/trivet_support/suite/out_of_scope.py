"""Messages that belong to no intent: are they told as such, and how many are answered all the same?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from trivet.evaluation.measure import score_share
from trivet.evaluation.metrics.novelty import auroc, auroc_interval
from trivet.evaluation.picture import ACCENT, WARNING, Plot, draw
from trivet.evaluation.report import Score
from trivet_service.suites.section import Found, Metric, NothingToJudgeError, Section, Table
from trivet_support.judging.foreign import foreign_messages
from trivet_support.judging.judged import Answered, Judged
from trivet_support.judging.simpler import RASA_THRESHOLD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Doubles = NDArray[np.float64]
_MADE_UP = ("chit-chat", "gibberish", "very short")


def measure(judged: Judged) -> Found:
    """Recall, precision and F1 at the deployed threshold, ranking measures, and each kind of foreign message apart."""
    kinds = foreign_messages(judged)
    given = [kind for kind in kinds if kind not in _MADE_UP]
    if not given:
        raise NothingToJudgeError("no out-of-scope rows: the data set has no table `out_of_scope_test`.")
    answered = {kind: judged.answer(texts) for kind, texts in kinds.items()}
    known = judged.answered.novelties
    foreign = np.concatenate([answered[kind].novelties for kind in given])
    told = _join([_told(answered[kind]) for kind in given])
    refused = _told(judged.answered)
    passed = _join([answered[kind].is_answered for kind in given])
    ends = auroc_interval(known, foreign, seed=judged.seed)
    recall, precision = float(told.mean()), float(told.sum() / max(told.sum() + refused.sum(), 1))
    f1 = 2 * recall * precision / max(recall + precision, 1e-12)
    metrics = (
        Metric.of("recall", "Foreign messages told as such", score_share(told)),
        Metric("precision", "Of those told, really foreign", precision, unit="share", better="higher"),
        Metric("f1", "F1 of telling", f1, unit="share", better="higher"),
        Metric.of("answered", "Foreign messages answered", score_share(passed), better="lower"),
        Metric.of("refused", "Known messages told as foreign", score_share(refused), better="lower"),
        Metric.of("auroc", "AUROC", Score(auroc(known, foreign), ends.low, ends.high), unit="number"),
        Metric("aupr", "AUPR", average_precision(known, foreign), better="higher"),
        Metric("fpr@95", "FPR@95TPR", fpr_at(known, foreign), unit="share", better="lower"),
    )
    errors = [
        {"text": text, "kind": kind, "answered": label, "confidence": round(float(sure), 4)}
        for kind, texts in kinds.items()
        for text, label, sure, wrong in zip(
            texts, answered[kind].labels, answered[kind].confidences, answered[kind].is_answered
        )
        if wrong
    ]
    tables = (_by_kind(known, answered), _simpler(judged, answered, given, told, refused, passed))
    return Found(metrics, tables, (_draw(judged, answered, given),), _notes(judged), tuple(errors))


def average_precision(known: ArrayLike, foreign: ArrayLike) -> float:
    """Area under precision and recall of telling foreign rows by their novelty, as scikit-learn counts it."""
    ours, theirs = np.asarray(known, dtype=np.float64), np.asarray(foreign, dtype=np.float64)
    levels = np.concatenate([ours, theirs])
    is_foreign = np.arange(len(levels)) >= len(ours)
    order = np.argsort(-levels, kind="stable")
    levels, hits = levels[order], np.cumsum(is_foreign[order])
    # Equal novelties are told together.
    ends = np.flatnonzero(np.append(levels[1:] != levels[:-1], True))
    precision, recall = hits[ends] / (ends + 1), hits[ends] / len(theirs)
    return float((np.diff(recall, prepend=0.0) * precision).sum())


def fpr_at(known: ArrayLike, foreign: ArrayLike, *, told: float = 0.95) -> float:
    """The share of known rows at or above the novelty that the share `told` of foreign rows reaches."""
    ours, theirs = np.asarray(known, dtype=np.float64), np.sort(np.asarray(foreign, dtype=np.float64))
    bar = theirs[int(np.floor((1 - told) * len(theirs) + 1e-9))]
    return float((ours >= bar).mean())


def _told(answered: Answered) -> NDArray[np.bool_]:
    return np.array([decision == "out_of_scope" for decision in answered.decisions], dtype=bool)


def _join(parts: list[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.concatenate(parts)


def _by_kind(known: Doubles, answered: dict[str, Answered]) -> Table:
    rows = []
    for kind, one in answered.items():
        told = _told(one)
        rows.append(
            (
                f"{kind} (made up)" if kind in _MADE_UP else kind,
                len(told),
                float(told.mean()),
                float(one.is_answered.mean()),
                auroc(known, one.novelties),
                average_precision(known, one.novelties),
                fpr_at(known, one.novelties),
            )
        )
    columns = ("kind", "messages", "told as foreign", "answered", "AUROC", "AUPR", "FPR@95TPR")
    return Table(
        "kinds",
        "Each kind",
        columns,
        tuple(rows),
        note="The figures above are those of the data set's rows.",
        shares=("told as foreign", "answered", "FPR@95TPR"),
    )


def _simpler(
    judged: Judged,
    answered: dict[str, Answered],
    given: list[str],
    told: NDArray[np.bool_],
    refused: NDArray[np.bool_],
    passed: NDArray[np.bool_],
) -> Table:
    known = judged.answered
    sure = np.concatenate([answered[kind].confidences for kind in given])
    foreign = np.concatenate([answered[kind].novelties for kind in given])
    rows: list[tuple[Any, ...]] = [
        (
            "ours, as deployed",
            auroc(known.novelties, foreign),
            float(told.mean()),
            float(passed.mean()),
            float(refused.mean()),
        )
    ]
    texts = [text for kind in given for text in foreign_messages(judged)[kind]]
    for name, ours, theirs in (
        ("confidence from .7 (Rasa)", known.confidences, sure),
        ("tfidf-logistic from .7", *judged.simpler.tell_by_words(texts)),
    ):
        rows.append(
            (
                name,
                auroc(-ours, -theirs),
                float((theirs < RASA_THRESHOLD).mean()),
                float((theirs >= RASA_THRESHOLD).mean()),
                float((ours < RASA_THRESHOLD).mean()),
            )
        )
    columns = ("way", "AUROC", "told as foreign", "answered", "known told as foreign")
    return Table("baselines", "Against simpler ways", columns, tuple(rows), shares=columns[2:])


def _notes(judged: Judged) -> tuple[str, ...]:
    bar = judged.facts.novelty_threshold
    if bar is None:
        return ("The model measures no novelty: its confidence stands in, and nothing is told as foreign.",)
    return (
        f"Deployed: a novelty above {bar:.3f} is out of scope; the threshold comes from rows held out of training.",
    )


def _draw(judged: Judged, answered: dict[str, Answered], given: list[str]) -> Plot:
    known = judged.answered.novelties
    foreign = np.concatenate([answered[kind].novelties for kind in given])
    bins = np.linspace(min(known.min(), foreign.min()), max(known.max(), foreign.max()), 31)

    def paint(axes: Axes) -> None:
        for name, values, colour in (("known", known, ACCENT), ("foreign", foreign, WARNING)):
            weights = np.full(len(values), 1 / len(values))
            axes.hist(values, bins=bins.tolist(), weights=weights, color=colour, alpha=0.6, label=name)
        if judged.facts.novelty_threshold is not None:
            axes.axvline(judged.facts.novelty_threshold, color="#6b7280", linestyle="--", label="deployed threshold")
        axes.set(xlabel="novelty", ylabel="share of messages")
        axes.legend(frameon=False, fontsize=8)

    return draw("novelty", "How foreign known and foreign messages look", paint)


section = Section(
    2,
    "out-of-scope",
    "Out of scope",
    "Are messages that belong to no intent told as such, rather than answered?",
    measure,
)
