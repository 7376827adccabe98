"""Recomputes a recorded figure from the predictions that were kept with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

import numpy as np

from trivet.bench.definition import Benchmark
from trivet.bench.record import AGAIN, Record, read_json, read_record, record_path
from trivet.bench.service_measure import OfService, load_measure
from trivet.errors import TrivetError

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Verified:
    """The value in a record and the one recomputed; `seed` is None for the mean over seeds."""

    id: str
    seed: int | None
    recorded: float
    recomputed: float

    @property
    def agrees(self) -> bool:
        """Whether the two are the same number."""
        return abs(self.recorded - self.recomputed) <= TOLERANCE


def verify_all(benchmarks: Iterable[Benchmark], root: Path) -> list[Verified]:
    """Every recorded seed against its predictions, then every recorded mean against the records of its seeds.

    Raises:
        TrivetError: a record or its predictions are missing or damaged.
    """
    found = []
    for benchmark in benchmarks:
        paths = [record_path(root, benchmark.id, seed) for seed in benchmark.seeds]
        found += [verify(read_record(path), benchmark, root) for path in paths if path.exists()]
        summary = record_path(root, benchmark.id)
        if summary.exists():
            found.append(verify_mean(read_record(summary), root))
    return found


def verify(record: Record, benchmark: Benchmark, root: Path) -> Verified:
    """The value of one seed's record again, from its predictions.

    Raises:
        TrivetError: the predictions are missing or damaged.
    """
    path = root / record.predictions
    kept = read_json(path)
    try:
        value = recompute(benchmark, kept)
    except (KeyError, TypeError, ValueError) as error:
        raise TrivetError(f"these are not the predictions of {record.id}.", where=str(path), todo=AGAIN) from error
    return Verified(record.id, record.seeds[0], record.value, value)


def verify_mean(summary: Record, root: Path) -> Verified:
    """The mean over seeds again, from their records.

    Raises:
        TrivetError: the record of a seed is missing or damaged.
    """
    values = [read_record(record_path(root, summary.id, seed)).value for seed in summary.seeds]
    return Verified(summary.id, None, summary.value, float(np.mean(values)))


def recompute(benchmark: Benchmark, kept: dict[str, Any]) -> float:
    """The figure that the kept predictions give."""
    # A record rests on what its run imported: not on what other measures need.
    match benchmark.measure:
        case "quality":
            return share_right(kept["predicted"], kept["truth"])
        case "micro_f1":
            from trivet.bench.measure_label_sets import recompute_micro_f1

            return recompute_micro_f1(kept)
        case "mse":
            from trivet.bench.measure_label_sets import recompute_mse

            return recompute_mse(kept)
        case "int8_loss":
            exact = share_right(kept["fp32"], kept["truth"])
            return 100 * (exact - share_right(kept["int8"], kept["truth"]))
        case "batch_flips":
            return float(sum(one != other for one, other in zip(kept["alone"], kept["together"], strict=True)))
        case "pretraining_gain" | "multitask_gain" | "transfer_matrix" | "other_language":
            from trivet.bench.measure_transfer import recompute_transfer

            return recompute_transfer(benchmark.measure, kept)
        case "ndcg":
            from trivet.bench.measure_ranking import recompute_ndcg

            return recompute_ndcg(kept)
        case "service_memory" | "service_start":
            return float(np.median(kept["runs"]))
        case "span_f1" | "span_macro_f1":
            from trivet.bench.measure_spans import recompute_spans

            return recompute_spans(kept, macro=benchmark.measure == "span_macro_f1")
        case "attribution_faithfulness":
            from trivet.bench.measure_explain import mean_gain

            return mean_gain(kept)
        case (
            "ece"
            | "coverage_at_risk"
            | "risk_violations"
            | "oos_auroc"
            | "oos_auroc_far"
            | "oos_recall_5"
            | "oos_recall_chosen"
            | "shift_alarm"
        ):
            from trivet.bench.measure_trust import recompute_trust

            return recompute_trust(benchmark.measure, kept)
        case OfService():
            return load_measure(benchmark.measure).recompute(kept)
        case _:
            assert_never(benchmark.measure)


def share_right(predicted: list[int], truth: list[int]) -> float:
    """The share of rows whose label is the true one.

    Raises:
        ValueError: there are no rows, or not as many predictions as rows.
    """
    if len(predicted) != len(truth) or not truth:
        raise ValueError(f"{len(predicted)} predictions for {len(truth)} rows")
    return float(np.mean(np.asarray(predicted) == np.asarray(truth)))
