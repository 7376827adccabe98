"""A tuned encoder: fitted, exported, calibrated on rows held out, and fitted again on all rows where asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.answers.classification import ClassificationFacts
from trivet.answers.facts import Facts
from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.card import Int8Entry
from trivet.backbone.trained import save_weights
from trivet.data.dataset import Dataset
from trivet.data.splits import TrainingRows, split_validation
from trivet.encoders.catalogue import EncoderSource
from trivet.encoders.choose import choose_encoder
from trivet.export.graph import export_graph
from trivet.export.judge import judge_int8
from trivet.heads.prototypes import Prototypes
from trivet.methods.candidate import Candidate
from trivet.methods.features import open_tokenizer, run_graph
from trivet.methods.fitted import Fitted
from trivet.methods.full import fit_full
from trivet.methods.lora import fit_lora
from trivet.methods.progress import Progress
from trivet.methods.promises import HeldOut, promise
from trivet.recipe import Recipe
from trivet.recipe.method import FullMethod, HeadMethod, LoraMethod
from trivet.recipe.task import Classification, Similarity
from trivet.runtime.engine import Precision
from trivet.runtime.tokens import TextTokenizer
from trivet.settings import Settings
from trivet.trust.novelty import novelty

if TYPE_CHECKING:
    import pandas as pd

INT8_ROWS = 512


def build_tuned(
    recipe: Recipe,
    rows: pd.DataFrame,
    *,
    settings: Settings,
    workspace: Path,
    progress: Progress,
    resume: bool,
    dataset: Dataset,
) -> Candidate:
    """A full or LoRA fit, exported and calibrated.

    Choices and promises rest on the validation part; with `training.refit` the weights that are served then learn
    from all rows, for as many epochs as the first fit kept.

    Raises:
        ArtifactError: int8 loses more than `export.max_int8_loss` on the validation part.
    """
    source = choose_encoder(recipe.encoder, settings)
    tokenizer = open_tokenizer(source, recipe)
    match recipe.task:
        case Classification():
            return _classifier(recipe, rows, dataset, source, tokenizer, settings, workspace, progress, resume)
        case Similarity():
            progress.stage("fit")
            fitted = _fit(recipe, rows, None, settings=settings, workspace=workspace, progress=progress, resume=resume)
            progress.stage("export")
            texts = sorted(set(rows["anchor"]) | set(rows["positive"]))
            graph = export_graph(
                fitted.module, tokenizer, texts, recipe.export, workspace / "graphs", outputs=("embedding",)
            )
            facts = SimilarityFacts(dim=source.dim, max_tokens=recipe.task.max_tokens)
            return _candidate(
                source,
                graph,
                facts,
                fitted,
                workspace,
                prototypes=None,
                held_out=0,
                int8=None,
                notes={"pairs": len(rows)},
            )


def _classifier(
    recipe: Recipe,
    rows: pd.DataFrame,
    dataset: Dataset,
    source: EncoderSource,
    tokenizer: TextTokenizer,
    settings: Settings,
    workspace: Path,
    progress: Progress,
    resume: bool,
) -> Candidate:
    part = split_validation(rows, recipe.data, dataset=dataset)
    progress.stage("fit")
    fitted = _fit(
        recipe,
        part.train,
        part.validation,
        settings=settings,
        workspace=workspace / "fit",
        progress=progress,
        resume=resume,
    )
    progress.stage("export")
    graph = _export(recipe, fitted, tokenizer, part.train, workspace)
    progress.stage("promises")
    prototypes = _prototypes(graph, tokenizer, part.train, fitted.labels, recipe, settings)
    held_out = _judge(graph, tokenizer, part.validation, fitted.labels, prototypes, recipe, settings)
    facts = promise(held_out, labels=fitted.labels, max_tokens=recipe.task.max_tokens, trust=recipe.trust)
    compared = _rows_to_compare(part, seed=recipe.data.seed)
    cost = None
    if recipe.export.precision == "int8":
        cost = judge_int8(
            graph,
            tokenizer.encode(list(compared["text"])),
            recipe.export,
            truth=_truth(compared, fitted.labels),
            threads=settings.threads,
        )
    accuracy = float((held_out.scores.argmax(axis=1) == held_out.truth).mean())
    notes: dict[str, Any] = {"validation_accuracy": accuracy, "refit": recipe.training.refit}
    if recipe.training.refit:
        progress.stage("refit")
        kept = recipe.training.model_copy(update={"epochs": fitted.epochs, "patience": 0})
        again = recipe.model_copy(update={"training": kept})
        fitted = _fit(
            again, rows, None, settings=settings, workspace=workspace / "refit", progress=progress, resume=resume
        )
        progress.stage("export")
        graph = _export(recipe, fitted, tokenizer, rows, workspace)
        prototypes = _prototypes(graph, tokenizer, rows, fitted.labels, recipe, settings)
    return _candidate(
        source,
        graph,
        facts,
        fitted,
        workspace,
        prototypes=prototypes,
        held_out=len(part.validation),
        int8=cost,
        notes=notes,
    )


def _fit(
    recipe: Recipe,
    rows: pd.DataFrame,
    validation: pd.DataFrame | None,
    *,
    settings: Settings,
    workspace: Path,
    progress: Progress,
    resume: bool,
) -> Fitted:
    match recipe.method:
        case FullMethod():
            fit = fit_full
        case LoraMethod():
            fit = fit_lora
        case HeadMethod():
            raise AssertionError("the head method tunes no encoder")

    return fit(recipe, rows, validation, settings=settings, workspace=workspace, progress=progress, resume=resume)


def _export(recipe: Recipe, fitted: Fitted, tokenizer: TextTokenizer, rows: pd.DataFrame, workspace: Path) -> Path:
    texts = list(rows["text"].sample(min(len(rows), recipe.export.calibration_rows), random_state=recipe.data.seed))
    return export_graph(
        fitted.module, tokenizer, texts, recipe.export, workspace / "graphs", outputs=("embedding", "logits")
    )


def _prototypes(
    graph: Path,
    tokenizer: TextTokenizer,
    rows: pd.DataFrame,
    labels: tuple[str, ...],
    recipe: Recipe,
    settings: Settings,
) -> Prototypes:
    outputs = _run(graph, tokenizer, rows, recipe.export.precision, settings)
    return Prototypes.fit(outputs["embedding"], _truth(rows, labels), labels)


def _judge(
    graph: Path,
    tokenizer: TextTokenizer,
    rows: pd.DataFrame,
    labels: tuple[str, ...],
    prototypes: Prototypes,
    recipe: Recipe,
    settings: Settings,
) -> HeldOut:
    """Scores and novelties of rows held out, by the graph in the precision that will serve."""
    served = _run(graph, tokenizer, rows, recipe.export.precision, settings)
    return HeldOut(
        served["logits"].astype(np.float64), novelty(served["embedding"], prototypes.means), _truth(rows, labels)
    )


def _rows_to_compare(part: TrainingRows, *, seed: int) -> pd.DataFrame:
    """The rows held out, and training rows where these are few: a share of few rows is too coarse to refuse int8 by."""
    import pandas as pd

    lacking = max(0, INT8_ROWS - len(part.validation))
    return pd.concat([part.validation, part.train.sample(min(lacking, len(part.train)), random_state=seed)])


def _run(
    graph: Path, tokenizer: TextTokenizer, rows: pd.DataFrame, precision: Precision, settings: Settings
) -> dict[str, Any]:
    return run_graph(graph, tokenizer, list(rows["text"]), precision, settings)


def _truth(rows: pd.DataFrame, labels: tuple[str, ...]) -> np.ndarray:
    place = {label: index for index, label in enumerate(labels)}
    return np.asarray([place[label] for label in rows["label"]])


def _candidate(
    source: EncoderSource,
    graph: Path,
    facts: Facts,
    fitted: Fitted,
    workspace: Path,
    *,
    prototypes: Prototypes | None,
    held_out: int,
    int8: Int8Entry | None,
    notes: dict[str, Any],
) -> Candidate:
    assert isinstance(facts, ClassificationFacts | SimilarityFacts)
    return Candidate(
        source=source,
        graph=graph,
        tokenizer=source.path / "tokenizer.json",
        facts=facts,
        head=None,
        prototypes=prototypes,
        weights=save_weights(fitted.module, workspace / "weights"),
        held_out=held_out,
        int8=int8,
        notes={**notes, "trainable_share": fitted.trainable_share, **fitted.history.to_json()},
    )
