"""The road on one page: rows, a method, a graph, promises, an artifact."""

from __future__ import annotations

import datetime
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from trivet.artifact.artifact import Artifact
from trivet.artifact.card import Card, describe_run
from trivet.artifact.parts import Parts
from trivet.artifact.save import save_artifact
from trivet.data.dataset import Dataset
from trivet.data.pairs import pair_behaviour
from trivet.data.sources import open_dataset
from trivet.data.splits import catalogue_rows, training_rows
from trivet.export.golden import choose_golden
from trivet.methods.candidate import Candidate
from trivet.methods.ground import Ground, prepare_ground
from trivet.methods.head import build_head
from trivet.methods.progress import Progress, Silence
from trivet.pretrain import pretraining_rows
from trivet.recipe import Recipe
from trivet.recipe.method import FullMethod, HeadMethod, LoraMethod
from trivet.recipe.task import Classification, Pretraining, Similarity
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


def train(
    recipe: Recipe,
    *,
    out: Path,
    settings: Settings | None = None,
    workspace: Path | None = None,
    progress: Progress | None = None,
    resume: bool = False,
) -> Artifact:
    """Trains what the recipe says and saves it at `out`, whole or not at all; the test rows are not opened.

    `workspace` keeps checkpoints, so that a run that was cut off goes on with `resume`; without one they are lost.

    Raises:
        DataError: the data set is missing or holds a bad row.
        RecipeError: knobs do not go together.
        ArtifactError: the served graph does not answer as the trained weights do.
    """
    settings, progress = settings or Settings(), progress or Silence()
    began = time.perf_counter()
    progress.stage("data")
    dataset = open_dataset(recipe.data, settings)
    rows = learning_rows(recipe, dataset)
    place = workspace or Path(tempfile.mkdtemp(prefix="trivet-"))
    try:
        ground = prepare_ground(recipe, dataset, settings=settings, workspace=place, progress=progress, resume=resume)
        candidate = _build(recipe, rows, ground)
        progress.stage("save")
        parts = Parts(
            recipe=recipe,
            facts=candidate.facts,
            card=_card(recipe, dataset, rows, candidate, seconds=time.perf_counter() - began),
            tokenizer=candidate.tokenizer,
            graph=candidate.graph,
            head=candidate.head,
            prototypes=candidate.prototypes,
            weights=candidate.weights,
        )
        save_artifact(parts, out, golden_texts=choose_golden(recipe.export.golden_rows))
    finally:
        if workspace is None:
            shutil.rmtree(place, ignore_errors=True)
    return Artifact.load(out, threads=settings.threads)


def learning_rows(recipe: Recipe, dataset: Dataset) -> pd.DataFrame:
    """What the method learns from: texts with labels, or pairs read off behaviour; no test row among them."""
    match recipe.task:
        case Classification():
            return training_rows(dataset, recipe.data)
        case Similarity():
            behaviour = training_rows(dataset, recipe.data)
            return pair_behaviour(
                behaviour,
                catalogue_rows(dataset, recipe.data),
                window=recipe.task.window,
                limit=recipe.task.pairs,
                seed=recipe.data.seed,
            )
        case Pretraining():
            return pretraining_rows(recipe, dataset)
        case _:
            assert_never(recipe.task)


def _build(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    match recipe.method:
        case HeadMethod():
            return build_head(recipe, rows, ground)
        case FullMethod() | LoraMethod():
            from trivet.methods.tuned import build_tuned

            return build_tuned(recipe, rows, ground)
        case _:
            assert_never(recipe.method)


def _card(recipe: Recipe, dataset: Dataset, rows: pd.DataFrame, candidate: Candidate, *, seconds: float) -> Card:
    notes: dict[str, Any] = {**candidate.notes, "held_out_rows": candidate.held_out}
    return describe_run(
        recipe,
        source=candidate.source,
        licence=dataset.licence,
        data_sha256={table: dataset.sha256(table) for table in _tables(recipe)},
        rows=len(rows),
        seconds=seconds,
        created=datetime.datetime.now(tz=datetime.UTC),
        notes=notes,
        int8=candidate.int8,
    )


def _tables(recipe: Recipe) -> tuple[str, ...]:
    return ("train",) if isinstance(recipe.task, Classification) else ("interactions", "items")
