"""What simpler ways guess on the test rows, kept beside the artifacts: they do not depend on the seed of training."""

from __future__ import annotations

import hashlib
import json

from trivet.bench.record import read_json, write_predictions
from trivet.bench.workbench import Workbench
from trivet.data.splits import test_rows
from trivet.judging.labels import baseline_labels
from trivet.recipe import Recipe


def guess_labels(recipe: Recipe, bench: Workbench) -> dict[str, list[str]]:
    """Labels of the test rows by each baseline of `baseline_labels`; computed once for data, encoder and code.

    Raises:
        DataError, EncoderError: rows or encoder are not to be found.
    """
    dataset = bench.open_data(recipe.data)
    rows = test_rows(dataset, recipe.data)
    rests_on = [
        recipe.data.model_dump(mode="json"),
        recipe.encoder.model_dump(mode="json"),
        recipe.task.model_dump(mode="json"),
        recipe.export.model_dump(mode="json"),
        dataset.sha256("train"),
        [str(text) for text in rows["text"]],
        bench.code.hash(bench.code.core()),
    ]
    key = hashlib.sha256(json.dumps(rests_on, sort_keys=True).encode()).hexdigest()[:16]
    path = bench.root / "work" / "guesses" / f"{key}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_predictions(path, baseline_labels(recipe, dataset, rows, settings=bench.settings))
    guesses: dict[str, list[str]] = read_json(path)
    return guesses
