"""What a project with SetFit has lying about: its rows, its labels, and what its model made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trivet.errors import DataError
from trivet_support.switching.imported import Imported
from trivet_support.switching.peer import Peer, read_json
from trivet_support.switching.tables import Columns, part_outside, read_sheet

_ENDINGS = (".csv", ".jsonl", ".parquet", ".tsv")
_TRAIN, _TEST, _PREDICTIONS = ("train", "training"), ("test", "eval"), ("predictions", "predicted", "test_predictions")
# `trainer.evaluate()` gives {"accuracy": ...}; the scripts of the paper write {"measure": "accuracy", "score": 93.4}.
_METRICS = ("metrics.json", "results.json", "eval_results.json")
# Written beside a saved model; its labels are in the order of their numbers.
_CONFIG = "config_setfit.json"


def read_setfit(
    path: Path,
    *,
    columns: Columns,
    test: Path | None = None,
    predictions: Path | None = None,
    report: Path | None = None,
) -> Imported:
    """A folder with `train.csv` (or .jsonl, .parquet), `test.csv`, `predictions.csv` and `metrics.json`, or one file.

    Raises:
        DataError: no rows to learn from, or a file of another shape.
    """
    folder = path if path.is_dir() else path.parent
    is_folder = path.is_dir()
    train = path if not is_folder else _find(folder, _TRAIN)
    if train is None:
        raise DataError(
            "holds no train.csv (or .jsonl, .parquet).", where=str(path), todo="Name the file of rows to learn from."
        )
    if is_folder:
        test = test or _find(folder, _TEST)
        predictions = predictions or _find(folder, _PREDICTIONS)
        report = report or next((folder / name for name in _METRICS if (folder / name).exists()), None)
    names = _labels(folder / _CONFIG) if (folder / _CONFIG).exists() else ()
    sheet = read_sheet(train, columns, names=names)
    parts = {"train": sheet.rows}
    predicted = dict(sheet.predicted)
    if test is not None:
        judged = read_sheet(test, columns, names=names)
        parts["test"] = judged.rows
        predicted |= judged.predicted
    if predictions is not None:
        predicted |= _read_predictions(predictions, columns, [row.text for row in parts.get("test", ())], names)
    rows = len(parts.get("test", ()))
    score = _score(report) if report is not None else None
    where = str(predictions or report or test or train)
    peer = Peer("SetFit", where, predicted, score=score, rows=rows) if predicted or score is not None else None
    notes = (
        [f"{report}: of rows that are not here, so it has no interval and is not shown."] if score and not rows else []
    )
    return Imported("setfit", part_outside(parts), peer=peer, notes=notes)


def _read_predictions(path: Path, columns: Columns, texts: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Answers by text; a file without a column of texts has one a test row, in their order."""
    if path.suffix == ".json":
        told = read_json(path)
    else:
        try:
            return dict(read_sheet(path, columns, names=names, needs_label=False).predicted)
        except DataError as error:
            raise DataError(
                f"holds no text with its prediction: {error.what}", where=str(path), todo="Name its columns."
            ) from error
    if not isinstance(told, list) or len(told) != len(texts):
        raise DataError(
            f"is no list of {len(texts)} answers, one a test row.", where=str(path), todo="Write one answer a row."
        )
    return {text: _named(answer, names) for text, answer in zip(texts, told, strict=True)}


def _named(answer: Any, names: Sequence[str]) -> str:
    return names[answer] if isinstance(answer, int) and 0 <= answer < len(names) else str(answer)


def _find(folder: Path, stems: Sequence[str]) -> Path | None:
    found = (folder / f"{stem}{ending}" for stem in stems for ending in (*_ENDINGS, ".json"))
    return next((one for one in found if one.is_file()), None)


def _labels(path: Path) -> tuple[str, ...]:
    told = read_json(path)
    labels = told.get("labels") if isinstance(told, dict) else None
    return tuple(map(str, labels)) if isinstance(labels, list) else ()


def _score(path: Path) -> float:
    told = read_json(path)
    value = told.get("accuracy", told.get("score")) if isinstance(told, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 100:
        raise DataError("has no accuracy.", where=str(path), todo='Give {"accuracy": 0.93}.')
    return float(value) / 100 if value > 1 else float(value)
