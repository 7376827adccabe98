from collections.abc import Callable
from typing import Any

from torch import nn

from trivet.training.job import Job
from trivet.training.loop import fit
from trivet.training.plan import probe_seconds

Prepare = Callable[..., tuple[nn.Module, Job[Any]]]


def test_the_estimate_is_near_what_an_epoch_takes(prepare: Prepare) -> None:
    cost = probe_seconds(*prepare(rows=600, epochs=2))
    module, job = prepare(rows=600, epochs=2)
    seconds = fit(module, job).epochs[-1].seconds
    assert seconds / 4 < cost.seconds_an_epoch < seconds * 4  # other programs may share the processor
    assert cost.seconds == 2 * cost.seconds_an_epoch


def test_rows_and_steps_are_counted(prepare: Prepare) -> None:
    cost = probe_seconds(*prepare(rows=60, epochs=3, accumulate=3))
    assert (cost.rows, cost.epochs, cost.steps) == (60, 3, 9)


def test_the_memory_is_that_of_a_process_with_torch(prepare: Prepare) -> None:
    cost = probe_seconds(*prepare())
    assert 100e6 < cost.peak_bytes < 20e9


def test_fewer_rows_than_a_batch_are_enough(prepare: Prepare) -> None:
    assert probe_seconds(*prepare(rows=4)).steps == 3


def test_nothing_is_written(prepare: Prepare) -> None:
    module, job = prepare(checkpoint_steps=1)
    probe_seconds(module, job)
    assert not job.checkpoints.exists()
