"""Judges an artifact on test rows: opens them, answers them, sets simpler ways beside the answers."""

from __future__ import annotations

from typing import assert_never

from trivet.answers.classification import ClassificationFacts
from trivet.answers.similarity import SimilarityFacts
from trivet.artifact.artifact import Artifact
from trivet.data.sources import open_dataset
from trivet.evaluation.report import Report
from trivet.judging.case import Case
from trivet.judging.labels import judge_labels
from trivet.judging.ranking import judge_ranking
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
    match artifact.facts:
        case ClassificationFacts():
            return judge_labels(case, artifact.facts)
        case SimilarityFacts():
            return judge_ranking(case)
        case _:
            assert_never(artifact.facts)
