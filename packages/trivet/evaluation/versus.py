"""Two models side by side on the same rows: scores, paired tests, answers that differ, and parts of the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from trivet.errors import InputError
from trivet.evaluation.compare import LEVEL, Comparison, compare_paired
from trivet.evaluation.intervals import draw_rows
from trivet.evaluation.metrics.calibration import ece
from trivet.evaluation.metrics.label_sets import micro_f1
from trivet.evaluation.outcomes import pair_outcomes
from trivet.evaluation.predictions import in_scope
from trivet.evaluation.report import Report
from trivet.evaluation.resample import compare_rounds, resample_sums
from trivet.evaluation.slices import slice_members

# Rounds of the bootstrap of the ECE, which sorts the rows twice a round.
ECE_ROUNDS = 400


@dataclass(frozen=True)
class Pair:
    """One metric of A and of B, and the paired test of A - B; the verdict is about A, also where less is better."""

    a: float
    b: float
    test: Comparison


@dataclass(frozen=True)
class Flips:
    """Rows on which the two give other answers: right only by A, right only by B, and wrong by both."""

    only_a: int
    only_b: int
    neither: int


@dataclass(frozen=True)
class PartPair:
    """The main metric on some of the rows; `p` is corrected for the number of parts (Holm 1979)."""

    by: str
    name: str
    rows: int
    a: float
    b: float
    p: float


@dataclass(frozen=True)
class Versus:
    """Model A against model B on `rows` test rows of a data set; `metrics` has the main one first."""

    a: str
    b: str
    dataset: str
    data_sha256: str
    rows: int
    main: str
    metrics: Mapping[str, Pair]
    flips: Flips | None = None
    parts: tuple[PartPair, ...] = ()

    @property
    def verdict(self) -> str:
        """What the main metric says about A: superior, equal or inferior to B."""
        return self.metrics[self.main].test.verdict

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "verdict": self.verdict}


def put_side_by_side(
    a: Report,
    b: Report,
    *,
    names: tuple[str, str],
    train_labels: Sequence[str] = (),
    columns: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
) -> Versus:
    """Two reports on the same rows, their predictions at hand; classifiers with calibration, flips and slices.

    Raises:
        InputError: they are of other rows, or of another kind of task.
    """
    pair = pair_outcomes(a, b) if (a.kind, a.main, a.data_sha256) == (b.kind, b.main, b.data_sha256) else None
    if pair is None:
        raise InputError(
            f"{names[0]} ({a.kind}) and {names[1]} ({b.kind}) were not judged on the same rows by the same metric.",
            where="compare",
            todo="Name a data set that both can be judged on.",
        )
    scores = (a.main_score.value, b.main_score.value)
    if a.kind in ("multilabel", "tagging"):
        rounds = [micro_f1(resample_sums(one, seed=seed)) for one in pair]
        test = compare_rounds(*rounds, difference=scores[0] - scores[1])
    else:
        test = _turn(compare_paired(*pair, seed=seed)) if a.is_lower_better else compare_paired(*pair, seed=seed)
    metrics, flips = {a.main: Pair(*scores, test)}, None
    parts: tuple[PartPair, ...] = ()
    if a.kind == "classification":
        assert a.predictions is not None and b.predictions is not None  # noqa: PT018
        ours, theirs = (_in_order(one, a.predictions) for one in (a.predictions, b.predictions))
        metrics |= _calibration(a, b, ours, theirs, seed=seed)
        flips = _count_flips(ours, theirs, *pair)
        members = slice_members(a.predictions, train_labels=train_labels, columns=columns or {})
        parts = _compare_parts(members, *pair)
    return Versus(*names, a.dataset, a.data_sha256, a.rows, a.main, metrics, flips, parts)


def _turn(test: Comparison) -> Comparison:
    """A test of errors, which were compared with their sign turned, told as they are."""
    return Comparison(-test.difference, -test.high, -test.low, test.p, test.verdict)


def _in_order(table: pd.DataFrame, order: pd.DataFrame) -> pd.DataFrame:
    return in_scope(table).set_index("row").loc[in_scope(order)["row"]].reset_index()


def _calibration(a: Report, b: Report, ours: pd.DataFrame, theirs: pd.DataFrame, *, seed: int) -> dict[str, Pair]:
    """Less is better of both: the verdict looks at B - A."""
    levels = [one["confidence"].to_numpy() for one in (ours, theirs)]
    right = [(one["predicted"] == one["truth"]).to_numpy(dtype=float) for one in (ours, theirs)]
    rounds = np.array(
        [
            [ece(level[rows], hit[rows]) for level, hit in zip(levels, right, strict=True)]
            for drawn in draw_rows(len(ours), seed=seed, rounds=ECE_ROUNDS)
            for rows in drawn
        ]
    )
    values = a.metrics["ece"].value, b.metrics["ece"].value
    gap = compare_rounds(-rounds[:, 0], -rounds[:, 1], difference=values[1] - values[0])
    losses = [-one["brier"].to_numpy() for one in (ours, theirs)]
    brier = compare_paired(*losses, seed=seed)
    return {
        "ece": Pair(*values, _turn(gap)),
        "brier": Pair(a.metrics["brier"].value, b.metrics["brier"].value, _turn(brier)),
    }


def _count_flips(
    ours: pd.DataFrame, theirs: pd.DataFrame, right_a: NDArray[np.float64], right_b: NDArray[np.float64]
) -> Flips:
    differ = (ours["predicted"] != theirs["predicted"]).to_numpy()
    a, b = right_a > 0, right_b > 0
    return Flips(int((a & ~b).sum()), int((b & ~a).sum()), int((differ & ~a & ~b).sum()))


def _compare_parts(
    members: Sequence[tuple[str, str, NDArray[np.bool_]]], right_a: NDArray[np.float64], right_b: NDArray[np.float64]
) -> tuple[PartPair, ...]:
    plain = [compare_paired(right_a[chosen], right_b[chosen], seed=0).p for _, _, chosen in members]
    corrected, least = [0.0] * len(plain), 0.0
    for rank, at in enumerate(np.argsort(plain, kind="stable").tolist()):
        least = max(least, min(1.0, (len(plain) - rank) * plain[at]))
        corrected[at] = least
    return tuple(
        PartPair(by, name, int(chosen.sum()), float(right_a[chosen].mean()), float(right_b[chosen].mean()), p)
        for (by, name, chosen), p in zip(members, corrected, strict=True)
    )


def lines(versus: Versus) -> list[str]:
    """For a screen: the metrics, the answers that differ, and parts of the rows where the two differ."""
    told = [f"A {versus.a}, B {versus.b}: {versus.rows} test rows of {versus.dataset}"]
    for name, pair in versus.metrics.items():
        test = pair.test
        told.append(
            f"  {name:<10} A {pair.a:.4f}  B {pair.b:.4f}  A - B {test.difference:+.4f}"
            f" [{test.low:+.4f}, {test.high:+.4f}]  paired p {test.p:.2g}: A is {test.verdict}"
        )
    if versus.flips is not None:
        flips = versus.flips
        told.append(f"  right only by A {flips.only_a}, only by B {flips.only_b}; otherwise wrong {flips.neither}")
    for part in versus.parts:
        mark = " *" if part.p < LEVEL else ""
        told.append(f"  {part.by}, {part.name} ({part.rows}): A {part.a:.4f}  B {part.b:.4f}  p {part.p:.2g}{mark}")
    return told
