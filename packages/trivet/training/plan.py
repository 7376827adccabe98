"""What a run will cost, from a few steps of it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from trivet.tasks.task import R
from trivet.training.batches import group_batches
from trivet.training.job import Job
from trivet.training.step import Stepper


@dataclass(frozen=True)
class Cost:
    """Steps and seconds of the loop, and the most memory that the process has held, in bytes (on a GPU: the GPU's).

    Not in it: scores on validation rows, and the probe that a head starts from, about an epoch's time in all.
    """

    rows: int
    epochs: int
    steps: int
    seconds_an_epoch: float
    seconds: float
    peak_bytes: int
    bf16: bool
    threads: int


def probe_seconds(module: nn.Module, job: Job[R], *, batches: int = 4) -> Cost:
    """Estimates the cost of `fit` from a few of its batches, the longest among them; the module is spoilt by it.

    Seconds are taken per token with padding, so an epoch of mostly short texts is not judged by a long one.
    """
    with torch.random.fork_rng():
        torch.manual_seed(job.recipe.seed)
        stepper = Stepper(module, job.task, job.recipe, layer_decay=job.layer_decay)
        module.train()
        planned = job.batches(0)
        padded = [int(job.rows.lengths[indices].max()) * len(indices) for indices in planned]
        by_size = np.argsort(padded, kind="stable")
        chosen = [int(by_size[at]) for at in np.linspace(0, len(planned) - 1, num=batches).round().astype(int)]
        # The first step also allocates the optimiser's state and picks kernels: it is not typical.
        stepper.step(job.rows, [planned[chosen[-1]]])
        started = time.perf_counter()
        for at in chosen:
            stepper.step(job.rows, [planned[at]])
        seconds = (time.perf_counter() - started) / sum(padded[at] for at in chosen) * sum(padded)
    return Cost(
        rows=len(job.rows.lengths),
        epochs=job.recipe.epochs,
        steps=job.recipe.epochs * len(group_batches(planned, job.recipe.accumulate)),
        seconds_an_epoch=seconds,
        seconds=seconds * job.recipe.epochs,
        peak_bytes=_peak_bytes(stepper.device),
        bf16=stepper.bf16,
        threads=torch.get_num_threads(),
    )


def _peak_bytes(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    import resource  # there is none on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
