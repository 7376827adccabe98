"""Spans of texts: answers to test rows, beside simpler ways on the same rows."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from trivet.answers.bio import count_tags
from trivet.answers.tagging import SpanKey, TaggingAnswer, TaggingFacts, align_spans, read_spans
from trivet.data.overlap import measure_overlap
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.data.tagged import check_spans, read_texts
from trivet.evaluation.report import Report
from trivet.evaluation.span_baselines import tag_by_state, tag_by_word
from trivet.evaluation.spans import build_span_report
from trivet.judging.case import Case
from trivet.methods.states import read_words
from trivet.recipe import Recipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

WORD_TAGS, FROZEN = "word-tags", "frozen-logistic"
# Texts that the probe over the frozen encoder learns from: with more it takes minutes.
PROBE_TEXTS = 1000


def judge_tagging(case: Case, facts: TaggingFacts) -> Report:
    """The report of a tagger.

    Raises:
        DataError: the rows are missing or bad, or have no spans.
    """
    artifact = case.artifact
    rows = check_spans(test_rows(case.dataset, case.data))
    train = check_spans(training_rows(open_dataset(artifact.recipe.data, case.settings), artifact.recipe.data))
    texts = read_texts(rows)
    began = time.perf_counter()
    answers = [one for one in artifact.predict(texts) if isinstance(one, TaggingAnswer)]
    seconds = time.perf_counter() - began
    report = build_span_report(
        case.subject,
        list(rows["spans"]),
        answers,
        facts.types,
        baselines=baseline_spans(artifact.recipe, facts.types, train, rows, case.settings)
        if case.with_baselines
        else {},
        columns={"kind": list(rows["kind"])} if "kind" in rows else {},
        seconds=seconds,
        seed=case.data.seed,
    )
    return replace(report, overlap=measure_overlap(read_texts(train), texts))


def baseline_spans(
    recipe: Recipe, types: tuple[str, ...], train: pd.DataFrame, rows: pd.DataFrame, settings: Settings
) -> dict[str, list[tuple[SpanKey, ...]]]:
    """Spans of the rows by the most frequent tag of each word, and by a probe over the encoder before training.

    The probe learns from at most 1,000 training texts, drawn with the seed of the data.
    """
    index = {name: at for at, name in enumerate(types)}
    learnt = read_words(recipe, read_texts(train), settings, states=False)
    tags = [align_spans(one.units, spans, index) for one, spans in zip(learnt, train["spans"], strict=True)]
    asked = read_words(recipe, read_texts(rows), settings, states=True)
    some = train.sample(min(PROBE_TEXTS, len(train)), random_state=recipe.data.seed)
    probed = read_words(recipe, read_texts(some), settings, states=True)
    found = {
        WORD_TAGS: tag_by_word([one.words for one in learnt], tags, [one.words for one in asked]),
        FROZEN: tag_by_state(
            [one.states for one in probed],
            [align_spans(one.units, spans, index) for one, spans in zip(probed, some["spans"], strict=True)],
            [one.states for one in asked],
            classes=count_tags(len(types)),
            seed=recipe.training.seed,
        ),
    }
    return {
        name: [read_spans(one.units, path, types) for one, path in zip(asked, paths, strict=True)]
        for name, paths in found.items()
    }
