"""A next-item model: fitted on histories from nothing or from the texts of the items, and exported."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from trivet.answers.next_item import FIRST_ITEM, NextItemFacts
from trivet.backbone.adapters import trainable_share
from trivet.backbone.sequence import SequenceConfig, sequence_encoder
from trivet.data.cuts import cut_last_out
from trivet.data.sequences import cut_sequences, last_sequences
from trivet.data.splits import catalogue_rows, training_rows
from trivet.errors import RecipeError
from trivet.export.graph import export_graph
from trivet.methods.candidate import Candidate
from trivet.methods.features import embed_frozen
from trivet.methods.fit import hand_over, refit_recipe
from trivet.methods.fitted import Fitted
from trivet.methods.ground import Ground
from trivet.recipe import Recipe
from trivet.recipe.task import NextItem
from trivet.runtime.grid import round_length
from trivet.runtime.item_tokens import write_item_tokenizer
from trivet.runtime.tokens import TextTokenizer
from trivet.tasks.next_item import NextItemModel, NextItemTask, Sequences
from trivet.training.checkpoint import find_checkpoints
from trivet.training.history import StepReport
from trivet.training.job import Job
from trivet.training.loop import fit
from trivet.training.plan import Cost, probe_seconds

if TYPE_CHECKING:
    import pandas as pd

    from trivet.data.dataset import Dataset
    from trivet.settings import Settings


def build_next_item(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A model of the histories in `rows` (columns user, history), over the catalogue of the data set.

    With `training.patience` the epochs are chosen on every user's last item but the test's; with `training.refit` the
    served weights then learn from that item too.

    Raises:
        DataError: histories without a known item.
        RecipeError: knobs that do not go together.
    """
    assert isinstance(recipe.task, NextItem)
    work = _Work(recipe, ground.dataset, ground.settings, ground.workspace)
    ground.progress.stage("fit")
    fitted, held_out, notes = None, 0, {}
    if recipe.training.patience or recipe.training.refit:
        cut = cut_last_out(training_rows(ground.dataset, recipe.data))
        learnt = cut_sequences(cut.kept, length=recipe.task.max_tokens)
        users = set(cut.held["user"])
        whole = training_rows(ground.dataset, recipe.data)
        guessed = last_sequences(whole[whole["user"].isin(users)], length=recipe.task.max_tokens)
        fitted = work.fit(recipe, learnt, guessed, ground.below("fit"))
        held_out = len(guessed)
        notes["validation_ndcg@10"] = fitted.history.epochs[max(fitted.epochs, 1) - 1].score
    if fitted is None or recipe.training.refit:
        again = recipe if fitted is None else refit_recipe(recipe, fitted)
        fitted = work.fit(again, rows, None, ground.below("refit"))
    ground.progress.stage("export")
    graph = export_graph(
        fitted.module,
        work.tokenizer,
        list(rows["history"]),
        recipe.export,
        ground.workspace / "graphs",
        outputs=("embedding", "logits"),
    )
    facts = NextItemFacts(work.items, recipe.task.max_tokens)
    # The vocabulary is the catalogue: an encoder's prefix is no item.
    plain = replace(ground, source=replace(ground.source, prefix=""))
    candidate = hand_over(fitted, graph, facts, plain, held_out=held_out, notes={"sequences": len(rows), **notes})
    return replace(candidate, tokenizer=work.tokenizer.path)


def plan_next_item(
    recipe: Recipe, rows: pd.DataFrame, dataset: Dataset, *, settings: Settings, workspace: Path
) -> Cost:
    """What fitting these rows will cost, from a few steps."""
    module, job = _Work(recipe, dataset, settings, workspace).prepare(recipe, rows, None, workspace)
    return probe_seconds(module, job)


