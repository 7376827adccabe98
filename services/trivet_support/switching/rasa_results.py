"""What `rasa test nlu` wrote of a bot: `intent_report.json`, `intent_errors.json`, `intent_successes.json`.

Their shape is that of rasa/nlu/test.py (`write_intent_successes`, `_write_errors`, `get_evaluation_metrics`) of 3.x.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trivet.errors import DataError
from trivet_support.switching.imported import Row
from trivet_support.switching.peer import Peer, read_json

REPORT, ERRORS, SUCCESSES = "intent_report.json", "intent_errors.json", "intent_successes.json"


def read_results(folder: Path, rows: Sequence[Row], *, is_test: bool) -> Peer | None:
    """Rasa as its own results have it; None where there are none.

    Its answer to every row is known from both lists of rows, or from that of errors alone where the report says that
    just these rows were judged: what is no error was right.

    Raises:
        DataError: a file of another shape.
    """
    paths = {name: folder / name for name in (REPORT, ERRORS, SUCCESSES)}
    report = read_json(paths[REPORT]) if paths[REPORT].exists() else None
    wrong = _predicted(paths[ERRORS]) if paths[ERRORS].exists() else None
    right = _predicted(paths[SUCCESSES]) if paths[SUCCESSES].exists() else None
    if report is None and wrong is None and right is None:
        return None
    score, judged = _score(report, paths[REPORT]) if report is not None else (None, 0)
    predicted = {**(right or {}), **(wrong or {})}
    if right is None and wrong is not None and judged == len(rows):
        predicted = {row.text: row.label for row in rows} | wrong
    elif right is None:
        predicted = {}
    return Peer("Rasa", str(folder), predicted, score=score, rows=judged)


def _score(report: Any, path: Path) -> tuple[float, int]:
    averages = report.get("weighted avg") if isinstance(report, dict) else None
    if not isinstance(averages, dict) or not isinstance(averages.get("support"), int | float):
        raise DataError(
            "is no report of intents: it has no `weighted avg` with its `support`.",
            where=str(path),
            todo="Give what `rasa test nlu` wrote.",
        )
    accuracy = report.get("accuracy")
    if not isinstance(accuracy, int | float):
        # Weighted by its rows the recall of all intents is the accuracy.
        accuracy = averages.get("recall", 0.0)
    return float(accuracy), int(averages["support"])


def _predicted(path: Path) -> dict[str, str]:
    told = read_json(path)
    try:
        return {one["text"]: one["intent_prediction"]["name"] or "" for one in told}
    except (KeyError, TypeError) as error:
        raise DataError(
            "is no list of texts with their `intent_prediction`.",
            where=str(path),
            todo="Give what `rasa test nlu` wrote.",
        ) from error
