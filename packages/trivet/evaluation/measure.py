"""Every figure of a report, computed from its table of predictions and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trivet.evaluation.compare import compare_paired
from trivet.evaluation.intervals import bootstrap_interval, wilson
from trivet.evaluation.metrics.calibration import ece, ece_interval
from trivet.evaluation.metrics.classification import Counts, count_confusion, macro_f1, macro_f1_interval
from trivet.evaluation.metrics.novelty import auroc, auroc_interval
from trivet.evaluation.predictions import BASELINE, in_scope, index_labels
from trivet.evaluation.report import Baseline, Score

# Where a true label was given no probability at all, its log loss counts as that of this one.
LEAST = 1e-15


def measure_answers(table: pd.DataFrame, labels: Sequence[str], *, seed: int) -> dict[str, Score]:
    """Accuracy, macro-F1, calibration and, where the table has foreign rows, how well they are told.

    Proportions have Wilson intervals, everything else bootstrap intervals.
    """
    known = in_scope(table)
    right = outcomes(table)
    counts = count_answers(table, labels)
    confidences = known["confidence"].to_numpy()
    f1 = macro_f1_interval(counts, seed=seed)
    gap = ece_interval(confidences, right, seed=seed)
    scores = {
        "accuracy": score_share(right),
        "macro_f1": Score(macro_f1(counts), f1.low, f1.high),
        "ece": Score(ece(confidences, right), gap.low, gap.high),
        "brier": score_mean(known["brier"].to_numpy(), seed=seed),
        "log_loss": score_mean(-np.log(np.maximum(known["truth_probability"].to_numpy(), LEAST)), seed=seed),
    }
    foreign = table[table["truth"].isna()]
    if len(foreign):
        scores["out_of_scope_recall"] = score_share((foreign["decision"] == "out_of_scope").to_numpy())
        scores["out_of_scope_answered"] = score_share((foreign["decision"] == "answer").to_numpy())
        scores["in_scope_refused"] = score_share((known["decision"] == "out_of_scope").to_numpy())
        if table["novelty"].notna().all():
            ours, theirs = known["novelty"].to_numpy(), foreign["novelty"].to_numpy()
            ends = auroc_interval(ours, theirs, seed=seed)
            scores["out_of_scope_auroc"] = Score(auroc(ours, theirs), ends.low, ends.high)
    return scores


def measure_users(table: pd.DataFrame, *, seed: int) -> dict[str, Score]:
    """The mean over users of every column of scores, with bootstrap intervals over users."""
    names = [name for name in table.columns if name != "row" and not name.startswith(BASELINE)]
    return {name: score_mean(table[name].to_numpy(), seed=seed) for name in names}


def measure_baselines(table: pd.DataFrame, main: str, *, seed: int) -> dict[str, Baseline]:
    """Each baseline's main score, and the paired test of the model against it on the same rows."""
    ours = outcomes(table) if "truth" in table else table[main].to_numpy()
    found = {}
    for column in [name for name in table.columns if name.startswith(BASELINE)]:
        theirs = table[column].to_numpy()
        if "truth" in table:
            known = in_scope(table)
            theirs = (known[column] == known["truth"]).to_numpy()
        test = compare_paired(ours, theirs, seed=seed)
        found[column.removeprefix(BASELINE)] = Baseline(
            float(theirs.mean()), test.difference, test.low, test.high, test.p, test.verdict
        )
    return found


def outcomes(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Right or wrong, a row that has a true label."""
    known = in_scope(table)
    return np.asarray(known["predicted"] == known["truth"], dtype=bool)


def count_answers(table: pd.DataFrame, labels: Sequence[str]) -> Counts:
    """Counts I64[C, C] of rows by true and predicted label."""
    known = in_scope(table)
    truth, predicted = (index_labels(known[name].tolist(), labels) for name in ("truth", "predicted"))
    return count_confusion(truth, predicted, classes=len(labels))


def score_share(hits: NDArray[np.bool_]) -> Score:
    """The share of rows that hit, with its Wilson interval."""
    ends = wilson(int(hits.sum()), len(hits))
    return Score(float(hits.mean()), ends.low, ends.high)


def score_mean(values: NDArray[np.float64], *, seed: int) -> Score:
    """The mean of one value a row, with its bootstrap interval."""
    ends = bootstrap_interval(values, seed=seed)
    return Score(float(values.mean()), ends.low, ends.high)