class _Work:
    """What all fits of one run share: the catalogue, its tokenizer and what the items start from."""

    def __init__(self, recipe: Recipe, dataset: Dataset, settings: Settings, workspace: Path) -> None:
        assert isinstance(recipe.task, NextItem)
        if recipe.task.dim % recipe.task.heads:
            raise RecipeError(
                f"{recipe.task.dim} dimensions cannot be shared by {recipe.task.heads} heads.",
                where="task.heads",
                todo="Choose a number that divides task.dim.",
            )
        catalogue = catalogue_rows(dataset, recipe.data)
        self.task, self.settings = recipe.task, settings
        self.items = tuple(catalogue["item"])
        path = write_item_tokenizer(self.items, workspace / "items" / "tokenizer.json")
        self.tokenizer = TextTokenizer(path, recipe.task.max_tokens)
        self.start = None
        if recipe.task.start == "text":
            self.start = _shorten(embed_frozen(recipe, list(catalogue["text"]), settings), recipe.task.dim)

    def fit(self, recipe: Recipe, rows: pd.DataFrame, validation: pd.DataFrame | None, ground: Ground) -> Fitted:
        module, job = self.prepare(recipe, rows, validation, ground.workspace)
        if not (ground.resume and find_checkpoints(job.checkpoints)):
            job.task.start(module, job.rows)

        def report(step: StepReport) -> None:
            ground.progress.step(
                step.step, step.steps, f"epoch {step.epoch}  loss {step.loss:.4f}  rate {step.rate:.1e}"
            )

        history = fit(module, job, report=report, resume=ground.resume)
        module.cpu()
        return Fitted(module, (), history, epochs=history.kept, trainable_share=trainable_share(module))

    def prepare(
        self, recipe: Recipe, rows: pd.DataFrame, validation: pd.DataFrame | None, workspace: Path
    ) -> tuple[NextItemModel, Job[Sequences]]:
        torch.set_num_threads(self.settings.threads)
        task = NextItemTask(self.items, self.tokenizer, recipe.training, self.task)
        config = SequenceConfig(
            vocabulary=len(self.items) + FIRST_ITEM,
            hidden_size=self.task.dim,
            layers=self.task.layers,
            heads=self.task.heads,
            length=round_length(self.task.max_tokens),
        )
        job = Job(
            task=task,
            rows=task.prepare(rows),
            validation=None if validation is None else task.prepare(validation),
            recipe=recipe.training,
            checkpoints=workspace / "checkpoints",
            fingerprint=self._fingerprint(recipe, rows, validation),
        )
        with torch.random.fork_rng():
            torch.manual_seed(recipe.training.seed)
            start = None if self.start is None else torch.from_numpy(self.start)
            module = task.module(sequence_encoder(config, dropout=recipe.training.dropout, start=start))
        return module, job

    def _fingerprint(self, recipe: Recipe, rows: pd.DataFrame, validation: pd.DataFrame | None) -> str:
        training = recipe.training.model_dump(exclude={"checkpoint_steps"})
        digest = hashlib.sha256(json.dumps([self.task.model_dump(), training, self.items], sort_keys=True).encode())
        if self.start is not None:
            digest.update(self.start.tobytes())
        for frame in (rows, validation):
            digest.update(b"none" if frame is None else frame.to_json(orient="values").encode())
        return digest.hexdigest()


def _shorten(embeddings: np.ndarray, dim: int) -> np.ndarray:
    """Unit vectors F32[N, dim]: the first principal components of embeddings [N, D], with zeros where D is less."""
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    parts = np.zeros((len(embeddings), dim))
    kept = min(dim, len(strengths))
    parts[:, :kept] = left[:, :kept] * strengths[:kept]
    # The sign of a component is arbitrary: the largest entry is made positive, so that machines agree.
    signs = np.sign(parts[np.abs(parts).argmax(axis=0), np.arange(dim)])
    parts *= np.where(signs == 0, 1.0, signs)
    lengths = np.linalg.norm(parts, axis=1, keepdims=True)
    return (parts / np.maximum(lengths, 1e-12)).astype(np.float32)
