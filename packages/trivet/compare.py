"""Judges two artifacts on the same test rows and sets them side by side."""

from __future__ import annotations

from typing import Any

from trivet.answers.classification import ClassificationFacts
from trivet.artifact.artifact import Artifact
from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows, training_rows
from trivet.evaluate import evaluate
from trivet.evaluation.versus import Versus, put_side_by_side
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


def compare(
    a: Artifact, b: Artifact, *, settings: Settings, data: DataRecipe | None = None, names: tuple[str, str] = ("a", "b")
) -> Versus:
    """A against B on the test rows of `data` (default: the data set that A was trained on), with paired tests.

    Raises:
        DataError: the rows are missing or bad, or hold a label that one of the two has not learnt.
        InputError: the two solve other tasks.
    """
    rows = data or a.recipe.data
    reports = [evaluate(one, settings=settings, data=rows, with_baselines=False) for one in (a, b)]
    members: dict[str, Any] = {}
    if isinstance(a.facts, ClassificationFacts):
        judged = test_rows(open_dataset(rows, settings), rows)
        own = a.recipe.data
        members = {
            "columns": {"kind": list(judged["kind"])} if "kind" in judged else {},
            "train_labels": list(training_rows(open_dataset(own, settings), own)["label"]),
        }
    return put_side_by_side(reports[0], reports[1], names=names, seed=rows.seed, **members)
