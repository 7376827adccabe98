"""The road on one page: rows, a method, a graph, promises, an artifact."""

from __future__ import annotations

import datetime
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

from trivet.artifact.artifact import Artifact
from trivet.artifact.card import Card, Parent, describe_run
from trivet.artifact.descent import describe_parent, find_start
from trivet.artifact.parts import Parts
from trivet.artifact.save import save_artifact
from trivet.data.conflicts import check_conflicts
from trivet.data.dataset import Dataset
from trivet.data.sources import open_dataset
from trivet.data.splits import catalogue_rows, training_rows
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import RecipeError
from trivet.export.golden import choose_golden
from trivet.methods.candidate import Candidate
from trivet.methods.ground import Ground, prepare_ground
from trivet.methods.memory import name_shortage
from trivet.methods.progress import Progress, Silence
from trivet.recipe import Recipe
from trivet.recipe.method import FewShotMethod, FullMethod, HeadMethod, LoraMethod, ZeroShotMethod
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
    replaces: Parent | None = None,
) -> Artifact:
    """Trains what the recipe says and saves it at `out`, whole or not at all; the test rows are not opened.

    `workspace` keeps checkpoints, so that a run that was cut off goes on with `resume`; without one they are lost.
    `replaces` is the live version that the new one is to follow: its parent, unless it starts from another's weights.

    Raises:
        DataError: the data set is missing, holds a bad row, or most of its rows contradict each other.
        RecipeError: knobs do not go together.
        ArtifactError: the served graph does not answer as the trained weights do.
        TrivetError: the loss is no longer a number, or memory runs out; names the knob to turn.
    """
    settings, progress = settings or Settings(), progress or Silence()
    began = time.perf_counter()
    progress.stage("data")
    dataset = open_learning(recipe, settings)
    rows = learning_rows(recipe, dataset)
    conflicts = check_conflicts(rows, where=dataset.name) if isinstance(recipe.task, Classification) else None
    place = workspace or Path(tempfile.mkdtemp(prefix="trivet-"))
    try:
        ground = prepare_ground(recipe, dataset, settings=settings, workspace=place, progress=progress, resume=resume)
        parent = _describe_start(ground.source) or replaces
        with name_shortage(recipe):
            candidate = _build(recipe, rows, ground)
        progress.stage("save")
        notes = {"conflicts": conflicts.line()} if conflicts is not None and conflicts.rows else {}
        seconds = time.perf_counter() - began
        parts = Parts(
            recipe=recipe,
            facts=candidate.facts,
            card=_card(recipe, dataset, rows, candidate, parent=parent, notes=notes, seconds=seconds),
            tokenizer=candidate.tokenizer,
            graph=candidate.graph,
            head=candidate.head,
            prototypes=candidate.prototypes,
            weights=candidate.weights,
            yardstick=candidate.yardstick,
        )
        save_artifact(parts, out, golden_texts=choose_golden(recipe.export.golden_rows, candidate.facts))
    finally:
        if workspace is None:
            shutil.rmtree(place, ignore_errors=True)
    return Artifact.load(out, threads=settings.threads)


def open_learning(recipe: Recipe, settings: Settings) -> Dataset:
    """The data set that a recipe learns from; of several tasks, all of theirs as one.

    Raises:
        DataError: as `open_dataset`.
    """
    if isinstance(recipe.task, Multitask):
        from trivet.data.parts import open_parts

        return open_parts({part.name: part.data for part in recipe.task.parts}, settings)
    return open_dataset(recipe.data, settings)


