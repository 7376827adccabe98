"""Redacted texts with the labels that people gave or confirmed: rows to train on."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import and_

from trivet_service.predictions.feedback import feedback
from trivet_service.predictions.prediction import predictions
from trivet_service.storage.rows import Rows


def training_rows(rows: Rows, service: str) -> list[tuple[str, str]]:
    """Text and label of every answer that was told right or corrected and whose text was kept.

    A text that was told about several times has the label that was given last.
    """
    same = and_(predictions.c.request_id == feedback.c.request_id, predictions.c.item == feedback.c.item)
    columns = (feedback.c.correct, feedback.c.label, feedback.c.answered, predictions.c.text)
    query = rows.join(rows.select(feedback, *columns), predictions, same)
    query = query.where(feedback.c.service == service, predictions.c.text.is_not(None))
    found: dict[str, str] = {}
    for row in rows.stream(query.order_by(feedback.c.time, feedback.c.request_id, feedback.c.item)):
        label = row.label or (row.answered if row.correct else None)
        if label and row.text.strip():
            found.pop(row.text, None)
            found[row.text] = label
    return list(found.items())


def write_rows(rows: Sequence[tuple[str, str]], path: Path) -> None:
    """A CSV file with the columns text and label, which `trivet train` reads."""
    draft = path.with_name(f"{path.name}.draft")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(rows)
    draft.replace(path)
