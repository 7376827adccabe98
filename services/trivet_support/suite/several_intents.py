"""Messages that want several things at once: is each found, and is a message that wants one left whole?"""

from __future__ import annotations

import random

import numpy as np

from trivet.evaluation.measure import score_share
from trivet.evaluation.metrics.label_sets import count_by_label, count_hits, macro_f1, micro_f1
from trivet.evaluation.report import Score
from trivet.evaluation.resample import middle, resample_sums
from trivet_service.suites.section import Found, Metric, NothingToJudgeError, Section, Table
from trivet_support.judging.judged import Judged

PAIRS, QUICK_PAIRS = 200, 50
SINGLES, QUICK_SINGLES = 200, 50
JOINS = (". ", " and ", ", also ", ". And another thing: ", " and then ", "? ")
EXAMPLES = 15


def measure(judged: Judged) -> Found:
    """Two test messages of different intents put together; and single ones, which should not fall apart.

    Asked of a server with `several`, as a bot asks.
    """
    if len(judged.labels) < 2:
        raise NothingToJudgeError("the model knows a single intent, so no message can want two.")
    pairs = compose_pairs(judged, QUICK_PAIRS if judged.is_quick else PAIRS)
    if not pairs:
        raise NothingToJudgeError("the test rows are of a single intent, so no two can be put together.")
    places = {label: at for at, label in enumerate(judged.labels)}
    truth, given, alone = (np.zeros((len(pairs), len(places)), dtype=bool) for _ in range(3))
    for row, (text, labels) in enumerate(pairs):
        truth[row, [places[label] for label in labels]] = True
        given[row, [places[name] for name in _ask(judged, text, several=True)]] = True
        alone[row, [places[name] for name in _ask(judged, text, several=False)]] = True
    singles = judged.texts[: QUICK_SINGLES if judged.is_quick else SINGLES]
    split = np.array([len(_ask(judged, text, several=True)) > 1 for text in singles], dtype=bool)
    hits, by_label = count_hits(truth, given), count_by_label(truth, given)
    micro, macro = (
        middle(statistic(resample_sums(rows, seed=judged.seed)))
        for statistic, rows in ((micro_f1, hits), (macro_f1, by_label))
    )
    whole = score_share((truth == given).all(axis=1))
    first = count_hits(truth, alone).sum(axis=0)
    rows = tuple(
        (text, ", ".join(labels), ", ".join(np.asarray(judged.labels, dtype=object)[given[row]]) or None)
        for row, (text, labels) in enumerate(pairs)
        if (truth[row] != given[row]).any()
    )
    return Found(
        metrics=(
            Metric.of("subset_accuracy", "Both intents and no other", whole),
            Metric.of("micro_f1", "Micro F1", Score(float(micro_f1(hits.sum(axis=0))), micro.low, micro.high)),
            Metric.of("macro_f1", "Macro F1", Score(float(macro_f1(by_label.sum(axis=0))), macro.low, macro.high)),
            Metric("micro_f1_one", "Micro F1 where only one is told", float(micro_f1(first)), unit="share"),
            Metric.of("over_splitting", "Single messages told apart", score_share(split), better="lower"),
        ),
        tables=(
            Table("missed", "What was not found", ("message", "wanted", "told"), rows[:EXAMPLES], folded=len(rows) > 5),
        ),
        notes=(
            f"{len(pairs)} pairs, {len(singles)} single messages; what a bot is not told to answer counts as missed.",
        ),
    )


def compose_pairs(judged: Judged, count: int) -> list[tuple[str, tuple[str, str]]]:
    """Two test messages of different intents as one, with both intents; the same seed draws the same."""
    draw = random.Random(judged.seed)
    rows = list(zip(judged.texts, judged.rows["label"], strict=True))
    found: list[tuple[str, tuple[str, str]]] = []
    if len({label for _, label in rows}) < 2:
        return found
    while len(found) < count:
        (first, one), (second, other) = draw.sample(rows, 2)
        if one != other:
            join = draw.choice(JOINS)
            head = first.rstrip(" .!?") if join[0] in ".,? " else first
            found.append((f"{head}{join}{second}", (str(one), str(other))))
    return found


def _ask(judged: Judged, text: str, *, several: bool) -> list[str]:
    answer = judged.service.client.post("/v1/parse", json={"text": text, "several": several}).raise_for_status()
    return [str(one["name"]) for one in answer.json()["intents"]]


section = Section(
    6,
    "several-intents",
    "Several intents",
    "Does a message that wants two things get both, and is one that wants a single thing left whole?",
    measure,
)
