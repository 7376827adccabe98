"""A tuned tagger: fitted, exported, calibrated on rows held out, and fitted again on all rows where asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.answers.bio import count_tags
from trivet.answers.spelling import Units, find_units
from trivet.answers.tagging import SpanKey, TaggingFacts, align_spans, find_paths, read_spans
from trivet.artifact.card import Int8Entry
from trivet.data.splits import TrainingRows, split_validation
from trivet.data.tagged import read_texts
from trivet.evaluation.metrics.spans import span_f1
from trivet.export.graph import export_graph
from trivet.export.judge import judge_int8
from trivet.methods.candidate import Candidate
from trivet.methods.features import run_graph
from trivet.methods.fit import fit_weights, hand_over, refit_recipe
from trivet.methods.fitted import Fitted
from trivet.methods.ground import Ground
from trivet.recipe import Recipe
from trivet.recipe.task import Tagging
from trivet.runtime.engine import Floats
from trivet.runtime.tokens import Encoded
from trivet.trust.temperature import fit_temperature

if TYPE_CHECKING:
    import pandas as pd

OUTPUTS = ("embedding", "token_logits")
INT8_ROWS = 512


def build_tagger(recipe: Recipe, rows: pd.DataFrame, ground: Ground) -> Candidate:
    """A fit on rows of text, spans and perhaps context, exported and calibrated.

    The epoch that is kept, the temperature and what int8 costs (in F1 of spans) come from the validation part; with
    `training.refit` the weights that are served then learn from all rows, for as many epochs as the first fit kept.

    Raises:
        ArtifactError: int8 loses more than `export.max_int8_loss` of span F1 on the validation part.
    """
    assert isinstance(recipe.task, Tagging)
    part = split_validation(rows, recipe.data, dataset=ground.dataset)
    ground.progress.stage("fit")
    fitted = fit_weights(recipe, part.train, part.validation, ground.below("fit"))
    ground.progress.stage("export")
    graph = _export(recipe, fitted, part.train, ground)
    ground.progress.stage("promises")
    facts = TaggingFacts(types_of(fitted.labels), recipe.task.max_tokens, recipe.task.subtokens)
    encoded = ground.tokenizer.encode(read_texts(part.validation))
    truth = list(part.validation["spans"])
    outputs = run_graph(graph, ground.tokenizer, read_texts(part.validation), recipe.export.precision, ground.settings)
    facts = _calibrate(facts, outputs, encoded, truth)
    cost = _judge_int8(recipe, graph, part, facts, ground)
    notes: dict[str, Any] = {
        "validation_f1": span_f1(truth, _read(facts, outputs, encoded)),
        "validation_spans_out_of_reach": _unreachable(facts, encoded, truth),
        "refit": recipe.training.refit,
    }
    if recipe.training.refit:
        ground.progress.stage("refit")
        fitted = fit_weights(refit_recipe(recipe, fitted), rows, None, ground.below("refit"))
        ground.progress.stage("export")
        graph = _export(recipe, fitted, rows, ground)
        # All rows may have a type that the training part lacked.
        facts = replace(facts, types=types_of(fitted.labels))
    return hand_over(fitted, graph, facts, ground, held_out=len(part.validation), int8=cost, notes=notes)


def types_of(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The types of spans that tags mark."""
    return tuple(tag.removeprefix("B-") for tag in tags if tag.startswith("B-"))


def _export(recipe: Recipe, fitted: Fitted, rows: pd.DataFrame, ground: Ground) -> Path:
    some = rows.sample(min(len(rows), recipe.export.calibration_rows), random_state=recipe.data.seed)
    folder = ground.workspace / "graphs"
    return export_graph(fitted.module, ground.tokenizer, read_texts(some), recipe.export, folder, outputs=OUTPUTS)


def _calibrate(
    facts: TaggingFacts, outputs: Mapping[str, Floats], encoded: Sequence[Encoded], truth: Sequence[tuple[SpanKey, ...]]
) -> TaggingFacts:
    """The facts with the temperature at which the scores of held-out pieces are likeliest."""
    index = {name: at for at, name in enumerate(facts.types)}
    scores, tags = [], []
    for row, (text, spans) in enumerate(zip(encoded, truth, strict=True)):
        units = _units(facts, text)
        scores.append(outputs["token_logits"][row, units.tokens])
        tags.append(align_spans(units, spans, index))
    temperature = fit_temperature(np.concatenate(scores).astype(np.float64), np.concatenate(tags))
    return replace(facts, temperature=temperature)


def _judge_int8(
    recipe: Recipe, graph: Path, part: TrainingRows, facts: TaggingFacts, ground: Ground
) -> Int8Entry | None:
    """On the rows held out, and on training rows where these are few: one span of few is too coarse to refuse by."""
    import pandas as pd

    if recipe.export.precision != "int8":
        return None
    lacking = min(len(part.train), max(0, INT8_ROWS - len(part.validation)))
    rows = pd.concat([part.validation, part.train.sample(lacking, random_state=recipe.data.seed)])
    encoded, truth = ground.tokenizer.encode(read_texts(rows)), list(rows["spans"])
    return judge_int8(
        graph,
        encoded,
        recipe.export,
        quality=lambda outputs: span_f1(truth, _read(facts, outputs, encoded)),
        metric="span F1",
        threads=ground.settings.threads,
    )


def _read(facts: TaggingFacts, outputs: Mapping[str, Floats], encoded: Sequence[Encoded]) -> list[tuple[SpanKey, ...]]:
    """The spans that the scores of a graph mark; without confidences, which cost more than the spans."""
    units = [_units(facts, text) for text in encoded]
    scores = [outputs["token_logits"][row, one.tokens] for row, one in enumerate(units)]
    paths = find_paths(scores, count_tags(len(facts.types)))
    return [read_spans(one, path.tolist(), facts.types) for one, path in zip(units, paths, strict=True)]


def _unreachable(facts: TaggingFacts, encoded: Sequence[Encoded], truth: Sequence[tuple[SpanKey, ...]]) -> int:
    """How many true spans no sequence of tags gives: they overlap another, lie in truncated text or cut a piece."""
    index = {name: at for at, name in enumerate(facts.types)}
    lost = 0
    for text, spans in zip(encoded, truth, strict=True):
        units = _units(facts, text)
        lost += len(set(spans) - set(read_spans(units, align_spans(units, spans, index).tolist(), facts.types)))
    return lost


def _units(facts: TaggingFacts, text: Encoded) -> Units:
    assert text.spelling is not None, "a tagger's tokenizer keeps where tokens stand"
    return find_units(text.spelling, facts.subtokens)
