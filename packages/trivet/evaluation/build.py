"""Builds a report from answers and truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trivet.answers.classification import ClassificationAnswer, ClassificationFacts
from trivet.errors import InputError
from trivet.evaluation.measure import (
    count_answers,
    measure_answers,
    measure_baselines,
    measure_users,
    outcomes,
    score_mean,
    score_share,
)
from trivet.evaluation.metrics.calibration import reliability
from trivet.evaluation.metrics.classification import score_classes, worst_confusions
from trivet.evaluation.predictions import in_scope, tabulate_answers, tabulate_users
from trivet.evaluation.report import CoveragePoint, Promise, Report, Slice, Subject
from trivet.evaluation.rows import JudgedRows
from trivet.evaluation.slices import slice_answers

CURVE_POINTS = 200


def build_report(
    subject: Subject,
    rows: JudgedRows,
    answers: Sequence[ClassificationAnswer],
    facts: ClassificationFacts,
    *,
    baselines: Mapping[str, Sequence[str]],
    out_of_scope: Sequence[ClassificationAnswer] = (),
    seconds: float = 0.0,
    notes: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Report:
    """The report of a classifier on its test rows; the same answers and seed give the same report.

    `answers` rank all labels. `baselines` are the predicted labels of simpler ways on the same rows, `out_of_scope`
    answers to texts that belong to no label. `seconds` is the time that the answers to `rows` took.

    Raises:
        InputError: no rows, another number of answers or predictions than rows, a true label that the model has not
            learnt, answers that rank only some of the labels, or a confidence that is not finite.
    """
    if not len(rows.truth):
        raise InputError("there are no rows to judge on.", where="truth")
    table = tabulate_answers(rows.names, rows.truth, answers, facts.labels, baselines)
    if out_of_scope:
        foreign = tabulate_answers(
            [f"out of scope {at}" for at in range(len(out_of_scope))], None, out_of_scope, facts.labels, {}
        )
        table = pd.concat([table, foreign], ignore_index=True)
    known = in_scope(table)
    counts = count_answers(table, facts.labels)
    right = outcomes(table)
    return Report(
        kind="classification",
        name=subject.name,
        version=subject.version,
        dataset=subject.dataset,
        split=subject.split,
        data_sha256=subject.data_sha256,
        rows=len(known),
        main="accuracy",
        metrics=measure_answers(table, facts.labels, seed=seed),
        baselines=measure_baselines(table, "accuracy", seed=seed),
        slices=slice_answers(table, train_labels=rows.train_labels, columns=rows.columns),
        labels=facts.labels,
        per_class=score_classes(counts, facts.labels),
        confusion=tuple(tuple(row) for row in counts.tolist()),
        worst=worst_confusions(counts, facts.labels),
        reliability=reliability(known["confidence"], right),
        risk_coverage=_curve(known, right),
        decisions={str(name): int(count) for name, count in known["decision"].value_counts().items()},
        promise=_promise(facts, known, right),
        overlap=rows.overlap,
        truncated=int(known["truncated"].sum()),
        seconds=float(seconds),
        seed=seed,
        notes=dict(notes or {}),
        predictions=table,
    )


def build_ranking_report(
    subject: Subject,
    users: Sequence[str],
    scores: Mapping[str, Sequence[float]],
    *,
    baselines: Mapping[str, Sequence[float]],
    columns: Mapping[str, Sequence[str]] | None = None,
    seconds: float = 0.0,
    notes: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Report:
    """The report of a ranking: `scores` a user by metric, the first of them the main one (`ndcg@10`, `hr@10`).

    `baselines` are main scores of simpler ways for the same users, `columns` what to slice the users by.

    Raises:
        InputError: no users or metrics, another number of scores than users, or one that is not finite.
    """
    if not len(users) or not scores:
        raise InputError("there are no users or no scores to judge by.", where="users")
    main = next(iter(scores))
    table = tabulate_users(users, scores, baselines)
    return Report(
        kind="similarity",
        name=subject.name,
        version=subject.version,
        dataset=subject.dataset,
        split=subject.split,
        data_sha256=subject.data_sha256,
        rows=len(table),
        main=main,
        metrics=measure_users(table, seed=seed),
        baselines=measure_baselines(table, main, seed=seed),
        slices=_slice_users(table, main, columns or {}, seed=seed),
        seconds=float(seconds),
        seed=seed,
        notes=dict(notes or {}),
        predictions=table,
    )


def _promise(facts: ClassificationFacts, known: pd.DataFrame, right: NDArray[np.bool_]) -> Promise | None:
    point = facts.operating_point
    if point is None:
        return None
    answered = (known["decision"] == "answer").to_numpy()
    wrong = score_share(~right[answered]) if answered.any() else None
    return Promise(point.risk, point.confidence, point.threshold, point.held, score_share(answered), wrong)


def _curve(known: pd.DataFrame, right: NDArray[np.bool_]) -> tuple[CoveragePoint, ...]:
    """Risk at rising coverage; equal confidences are answered together, rows refused as foreign last."""
    confidences = np.where(known["decision"] == "out_of_scope", 0.0, known["confidence"])
    order = np.argsort(-confidences, kind="stable")
    levels, wrong = confidences[order], np.cumsum(~right[order])
    ends = np.flatnonzero(np.append(levels[1:] != levels[:-1], True))
    chosen = ends[np.unique(np.linspace(0, len(ends) - 1, CURVE_POINTS).round().astype(int))]
    return tuple(
        CoveragePoint(float(levels[at]), (at + 1) / len(levels), float(wrong[at] / (at + 1))) for at in chosen.tolist()
    )


def _slice_users(
    table: pd.DataFrame, main: str, columns: Mapping[str, Sequence[str]], *, seed: int
) -> tuple[Slice, ...]:
    found = []
    for name, values in columns.items():
        if len(values) != len(table):
            raise InputError(f"{len(values)} values for {len(table)} users.", where=f"column {name}")
        kinds = np.array([str(value) for value in values], dtype=object)
        for kind in sorted(set(kinds)):
            chosen = table[main].to_numpy()[kinds == kind]
            found.append(Slice(name, kind, len(chosen), score_mean(chosen, seed=seed)))
    return tuple(found)
