"""The road that all methods with a loop share: encoder, task, rows, loop."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import torch
from torch import nn

from trivet.backbone.adapters import add_lora, trainable_share
from trivet.backbone.text import TextEncoder, load_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.methods.features import open_tokenizer
from trivet.methods.fitted import Fitted
from trivet.methods.progress import Progress, Silence
from trivet.recipe.method import FewShotMethod, FullMethod, HeadMethod, LoraMethod, ZeroShotMethod
from trivet.recipe.recipe import Recipe
from trivet.recipe.task import (
    Classification,
    Multilabel,
    Multitask,
    NextItem,
    Pretraining,
    Regression,
    Similarity,
    Tagging,
)
from trivet.registry.start import choose_encoder
from trivet.runtime.tokens import TextTokenizer
from trivet.settings import Settings
from trivet.tasks.classification import ClassificationTask, classification_task
from trivet.tasks.contrast import ContrastTask, contrast_task
from trivet.tasks.multilabel import MultilabelTask, multilabel_task
from trivet.tasks.tagging import TaggingTask, tagging_task
from trivet.tasks.task import TrainTask
from trivet.training.balanced import Balanced
from trivet.training.checkpoint import find_checkpoints
from trivet.training.history import StepReport
from trivet.training.job import Job
from trivet.training.loop import fit
from trivet.training.plan import Cost, probe_seconds

if TYPE_CHECKING:
    import pandas as pd


def tune(
    recipe: Recipe,
    train: pd.DataFrame,
    validation: pd.DataFrame | None,
    *,
    settings: Settings,
    workspace: Path,
    progress: Progress | None = None,
    resume: bool = False,
) -> Fitted:
    """Tunes the recipe's encoder as its method says, adapters still apart; see `fit_full` and `fit_lora`."""
    module, job = prepare_tuning(recipe, train, validation, settings=settings, workspace=workspace)
    share = trainable_share(module)
    if not (resume and find_checkpoints(job.checkpoints)):
        job.task.start(module, job.rows)
    listener = progress or Silence()

    def report(step: StepReport) -> None:
        listener.step(step.step, step.steps, f"epoch {step.epoch}  loss {step.loss:.4f}  rate {step.rate:.1e}")

    history = fit(module, job, report=report, resume=resume)
    module.cpu()
    labels: tuple[str, ...] = ()
    if isinstance(job.task, ClassificationTask | ContrastTask | TaggingTask | MultilabelTask):
        labels = job.task.labels
    return Fitted(module, labels, history, epochs=history.kept, trainable_share=share)


def plan_tuning(recipe: Recipe, train: pd.DataFrame, *, settings: Settings, workspace: Path) -> Cost:
    """What tuning on these rows will cost, from a few steps; writes nothing."""
    module, job = prepare_tuning(recipe, train, None, settings=settings, workspace=workspace)
    return probe_seconds(module, job)


def prepare_tuning(
    recipe: Recipe, train: pd.DataFrame, validation: pd.DataFrame | None, *, settings: Settings, workspace: Path
) -> tuple[nn.Module, Job[Any]]:
    """The module before its first step, and the job for the loop.

    Raises:
        DataError: rows that the task cannot learn from, or a label that only the validation rows have.
        EncoderError: the encoder is not to be found or cannot be read.
        RecipeError: an adapter's target that the encoder does not have.
    """
    # The one place that sets threads for training: torch has one pool a process.
    torch.set_num_threads(settings.threads)
    source = choose_encoder(recipe.encoder, settings)
    tokenizer = open_tokenizer(source, recipe)
    task = _task(recipe, train, tokenizer)
    rows = task.prepare(train)
    held_out = None if validation is None else task.prepare(validation)
    job: Job[Any] = Job(
        task=task,
        rows=rows,
        validation=held_out,
        recipe=recipe.training,
        checkpoints=workspace / "checkpoints",
        fingerprint=_fingerprint(recipe, source, train, validation),
        layer_decay=recipe.method.layer_decay if isinstance(recipe.method, FullMethod) else 1.0,
        balanced=_balanced(recipe, rows),
    )
    with torch.random.fork_rng():
        torch.manual_seed(recipe.training.seed)
        module = task.module(_adapted(recipe, source))
    return module, job


def _task(recipe: Recipe, train: pd.DataFrame, tokenizer: TextTokenizer) -> TrainTask[Any]:
    # Tasks that only one kind needs are imported there: a recorded figure then rests on no other kind.
    match recipe.task:
        case Classification():
            if isinstance(recipe.method, FewShotMethod):
                return contrast_task(train, tokenizer, recipe.training, recipe.method)
            return classification_task(train, tokenizer, recipe.training)
        case Multilabel():
            return multilabel_task(train, tokenizer, recipe.training)
        case Regression():
            from trivet.tasks.regression import regression_task

            return regression_task(train, tokenizer, recipe.training)
        case Similarity():
            from trivet.tasks.similarity import SimilarityTask

            return SimilarityTask(tokenizer, recipe.training, recipe.task)
        case Multitask():
            from trivet.tasks.multitask import multitask_task

            return multitask_task(train, recipe.task, tokenizer, recipe.training)
        case Pretraining():
            from trivet.tasks.pretraining import pretraining_task

            return pretraining_task(recipe.task, tokenizer, recipe.training)
        case NextItem():
            raise AssertionError("a next-item model tunes no text encoder: see tuned_next_item")
        case Tagging():
            return tagging_task(train, tokenizer, recipe.task, recipe.training)
        case _:
            assert_never(recipe.task)


def _balanced(recipe: Recipe, rows: Any) -> Balanced | None:
    if not isinstance(recipe.method, FewShotMethod):
        return None
    return Balanced(rows.truth, classes=recipe.method.labels_a_batch, rows=recipe.method.rows_a_label)


def _adapted(recipe: Recipe, source: EncoderSource) -> TextEncoder:
    encoder = load_encoder(source, dropout=recipe.training.dropout)
    match recipe.method:
        case FullMethod():
            if recipe.method.freeze_embeddings:
                encoder.freeze_embeddings()
        case LoraMethod():
            add_lora(encoder, recipe.method, seed=recipe.training.seed)
        case FewShotMethod():
            # A few rows hold too few words to move their embeddings to any purpose; and it saves half of each step.
            encoder.freeze_embeddings()
        case HeadMethod() | ZeroShotMethod():
            raise AssertionError("a head over a frozen encoder needs no loop")
        case _:
            assert_never(recipe.method)
    return encoder


def _fingerprint(recipe: Recipe, source: EncoderSource, train: pd.DataFrame, validation: pd.DataFrame | None) -> str:
    """A hash of all that decides the weights: rows, knobs, encoder. How often checkpoints are written does not."""
    training = recipe.training.model_dump(exclude={"checkpoint_steps"})
    knobs = [
        recipe.task.model_dump(),
        recipe.method.model_dump(),
        training,
        source.sha256,
        source.pooling,
        source.prefix,
    ]
    digest = hashlib.sha256(json.dumps(knobs, sort_keys=True).encode())
    for frame in (train, validation):
        digest.update(b"none" if frame is None else frame.to_json(orient="values").encode())
    return digest.hexdigest()
