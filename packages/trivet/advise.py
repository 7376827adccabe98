"""Names encoder and method for a data set: scores measured on its training rows, seconds from a short probe."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trivet.data.sources import open_dataset
from trivet.data.splits import training_rows
from trivet.errors import DataError
from trivet.evaluation.baselines import tfidf_logistic
from trivet.evaluation.intervals import wilson
from trivet.heads.analytic import AnalyticHead
from trivet.methods.features import embed_frozen
from trivet.recipe import Recipe, build_recipe
from trivet.settings import Settings

PROBE_ROWS = 2000
FOREIGN_SHARE = 0.05


@dataclass(frozen=True)
class Option:
    """A method, the score to be expected on new rows with its 95 % interval, and the seconds of training."""

    method: str
    score: float | None
    low: float | None
    high: float | None
    seconds: float
    reason: str


@dataclass(frozen=True)
class Advice:
    """The encoder and the method that we would take, and what the others would be."""

    encoder: str
    encoder_reason: str
    method: str
    reason: str
    options: tuple[Option, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For a person."""
        rows = [f"encoder  {self.encoder}: {self.encoder_reason}", f"method   {self.method}: {self.reason}", ""]
        for option in self.options:
            score = (
                f"{100 * option.score:.1f} [{100 * (option.low or 0):.1f}-{100 * (option.high or 0):.1f}]"
                if option.score is not None
                else "not measured"
            )
            rows.append(f"  {option.method:<8} accuracy {score:<20} about {option.seconds:.0f} s  {option.reason}")
        return rows


def advise(recipe: Recipe, *, settings: Settings, minutes: float) -> Advice:
    """What to train on the recipe's data set within `minutes`; the test rows are not opened.

    Scores are leave-one-out on at most 2,000 training rows, so they stand for a model of that many rows or more.

    Raises:
        DataError: not a classification set, or a bad row.
    """
    dataset = open_dataset(recipe.data, settings)
    if dataset.kind != "classification":
        raise DataError(
            f"{dataset.name} holds {dataset.kind}; advice is for labelled texts.",
            where="trivet advise",
            todo="Use `trivet train recommend` for behaviour.",
        )
    rows = training_rows(dataset, recipe.data)
    some = rows.sample(min(len(rows), PROBE_ROWS), random_state=recipe.data.seed)
    encoder, why = _choose_encoder(list(some["text"]))
    recipe = recipe.model_copy(update={"encoder": recipe.encoder.model_copy(update={"name": encoder})})
    labels = tuple(sorted(some["label"].unique()))
    truth = np.searchsorted(np.asarray(labels), some["label"].to_numpy(dtype=str))
    head = _measure_head(recipe, list(some["text"]), truth, labels, rows=len(rows), settings=settings)
    words = _measure_words(list(some["text"]), list(some["label"]))
    full = _plan_full(recipe, settings)
    method, reason = _choose_method(head, full, rows_a_label=len(rows) / len(labels), minutes=minutes)
    return Advice(encoder, why, method, reason, (words, head, full))


def _choose_encoder(texts: list[str]) -> tuple[str, str]:
    letters = [letter for text in texts for letter in text if letter.isalpha()]
    foreign = sum(ord(letter) > 0x24F for letter in letters) / max(len(letters), 1)
    if foreign > FOREIGN_SHARE:
        return "multilingual-e5-small", f"{100 * foreign:.0f} % of the letters are not Latin"
    return "minilm-l6", "the letters are Latin; the English default is the smallest that serves well"


def _measure_head(
    recipe: Recipe, texts: list[str], truth: np.ndarray, labels: tuple[str, ...], *, rows: int, settings: Settings
) -> Option:
    began = time.perf_counter()
    embeddings = embed_frozen(recipe, texts, settings)
    head = AnalyticHead.fit(embeddings, truth, labels, expansion=2000, penalties=(30.0, 100.0, 300.0), seed=0)
    seconds = (time.perf_counter() - began) * rows / len(texts)
    assert head.leave_one_out_scores is not None
    right = int((head.leave_one_out_scores.argmax(axis=1) == truth).sum())
    interval = wilson(right, len(truth))
    return Option(
        "head",
        right / len(truth),
        interval.low,
        interval.high,
        seconds,
        f"measured by leave-one-out on {len(truth)} rows",
    )


def _measure_words(texts: list[str], labels: list[str]) -> Option:
    half = len(texts) * 4 // 5
    began = time.perf_counter()
    guessed = tfidf_logistic(texts[:half], labels[:half], texts[half:], seed=0)
    right = sum(guess == label for guess, label in zip(guessed, labels[half:], strict=True))
    interval = wilson(right, len(guessed))
    seconds = time.perf_counter() - began
    return Option(
        "TF-IDF",
        right / len(guessed),
        interval.low,
        interval.high,
        seconds,
        "for comparison; measured on a fifth of the probe",
    )


def _plan_full(recipe: Recipe, settings: Settings) -> Option:
    from trivet.methods.tune import plan_tuning

    full = build_recipe(recipe.model_dump(exclude={"method"}), overrides={"method.kind": "full"})
    rows = training_rows(open_dataset(full.data, settings), full.data)
    with tempfile.TemporaryDirectory(prefix="trivet-") as scratch:
        cost = plan_tuning(full, rows, settings=settings, workspace=Path(scratch))
    return Option(
        "full", None, None, None, cost.seconds, "seconds from a probe of a few steps; its score needs the run itself"
    )


def _choose_method(head: Option, full: Option, *, rows_a_label: float, minutes: float) -> tuple[str, str]:
    if full.seconds > 60 * minutes:
        return "head", f"full fine-tuning would take {full.seconds / 60:.0f} minutes, more than the {minutes:g} allowed"
    if rows_a_label < 20:
        return "head", f"{rows_a_label:.0f} rows a label are few; a head over the frozen encoder is steadier there"
    if head.score is not None and head.score > 0.98:
        return "head", "the frozen encoder already solves it; every such model shares one graph"
    return "full", f"{rows_a_label:.0f} rows a label carry a tuned encoder, and it fits into {minutes:g} minutes"