def learning_rows(recipe: Recipe, dataset: Dataset) -> pd.DataFrame:
    """What the method learns from: texts with labels, behaviour or pairs read off it; no test row among them."""
    # Each kind imports its own below: a recorded figure then rests on no other kind.
    match recipe.task:
        case Classification() | Tagging() | Multilabel() | Regression():
            return training_rows(dataset, recipe.data)
        case Similarity() if dataset.kind == "pairs":
            return _own_pairs(recipe, dataset)
        case Similarity() if isinstance(recipe.method, HeadMethod):
            return training_rows(dataset, recipe.data)
        case Similarity() if dataset.kind == "pairs":
            return training_rows(dataset, recipe.data)
        case Similarity():
            from trivet.data.pairs import pair_behaviour

            return pair_behaviour(
                training_rows(dataset, recipe.data),
                catalogue_rows(dataset, recipe.data),
                window=recipe.task.window,
                limit=recipe.task.pairs,
                seed=recipe.data.seed,
            )
        case NextItem():
            from trivet.data.sequences import cut_sequences

            return cut_sequences(training_rows(dataset, recipe.data), length=recipe.task.max_tokens)
        case Multitask():
            return part_rows(recipe.task, dataset)
        case Pretraining():
            from trivet.pretrain import pretraining_rows

            return pretraining_rows(recipe, dataset)
        case _:
            assert_never(recipe.task)


def _own_pairs(recipe: Recipe, dataset: Dataset) -> pd.DataFrame:
    if isinstance(recipe.method, HeadMethod):
        raise RecipeError(
            "a head learns from behaviour, and this set holds pairs of texts.",
            where="method.kind",
            todo="Use 'full' or 'lora'.",
        )
    return training_rows(dataset, recipe.data)


def part_rows(task: Multitask, dataset: Dataset) -> pd.DataFrame:
    """The training rows of every part, with its name in the column task."""
    import pandas as pd

    from trivet.data.parts import part_of

    rows = [training_rows(part_of(dataset, part.name), part.data).assign(task=part.name) for part in task.parts]
    return pd.concat(rows, ignore_index=True)


def _build(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    # Each kind imports its own below: a recorded figure then rests on no other kind.
    match recipe.method:
        case HeadMethod():
            from trivet.methods.heads import build_task_head

            return build_task_head(recipe, rows, ground)
        case FullMethod() | LoraMethod():
            from trivet.methods.tuned import build_tuned

            return build_tuned(recipe, rows, ground)
        case FewShotMethod():
            from trivet.methods.few_shot import build_few_shot

            return build_few_shot(recipe, rows, ground)
        case ZeroShotMethod():
            from trivet.methods.zero_shot import build_zero_shot

            return build_zero_shot(recipe, rows, ground)
        case _:
            assert_never(recipe.method)


def _describe_start(source: EncoderSource) -> Parent | None:
    """The artifact whose tuned weights the run starts from."""
    if source.artifact is not None:
        reference = "" if source.artifact == Path(source.name).expanduser() else source.name
        return describe_parent(source.artifact, "warm start", reference=reference)
    return find_start(source.path)


def _card(
    recipe: Recipe,
    dataset: Dataset,
    rows: pd.DataFrame,
    candidate: Candidate,
    *,
    parent: Parent | None,
    notes: Mapping[str, Any],
    seconds: float,
) -> Card:
    card = describe_run(
        recipe,
        source=candidate.source,
        licence=dataset.licence,
        data_sha256={table: dataset.sha256(table) for table in _tables(recipe, dataset)},
        rows=len(rows),
        seconds=seconds,
        created=datetime.datetime.now(tz=datetime.UTC),
        notes={**candidate.notes, **notes, "held_out_rows": candidate.held_out},
        int8=candidate.int8,
        parent=parent,
    )
    if isinstance(recipe.task, Multitask):
        return card.model_copy(update={"data": card.data.model_copy(update={"name": dataset.name})})
    return card


def _tables(recipe: Recipe, dataset: Dataset) -> tuple[str, ...]:
    if isinstance(recipe.task, Multitask):
        return tuple(f"{part.name}.train" for part in recipe.task.parts)
    texts = isinstance(recipe.task, Classification | Tagging | Multilabel | Regression)
    return ("train",) if texts or dataset.kind == "pairs" else ("interactions", "items")
