"""The report of a model that gives any number of labels; every figure comes from its table of predictions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trivet.answers.multilabel import MultilabelAnswer
from trivet.errors import InputError
from trivet.evaluation.measure import score_share
from trivet.evaluation.metrics.label_sets import count_by_label, count_hits, macro_f1, micro_f1, score_labels
from trivet.evaluation.predictions import BASELINE
from trivet.evaluation.report import Baseline, Report, Score, Slice, Subject
from trivet.evaluation.resample import compare_rounds, middle, resample_sums
from trivet.evaluation.slices import by_length

Sets = Sequence[Sequence[str]]
Hot = NDArray[np.bool_]


def build_label_report(
    subject: Subject,
    truth: Sets,
    answers: Sequence[MultilabelAnswer],
    labels: tuple[str, ...],
    *,
    baselines: Mapping[str, Sets],
    columns: Mapping[str, Sequence[str]] | None = None,
    seconds: float = 0.0,
    seed: int = 0,
) -> Report:
    """The report on test rows with these true sets of labels; `baselines` are sets of simpler ways, `columns` slices.

    The main figure is micro F1, the paired tests resample rows; the same answers and seed give the same report.

    Raises:
        InputError: no rows, another number of answers than rows, or a label that the model does not know.
    """
    table = tabulate_sets(truth, answers, baselines)
    true, given = read_hot(table["truth"], labels), read_hot(table["predicted"], labels)
    decisions = table["decision"].value_counts().items()
    return Report(
        kind="multilabel",
        name=subject.name,
        version=subject.version,
        dataset=subject.dataset,
        split=subject.split,
        data_sha256=subject.data_sha256,
        rows=len(table),
        main="micro_f1",
        metrics=measure_sets(table, labels, seed=seed),
        baselines=measure_set_baselines(table, labels, seed=seed),
        slices=_slice(table, true, given, columns or {}, seed=seed),
        labels=labels,
        per_class=score_labels(true, given, labels),
        decisions={str(name): int(count) for name, count in decisions},
        truncated=int(table["truncated"].sum()),
        seconds=float(seconds),
        seed=seed,
        predictions=table,
    )


def tabulate_sets(truth: Sets, answers: Sequence[MultilabelAnswer], baselines: Mapping[str, Sets]) -> pd.DataFrame:
    """A row a text: true, predicted and baselines' labels, each as a JSON list of names in order.

    Raises:
        InputError: no rows, or another number of answers or of predictions than rows.
    """
    if not len(truth) or len(truth) != len(answers):
        raise InputError(f"{len(truth)} rows but {len(answers)} answers.", where="answers")
    table = pd.DataFrame(
        {
            "row": pd.array([str(row) for row in range(len(truth))], dtype="str"),
            "truth": pd.array([_write(labels) for labels in truth], dtype="str"),
            "predicted": pd.array([_write([label for label, _ in one.labels]) for one in answers], dtype="str"),
            "decision": pd.array([answer.decision for answer in answers], dtype="str"),
            "tokens": np.array([answer.tokens for answer in answers], dtype=np.int64),
            "truncated": np.array([answer.truncated for answer in answers], dtype=bool),
        }
    )
    for name, sets in baselines.items():
        if len(sets) != len(truth):
            raise InputError(f"{len(sets)} predictions for {len(truth)} rows.", where=f"baseline {name}")
        table[BASELINE + name] = pd.array([_write(labels) for labels in sets], dtype="str")
    return table


def measure_sets(table: pd.DataFrame, labels: Sequence[str], *, seed: int) -> dict[str, Score]:
    """Micro and macro F1 with bootstrap intervals over rows, and the share of texts whose set is right (Wilson)."""
    true, given = read_hot(table["truth"], labels), read_hot(table["predicted"], labels)
    hits, by_label = count_hits(true, given), count_by_label(true, given)
    micro = middle(micro_f1(resample_sums(hits, seed=seed)))
    macro = middle(macro_f1(resample_sums(by_label, seed=seed)))
    return {
        "micro_f1": Score(float(micro_f1(hits.sum(axis=0))), micro.low, micro.high),
        "macro_f1": Score(float(macro_f1(by_label.sum(axis=0))), macro.low, macro.high),
        "subset_accuracy": score_share((true == given).all(axis=1)),
    }


def measure_set_baselines(table: pd.DataFrame, labels: Sequence[str], *, seed: int) -> dict[str, Baseline]:
    """Each baseline's micro F1, and the paired bootstrap of the model against it on the same rows."""
    ours = row_hits(table, labels)
    found = {}
    for column in [name for name in table.columns if name.startswith(BASELINE)]:
        theirs = count_hits(read_hot(table["truth"], labels), read_hot(table[column], labels))
        score = float(micro_f1(theirs.sum(axis=0)))
        test = compare_rounds(
            micro_f1(resample_sums(ours, seed=seed)),
            micro_f1(resample_sums(theirs, seed=seed)),
            difference=float(micro_f1(ours.sum(axis=0))) - score,
        )
        found[column.removeprefix(BASELINE)] = Baseline(
            score, test.difference, test.low, test.high, test.p, test.verdict
        )
    return found


def row_hits(table: pd.DataFrame, labels: Sequence[str]) -> NDArray[np.float64]:
    """Rightly given, wrongly given and missed labels a row, F64[N, 3]."""
    return count_hits(read_hot(table["truth"], labels), read_hot(table["predicted"], labels))


def read_hot(cells: pd.Series, labels: Sequence[str]) -> Hot:
    """Which labels stand in each JSON list, bool[N, C].

    Raises:
        InputError: a label that the model has not learnt; names the row.
    """
    places = {label: at for at, label in enumerate(labels)}
    hot = np.zeros((len(cells), len(labels)), dtype=bool)
    for row, cell in enumerate(cells):
        for label in json.loads(cell):
            if label not in places:
                raise InputError(
                    f"the label {label!r} is not one that the model has learnt.",
                    where=f"row {row}",
                    todo="Train with rows of that label, or leave the row out of the test.",
                )
            hot[row, places[label]] = True
    return hot


def _write(labels: Sequence[str]) -> str:
    return json.dumps(sorted(labels), ensure_ascii=False)


def _slice(
    table: pd.DataFrame, true: Hot, given: Hot, columns: Mapping[str, Sequence[str]], *, seed: int
) -> tuple[Slice, ...]:
    """Micro F1 by length, by the number of true labels, and by each column."""
    hits, counts = count_hits(true, given), np.minimum(true.sum(axis=1), 4)
    groups = {"length": by_length(table["tokens"].to_numpy())}
    groups["labels"] = {_count(n): counts == n for n in range(5)}
    for name, values in columns.items():
        plain = np.array([str(value) for value in values], dtype=object)
        groups[name] = {kind: plain == kind for kind in sorted(set(plain))}
    found = []
    for by, members in groups.items():
        for name, chosen in members.items():
            if chosen.any():
                ends = middle(micro_f1(resample_sums(hits[chosen], seed=seed)))
                score = Score(float(micro_f1(hits[chosen].sum(axis=0))), ends.low, ends.high)
                found.append(Slice(by, name, int(chosen.sum()), score))
    return tuple(found)


def _count(number: int) -> str:
    return "4 labels or more" if number == 4 else "1 label" if number == 1 else f"{number} labels"
