"""The loop: epochs of steps, a score after each, and an exact way back in."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Generic

import torch
from torch import nn

from trivet.tasks.task import R
from trivet.training.batches import Indices, group_batches, share_batches
from trivet.training.checkpoint import (
    Checkpoint,
    Position,
    Tensors,
    load_checkpoint,
    remove_checkpoints,
    save_checkpoint,
)
from trivet.training.history import Epoch, History, Report, StepReport, best_epoch, is_patience_spent
from trivet.training.job import Job
from trivet.training.schedules import build_schedule
from trivet.training.step import Stepper


def fit(module: nn.Module, job: Job[R], *, report: Report | None = None, resume: bool = False) -> History:
    """Fits the module in place and leaves it on the device in evaluation mode.

    With `patience` and validation rows it stops when the score no longer rises, and keeps the best epoch's weights;
    else it keeps the last. With `resume` it goes on from the job's checkpoint where there is one; on one process of a
    CPU the final weights are then the same bits as without the stop. An exception of `report` ends the run and leaves
    the checkpoint. The random state of torch is the caller's again afterwards.

    Raises:
        TrivetError: the loss is no longer a number, or the checkpoint is damaged or of another run.
    """
    with torch.random.fork_rng():
        return _Loop(module, job, report).run(resume=resume)


class _Loop(Generic[R]):
    """One run: the only place where the position changes."""

    def __init__(self, module: nn.Module, job: Job[R], report: Report | None) -> None:
        self.job = job
        self.recipe = job.recipe
        self.report = report
        self.stepper = Stepper(module, job.task, job.recipe, layer_decay=job.layer_decay)
        self.process = self.stepper.accelerator.process_index
        self.steps = self.recipe.epochs * len(self._plan(0))
        self.schedule = build_schedule(self.stepper.optimizer.optimizer, job.recipe, steps=self.steps)
        self.position = Position()
        self.best: Tensors = {}

    def run(self, *, resume: bool) -> History:
        # Processes differ in their dropout, not in their rows' order.
        torch.manual_seed(self.recipe.seed + self.process)
        saved = load_checkpoint(self.job.checkpoints, fingerprint=self.job.fingerprint) if resume else None
        if saved is not None:
            self._restore(saved)
        elif self.process == 0:
            remove_checkpoints(self.job.checkpoints)
        while self.position.epoch < self.recipe.epochs and not self._is_over():
            self._train_epoch()
            self._finish_epoch()
        epochs = self.position.epochs
        if self.best:
            self.stepper.set_weights(self.best)
        self.stepper.module.eval()
        return History(epochs, kept=best_epoch(epochs) if self.best else len(epochs))

    @property
    def _stops_early(self) -> bool:
        return self.recipe.patience > 0 and self.job.validation is not None

    def _is_over(self) -> bool:
        return self._stops_early and is_patience_spent(self.position.epochs, self.recipe.patience)

    def _plan(self, epoch: int) -> tuple[tuple[Indices, ...], ...]:
        """The steps of an epoch, each the batches whose gradients it sums."""
        own = share_batches(
            self.job.batches(epoch), process=self.process, processes=self.stepper.accelerator.num_processes
        )
        return group_batches(own, self.recipe.accumulate)

    def _train_epoch(self) -> None:
        self.stepper.module.train()
        for group in self._plan(self.position.epoch)[self.position.done :]:
            rate = float(self.recipe.learning_rate * self.schedule.get_last_lr()[0] / self.schedule.base_lrs[0])
            started = time.perf_counter()
            loss = self.stepper.step(self.job.rows, group)
            self.schedule.step()
            now, rows = self.position, sum(len(indices) for indices in group)
            self.position = replace(
                now,
                done=now.done + 1,
                step=now.step + 1,
                loss_sum=now.loss_sum + loss * rows,
                rows=now.rows + rows,
                seconds=now.seconds + time.perf_counter() - started,
            )
            if self.recipe.checkpoint_steps and self.position.step % self.recipe.checkpoint_steps == 0:
                self._save()
            if self.report is not None:
                self.report(StepReport(now.epoch + 1, self.position.step, self.steps, loss, rate))

    def _finish_epoch(self) -> None:
        now = self.position
        score = None
        if self.job.validation is not None:
            score = self.job.task.score(self.stepper.module, self.job.validation)
        epoch = Epoch(now.epoch + 1, now.loss_sum / now.rows, score, now.seconds, now.rows / now.seconds)
        self.position = Position(epoch=now.epoch + 1, step=now.step, epochs=(*now.epochs, epoch))
        if self._stops_early and best_epoch(self.position.epochs) == epoch.epoch:
            self.best = self.stepper.weights()

    def _save(self) -> None:
        if self.process:
            return
        checkpoint = Checkpoint(
            position=self.position,
            weights=self.stepper.weights(),
            optimizer=self.stepper.optimizer_tensors(),
            schedule=self.schedule.state_dict(),
            random=_random_state(self.stepper.device),
            best=self.best,
        )
        save_checkpoint(checkpoint, self.job.checkpoints, fingerprint=self.job.fingerprint)

    def _restore(self, saved: Checkpoint) -> None:
        self.position = saved.position
        self.best = saved.best
        self.stepper.set_weights(saved.weights)
        self.stepper.set_optimizer_tensors(saved.optimizer)
        self.schedule.load_state_dict(dict(saved.schedule))
        for group, rate in zip(self.stepper.optimizer.param_groups, self.schedule.get_last_lr(), strict=True):
            group["lr"] = rate
        torch.set_rng_state(saved.random["cpu"])
        if "cuda" in saved.random:
            torch.cuda.set_rng_state(saved.random["cuda"], self.stepper.device)


def _random_state(device: torch.device) -> Tensors:
    """The state of the generators that dropout draws from."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state
