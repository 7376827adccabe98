"""Judges an artifact on test rows: opens them, answers them, sets simpler ways beside the answers."""

from __future__ import annotations

from typing import assert_never

from trivet.answers.classification import ClassificationFacts
from trivet.answers.multilabel import MultilabelFacts
from trivet.answers.multitask import MultitaskFacts
from trivet.answers.next_item import NextItemFacts
from trivet.answers.regression import RegressionFacts
from trivet.answers.similarity import SimilarityFacts
from trivet.answers.tagging import TaggingFacts
from trivet.artifact.artifact import Artifact
from trivet.data.sources import open_dataset
from trivet.evaluation.report import Report
from trivet.judging.case import Case
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


def evaluate(
    artifact: Artifact,
    *,
    settings: Settings,
    data: DataRecipe | None = None,
    version: int = 0,
    with_baselines: bool = True,
) -> Report:
    """The report of an artifact on the test rows of `data` (default: the data set it was trained on).

    Raises:
        DataError: the rows are missing or bad, or hold a label that the model has not learnt.
    """
    data = data or artifact.recipe.data
    case = Case(artifact, open_dataset(data, settings), data, settings, version, with_baselines)
    # Each kind imports its own below: a recorded figure then rests on no other kind.
    match artifact.facts:
        case ClassificationFacts():
            from trivet.judging.labels import judge_labels

            return judge_labels(case, artifact.facts)
        case MultitaskFacts():
            from trivet.judging.multitask import judge_multitask

            return judge_multitask(case, artifact.facts)
        case MultilabelFacts():
            from trivet.judging.label_sets import judge_label_sets

            return judge_label_sets(case, artifact.facts)
        case TaggingFacts():
            from trivet.judging.tagging import judge_tagging

            return judge_tagging(case, artifact.facts)
        case RegressionFacts():
            from trivet.judging.numbers import judge_numbers

            return judge_numbers(case, artifact.facts)
        case NextItemFacts():
            from trivet.judging.next_item import judge_next_item

            return judge_next_item(case, artifact.facts)
        case SimilarityFacts():
            from trivet.judging.pairs import judge_pairs
            from trivet.judging.ranking import judge_ranking

            return judge_pairs(case) if case.dataset.kind == "pairs" else judge_ranking(case)
        case _:
            assert_never(artifact.facts)
