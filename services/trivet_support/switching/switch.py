"""From the files of another product to a model that answers in its place, and how the two compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trivet.data.sources import open_dataset
from trivet.data.splits import test_rows
from trivet.errors import DataError
from trivet.evaluation.predictions import in_scope
from trivet.methods.progress import Progress
from trivet.pipeline import Outcome, train_and_register
from trivet.recipe import Recipe
from trivet.settings import Settings
from trivet_support.switching.imported import Imported
from trivet_support.switching.peer import Beside, put_beside
from trivet_support.switching.shelf import keep

# An intent with fewer rows cannot be both learnt and judged.
_LEAST = 2


@dataclass(frozen=True)
class Switched:
    """What came of it; `beside` is the peer on the same rows, where its answers or its report are known."""

    imported: Imported
    folder: Path
    outcome: Outcome
    beside: Beside | None

    def lines(self) -> list[str]:
        """For a person: what was read, the scores, and what was kept."""
        parts = {part: len(rows) for part, rows in self.imported.parts.items()}
        counts = ", ".join(f"{rows} {part.replace('_', ' ')}" for part, rows in parts.items())
        told = [f"{self.imported.source}: {len(self.imported.labels)} intents; rows: {counts}"]
        told += [f"  {note}" for note in self.imported.notes[:_SHOWN]]
        if len(self.imported.notes) > _SHOWN:
            told.append(f"  and {len(self.imported.notes) - _SHOWN} more of these")
        told.append(self.outcome.headline())
        told += [f"  {line}" for line in self.outcome.to_json()["remarks"]]
        if self.beside is not None:
            told.append(f"  {self.beside.line()}")
            if self.beside.shared and "test" not in self.imported.parts:
                told.append(
                    f"  whether {self.beside.name} had learnt these rows its files do not say; --test names others"
                )
        told.append(f"  saved: {self.outcome.reference} ({', '.join(self.outcome.aliases) or 'not live'})")
        if self.outcome.refused:
            told.append(f"  not made live: {self.outcome.refused}")
        if self.imported.entities:
            names = ", ".join(one.entity for one in self.imported.entities)
            told.append(f"  entities: {names}")
        return told

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "source": self.imported.source,
            "intents": self.imported.labels,
            "rows": {part: len(rows) for part, rows in self.imported.parts.items()},
            "notes": list(self.imported.notes),
            "folder": str(self.folder),
            "entities": [one.entity for one in self.imported.entities],
            "model": self.outcome.to_json(),
            "peer": None if self.beside is None else self.beside.to_json(),
        }


_SHOWN = 5


def switch(
    imported: Imported,
    recipe: Recipe,
    *,
    settings: Settings,
    progress: Progress,
    go_live: bool = True,
    accepted: str = "",
) -> Switched:
    """Keep what was imported, train on it, judge on its test rows or on a part held out, and put the peer beside.

    Raises:
        DataError: too few intents or rows.
        TrivetError: as training does.
    """
    imported = _without_rare(imported)
    folder = keep(imported, settings.home / "switched" / recipe.name)
    data = recipe.data.model_copy(update={"dataset": str(folder)})
    recipe = recipe.model_copy(update={"data": data})
    outcome = train_and_register(recipe, settings=settings, go_live=go_live, accepted=accepted, progress=progress)
    beside = None
    if imported.peer is not None and outcome.report is not None and outcome.report.predictions is not None:
        judged = test_rows(open_dataset(data, settings), data)
        table = in_scope(outcome.report.predictions)
        texts, truth = list(judged["text"]), list(table["truth"])
        assert truth == list(judged["label"]), "the report is about these rows, in their order"
        beside = put_beside(imported.peer, texts=texts, truth=truth, ours=list(table["predicted"]))
    return Switched(imported, folder, outcome, beside)


def _without_rare(imported: Imported) -> Imported:
    """Without the intents that have too few rows to learn from."""
    counts = Counter(row.label for row in imported.parts["train"])
    rare = sorted(label for label, rows in counts.items() if rows < _LEAST)
    if len(counts) - len(rare) < _LEAST:
        raise DataError(
            f"{len(counts)} intents, of which {len(rare)} have fewer than {_LEAST} rows, leave nothing to tell apart.",
            where=imported.source,
            todo="Give at least two intents with a few examples each.",
        )
    if not rare:
        return imported
    parts: dict[str, Sequence[Any]] = {
        part: [row for row in rows if not row.label or row.label not in rare] for part, rows in imported.parts.items()
    }
    notes = [f"the intent {name!r} has a single example: it is left out." for name in rare]
    return replace(imported, parts=parts, notes=[*imported.notes, *notes])
