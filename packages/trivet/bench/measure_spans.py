"""Spans that a tagger finds in the test texts, and F1 again from those that were kept."""

from __future__ import annotations

from typing import Any

from trivet.answers.tagging import TaggingAnswer, TaggingFacts
from trivet.artifact.artifact import Artifact
from trivet.bench.measures import Measured
from trivet.bench.record import Baseline
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.data.tagged import check_spans, read_texts
from trivet.evaluation.metrics.label_sets import macro_f1, micro_f1
from trivet.evaluation.metrics.spans import Rows, count_spans, count_types
from trivet.evaluation.resample import compare_rounds, middle, resample_sums
from trivet.judging.tagging import baseline_spans
from trivet.recipe import Recipe
from trivet.settings import Settings


def measure_spans(artifact: Artifact, recipe: Recipe, settings: Settings, *, seed: int, macro: bool) -> Measured:
    """True and predicted spans of every test text; F1 over all spans, or with `macro` the mean over types.

    The interval and the paired tests resample texts.
    """
    assert isinstance(artifact.facts, TaggingFacts)
    types, dataset = artifact.facts.types, open_dataset(recipe.data, settings)
    rows = check_spans(test_rows(dataset, recipe.data))
    truth: Rows = list(rows["spans"])
    answers = artifact.predict(read_texts(rows))
    predicted: Rows = [answer.keys for answer in answers if isinstance(answer, TaggingAnswer)]

    def counts(given: Rows) -> Any:
        return count_types(truth, given, types) if macro else count_spans(truth, given)

    statistic = macro_f1 if macro else micro_f1
    ours = counts(predicted)
    drawn = statistic(resample_sums(ours, seed=seed))
    baselines = {}
    simpler = baseline_spans(recipe, types, training_rows(dataset, recipe.data), rows, settings)
    for name, given in simpler.items():
        theirs = counts(given)
        value = float(statistic(theirs.sum(axis=0)))
        difference = float(statistic(ours.sum(axis=0))) - value
        test = compare_rounds(drawn, statistic(resample_sums(theirs, seed=seed)), difference=difference)
        baselines[name] = Baseline(value=value, paired_p=test.p)
    ends = middle(drawn)
    kept = {"types": list(types), "truth": _plain(truth), "predicted": _plain(predicted)}
    return Measured(kept, ends.low, ends.high, baselines)


def recompute_spans(kept: dict[str, Any], *, macro: bool) -> float:
    """The figure of spans that were kept.

    Raises:
        ValueError: there are no texts, or not as many predictions as texts.
    """
    truth, predicted = _keys(kept["truth"]), _keys(kept["predicted"])
    if len(truth) != len(predicted) or not truth:
        raise ValueError(f"{len(predicted)} predictions for {len(truth)} texts")
    if macro:
        return float(macro_f1(count_types(truth, predicted, kept["types"]).sum(axis=0)))
    return float(micro_f1(count_spans(truth, predicted).sum(axis=0)))


def _plain(rows: Rows) -> list[list[list[Any]]]:
    return [[list(span) for span in row] for row in rows]


def _keys(rows: list[list[list[Any]]]) -> list[list[tuple[int, int, str]]]:
    return [[(start, end, label) for start, end, label in row] for row in rows]
