"""What many tenants with a model of their own cost in one process: memory, or time beside that of one tenant.

The recipe is everybody's model; those beside it are the tenants', in turn. Options: `tenants`, how many; `own`, whether
theirs is a `head` over the graph that all share or `full`, each on a graph of its own; `graphs`, how many such graphs
may be in memory; `figure`: `memory` in MB (median of processes), or `p50` or `p95`: how many times as long an answer
takes as where one tenant asks alone, in the same process.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Literal, assert_never

import numpy as np

from trivet.bench.service_measure import Asked, ServiceMeasure

if TYPE_CHECKING:
    from pathlib import Path

    from trivet.bench.measures import Measured

Figure = Literal["memory", "p50", "p95"]
RUNS = 3
BLOCKS = 20
SHARES = {"p50": 0.5, "p95": 0.95}


def run(asked: Asked) -> Measured:
    """Starts servers over a crowd of tenants and asks them; see `Visited`."""
    from trivet.bench.measures import Measured
    from trivet.bench.record import Baseline
    from trivet_support.crowd.crowd import settle
    from trivet_support.crowd.visits import ratio_interval, visit

    assert asked.recipe is not None
    many, figure = int(str(asked.options["tenants"])), _figure(str(asked.options["figure"]))
    everybody, own = asked.train(asked.recipe), [asked.train(recipe) for recipe in asked.beside]
    shutil.rmtree(asked.work, ignore_errors=True)
    models = (
        _copies(own, many, asked.work) if asked.options["own"] == "full" else [own[at % len(own)] for at in range(many)]
    )
    crowd = settle(asked.work / "home", everybody, models, asked.settings)
    graphs = int(str(asked.options.get("graphs", 0)))
    found = [
        visit(crowd, asked.settings, graphs=graphs, blocks=0 if figure == "memory" else BLOCKS, seed=asked.seed)
        for _ in range(RUNS if figure == "memory" else 1)
    ]
    shutil.rmtree(asked.work)
    modules = tuple(sorted({name for one in found for name in one.modules}))
    if figure == "memory":
        runs = [one.after for one in found]
        # Before the others asked, the first tenant had: its model is there.
        baselines = {"first tenant alone": Baseline(value=float(np.median([one.before for one in found])))}
        kept: dict[str, Any] = {"figure": figure, "runs": runs}
        return Measured(kept, min(runs), max(runs), baselines, modules)
    (one,) = found
    kept = {"figure": figure, "alone": one.alone, "among": one.among, "first": one.first}
    low, high = ratio_interval(one.alone, one.among, SHARES[figure], seed=asked.seed)
    baselines = {
        "ms alone": Baseline(value=float(np.quantile(one.alone, SHARES[figure]))),
        "ms among": Baseline(value=float(np.quantile(one.among, SHARES[figure]))),
        "ms of a first answer": Baseline(value=float(np.median(one.first[1:] or one.first))),
    }
    return Measured(kept, low, high, baselines, modules)


def recompute(kept: dict[str, Any]) -> float:
    """The median of the processes' MB, or the ratio of what an answer takes."""
    from trivet_support.crowd.visits import ratio

    match _figure(kept["figure"]):
        case "memory":
            return float(np.median(kept["runs"]))
        case "p50" | "p95" as figure:
            return ratio(kept["alone"], kept["among"], SHARES[figure])
        case other:
            assert_never(other)


def _copies(own: list[Path], many: int, work: Path) -> list[Path]:
    from trivet_support.crowd.copies import copy_with_graph

    return [copy_with_graph(own[at % len(own)], work / "models" / f"{at}", called=f"tenant {at}") for at in range(many)]


def _figure(name: str) -> Figure:
    match name:
        case "memory" | "p50" | "p95":
            return name
        case _:
            raise ValueError(f"{name!r} is no figure of tenants")


measure = ServiceMeasure(run, recompute)
