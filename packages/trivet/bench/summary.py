"""The mean over the seeds of a benchmark, from their records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from trivet.bench.definition import Benchmark
from trivet.bench.record import Baseline, Record, read_json
from trivet.evaluation.intervals import bootstrap_interval


def summarise(benchmark: Benchmark, records: Sequence[Record], root: Path) -> Record:
    """The record of all seeds that stand.

    The interval of a quality resamples test rows, each with its mean outcome over the seeds; of other measures it is
    the mean of the seeds' ends. A baseline's paired p is the greatest of the seeds': ours counts as different only
    where it differs with every seed.
    """
    assert records, "there is a record to summarise"
    low, high = float(np.mean([one.low for one in records])), float(np.mean([one.high for one in records]))
    if benchmark.measure == "quality" and len(records) > 1:
        low, high = _resample(records, root)
    seeds = tuple(record.seeds[0] for record in records)
    return records[0].model_copy(
        update={
            "value": float(np.mean([record.value for record in records])),
            "low": low,
            "high": high,
            "seeds": seeds,
            "per_seed": dict(zip(seeds, (record.value for record in records), strict=True)),
            "command": f"trivet bench run {benchmark.id}",
            "predictions": f"records/{benchmark.id}",
            "baselines": {name: _mean_baseline(name, records) for name in records[0].baselines},
            "note": benchmark.note,
        }
    )


def _mean_baseline(name: str, records: Sequence[Record]) -> Baseline:
    same = [record.baselines[name] for record in records if name in record.baselines]
    chances = [one.paired_p for one in same if one.paired_p is not None]
    return Baseline(value=float(np.mean([one.value for one in same])), paired_p=max(chances, default=None))


def _resample(records: Sequence[Record], root: Path) -> tuple[float, float]:
    kept = [read_json(root / record.predictions) for record in records]
    right = np.mean([np.asarray(one["predicted"]) == np.asarray(one["truth"]) for one in kept], axis=0)
    interval = bootstrap_interval(right, seed=0)
    return interval.low, interval.high
