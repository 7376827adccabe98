"""The report of a model that answers a number; every figure comes from its table of predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from trivet.answers.regression import RegressionAnswer, RegressionFacts
from trivet.errors import InputError
from trivet.evaluation.compare import compare_paired
from trivet.evaluation.intervals import bootstrap_statistic
from trivet.evaluation.measure import score_mean, score_share
from trivet.evaluation.metrics.numbers import Doubles, check_numbers, r_squared, spearman, squared_errors
from trivet.evaluation.predictions import BASELINE
from trivet.evaluation.report import Baseline, Report, Score, Slice, Subject
from trivet.evaluation.slices import by_length

# Of true and predicted numbers, over the last axis.
Statistic = Callable[[Doubles, Doubles], Doubles]


def build_number_report(
    subject: Subject,
    truth: Sequence[float],
    answers: Sequence[RegressionAnswer],
    facts: RegressionFacts,
    *,
    baselines: Mapping[str, Sequence[float]],
    columns: Mapping[str, Sequence[str]] | None = None,
    seconds: float = 0.0,
    seed: int = 0,
) -> Report:
    """The report on test rows with these true numbers; `baselines` are numbers of simpler ways, `columns` slices.

    The main figure is the mean squared error, where lower is better; the same answers and seed give the same report.

    Raises:
        InputError: no rows, another number of answers than rows, or a number that is not finite.
    """
    table = tabulate_numbers(truth, answers, baselines)
    decisions = table["decision"].value_counts().items()
    notes = {"interval": "none: too few rows were held out"}
    if facts.margin is not None:
        notes["interval"] = f"answer +- {facts.margin:.4g}, promised for {facts.coverage:.0%} of texts"
    return Report(
        kind="regression",
        name=subject.name,
        version=subject.version,
        dataset=subject.dataset,
        split=subject.split,
        data_sha256=subject.data_sha256,
        rows=len(table),
        main="mse",
        metrics=measure_numbers(table, seed=seed),
        baselines=measure_number_baselines(table, seed=seed),
        slices=_slice(table, columns or {}, seed=seed),
        decisions={str(name): int(count) for name, count in decisions},
        truncated=int(table["truncated"].sum()),
        seconds=float(seconds),
        seed=seed,
        notes=notes,
        predictions=table,
    )


def tabulate_numbers(
    truth: Sequence[float], answers: Sequence[RegressionAnswer], baselines: Mapping[str, Sequence[float]]
) -> pd.DataFrame:
    """A row a text: true and predicted number, the interval (missing: none), and the baselines' numbers.

    Raises:
        InputError: no rows, another number of answers or of predictions than rows, or a number that is not finite.
    """
    true, predicted = check_numbers(list(truth), [answer.value for answer in answers])
    table = pd.DataFrame(
        {
            "row": pd.array([str(row) for row in range(len(true))], dtype="str"),
            "truth": true,
            "predicted": predicted,
            "low": np.array([np.nan if one.low is None else one.low for one in answers], dtype=np.float64),
            "high": np.array([np.nan if one.high is None else one.high for one in answers], dtype=np.float64),
            "decision": pd.array([answer.decision for answer in answers], dtype="str"),
            "tokens": np.array([answer.tokens for answer in answers], dtype=np.int64),
            "truncated": np.array([answer.truncated for answer in answers], dtype=bool),
        }
    )
    for name, values in baselines.items():
        table[BASELINE + name] = check_numbers(true, list(values))[1]
    return table


def measure_numbers(table: pd.DataFrame, *, seed: int) -> dict[str, Score]:
    """MSE, R squared, MAE and Spearman's correlation with bootstrap intervals; the share within their interval."""
    true, found = table["truth"].to_numpy(), table["predicted"].to_numpy()
    scores = {
        "mse": score_mean(squared_errors(true, found), seed=seed),
        "r2": _resampled(r_squared, true, found, seed=seed),
        "mae": score_mean(np.abs(true - found), seed=seed),
        "spearman": _resampled(spearman, true, found, seed=seed),
    }
    low, high = table["low"].to_numpy(), table["high"].to_numpy()
    if np.isfinite(low).all():
        scores["interval_coverage"] = score_share((low <= true) & (true <= high))
    return scores


def measure_number_baselines(table: pd.DataFrame, *, seed: int) -> dict[str, Baseline]:
    """Each baseline's MSE, and the paired test of the model against it; `superior`: the model's is lower."""
    ours = squared_errors(table["truth"], table["predicted"])
    found = {}
    for column in [name for name in table.columns if name.startswith(BASELINE)]:
        theirs = squared_errors(table["truth"], table[column])
        # The test takes more for better.
        test = compare_paired(-ours, -theirs, seed=seed)
        found[column.removeprefix(BASELINE)] = Baseline(
            float(theirs.mean()), -test.difference, -test.high, -test.low, test.p, test.verdict
        )
    return found


def _resampled(statistic: Statistic, true: Doubles, found: Doubles, *, seed: int) -> Score:
    ends = bootstrap_statistic(lambda drawn: statistic(true[drawn], found[drawn]), len(true), seed=seed)
    return Score(float(statistic(true, found)), ends.low, ends.high)


def _slice(table: pd.DataFrame, columns: Mapping[str, Sequence[str]], *, seed: int) -> tuple[Slice, ...]:
    """MSE by length and by each column."""
    errors = squared_errors(table["truth"], table["predicted"])
    groups = {"length": by_length(table["tokens"].to_numpy())}
    for name, values in columns.items():
        if len(values) != len(table):
            raise InputError(f"{len(values)} values for {len(table)} rows.", where=f"column {name}")
        plain = np.array([str(value) for value in values], dtype=object)
        groups[name] = {kind: plain == kind for kind in sorted(set(plain))}
    return tuple(
        Slice(by, name, int(chosen.sum()), score_mean(errors[chosen], seed=seed))
        for by, members in groups.items()
        for name, chosen in members.items()
        if chosen.any()
    )
