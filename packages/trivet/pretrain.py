"""Further pre-training: texts without labels and an encoder in, an encoder of their domain out."""

from __future__ import annotations

import datetime
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.artifact.card import Card, describe_run
from trivet.artifact.documents import write_document
from trivet.artifact.folders import new_folder
from trivet.artifact.layout import CARD
from trivet.data.dataset import Dataset, Licence
from trivet.data.sources import open_dataset
from trivet.data.splits import catalogue_rows, training_rows
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import DataError
from trivet.methods.progress import Progress, Silence
from trivet.recipe import Recipe
from trivet.recipe.task import Pretraining
from trivet.registry.start import choose_encoder
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from trivet.methods.fitted import Fitted

TEXTS = "texts"


@dataclass(frozen=True)
class Pretrained:
    """An encoder folder that was written, and how it came about."""

    path: Path
    card: Card

    def lines(self) -> list[str]:
        """For a person."""
        notes = self.card.notes
        return [
            f"{self.card.name}: {self.card.data.rows} texts, {notes['objective']}, loss {notes['losses'][0]:.3f} to"
            f" {notes['losses'][-1]:.3f}, {100 * notes['told'][0]:.1f} to {100 * notes['told'][-1]:.1f} % of held-out"
            f" tokens told right   {self.card.seconds:.1f} s",
            f"  saved: {self.path}",
            f"  next:  trivet train support --encoder {self.path}",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"path": str(self.path), "card": self.card.model_dump(mode="json")}


def pretrain(
    recipe: Recipe,
    *,
    out: Path,
    settings: Settings | None = None,
    workspace: Path | None = None,
    progress: Progress | None = None,
    resume: bool = False,
) -> Pretrained:
    """Trains the recipe's encoder further on texts alone and writes it at `out`, whole or not at all.

    The texts are those of the training rows, or with `task.rows = "texts"` a whole file without labels; test rows are
    not opened. A seeded `data.validation_share` of them only judges: how many of their hidden tokens are told right.

    Raises:
        ArtifactError: something is at `out` already.
        DataError: the data set is missing, or has too few texts.
        RecipeError: the encoder's tokenizer has no mask token.
    """
    from trivet.methods.full import fit_full

    settings, progress = settings or Settings(), progress or Silence()
    began = time.perf_counter()
    progress.stage("data")
    dataset = open_dataset(recipe.data, settings)
    source = choose_encoder(recipe.encoder, settings)
    learnt, held_out = _cut(pretraining_rows(recipe, dataset), recipe)
    place = workspace or Path(tempfile.mkdtemp(prefix="trivet-"))
    with new_folder(out) as folder:
        try:
            progress.stage("fit")
            fitted = fit_full(
                recipe, learnt, held_out, settings=settings, workspace=place, progress=progress, resume=resume
            )
        finally:
            if workspace is None:
                shutil.rmtree(place, ignore_errors=True)
        progress.stage("save")
        card = _card(recipe, dataset, source, fitted, rows=len(learnt), seconds=time.perf_counter() - began)
        write_pretrained(fitted, source, folder, recipe=recipe, card=card)
    return Pretrained(out, card)


def pretraining_rows(recipe: Recipe, dataset: Dataset) -> pd.DataFrame:
    """The column text of what is learnt from: training rows, the catalogue of interactions, or a whole file of texts.

    Raises:
        DataError: a bad row, or a set that is no file of texts where the recipe wants one.
    """
    assert isinstance(recipe.task, Pretraining)
    match recipe.task.rows:
        case "texts":
            if TEXTS not in dataset.tables:
                raise DataError(
                    "is no file of texts.", where=dataset.name, todo="Set task.rows = 'training', or give a path."
                )
            rows = dataset.frame(TEXTS)
        case "training":
            is_catalogue = dataset.kind == "interactions"
            rows = catalogue_rows(dataset, recipe.data) if is_catalogue else training_rows(dataset, recipe.data)
    return rows[["text"]].drop_duplicates(ignore_index=True)


def write_pretrained(fitted: Fitted, parent: EncoderSource, folder: Path, *, recipe: Recipe, card: Card) -> None:
    """The encoder with its card and its recipe, in an empty folder."""
    from trivet.backbone.encoder_folder import write_encoder

    licence = parent.licence if card.data.commercial else card.data.licence
    write_encoder(
        fitted.module, parent, folder, max_tokens=recipe.task.max_tokens, readme=_readme(card, licence=licence)
    )
    write_document(card, folder / CARD)
    write_document(recipe, folder / "recipe.json")


def _cut(rows: pd.DataFrame, recipe: Recipe) -> tuple[pd.DataFrame, pd.DataFrame]:
    order = np.random.default_rng(recipe.data.seed + 1).permutation(len(rows))
    held = round(recipe.data.validation_share * len(rows))
    if not 0 < held < len(rows):
        raise DataError(
            f"{len(rows)} texts are too few to hold any out.", where="data.validation_share", todo="Give more texts."
        )
    part = np.isin(np.arange(len(rows)), order[:held])
    return rows[~part].reset_index(drop=True), rows[part].reset_index(drop=True)


def _card(
    recipe: Recipe, dataset: Dataset, source: EncoderSource, fitted: Fitted, *, rows: int, seconds: float
) -> Card:
    assert isinstance(recipe.task, Pretraining)
    table = TEXTS if recipe.task.rows == "texts" else "items" if dataset.kind == "interactions" else "train"
    licence: Licence = dataset.licence
    return describe_run(
        recipe,
        source=source,
        licence=licence,
        data_sha256={table: dataset.sha256(table)},
        rows=rows,
        seconds=seconds,
        created=datetime.datetime.now(tz=datetime.UTC),
        notes={
            "objective": recipe.task.objective,
            "losses": [epoch.loss for epoch in fitted.history.epochs],
            "told": [epoch.score for epoch in fitted.history.epochs],
            "kept_epochs": fitted.history.kept,
        },
    )


def _readme(card: Card, *, licence: str) -> str:
    """A model card whose front matter says the licence, as the hub's cards do."""
    told = card.notes["told"][-1]
    return "\n".join(
        [
            "---",
            f"license: {licence.lower()}",
            f"base_model: {card.encoder.name}",
            "library_name: sentence-transformers",
            "---",
            f"# {card.name}",
            "",
            f"{card.encoder.name} ({card.encoder.licence}), trained further on {card.data.rows} texts of"
            f" {card.data.name} ({card.data.licence}) without their labels: {card.notes['objective']},"
            f" {card.notes['kept_epochs']} epochs, {100 * told:.1f} % of held-out tokens told right.",
            "",
            'Start from it with `encoder.name = "PATH"`. `card.json` holds hashes of the data and of the encoder'
            " before.",
            "",
        ]
    )
