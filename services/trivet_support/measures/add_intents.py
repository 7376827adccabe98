"""What the old intents lose when new ones are added to a live model over HTTP, without a training.

The recipe's set is split by its intents: `added` of them, drawn by the seed, are unknown to the model that is trained
and served. The test rows of the others are asked before and after the new ones are put in with `examples` rows each.
"""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.bench.service_measure import Asked, ServiceMeasure

if TYPE_CHECKING:
    import httpx

    from trivet.bench.measures import Measured
    from trivet.data.dataset import Dataset

Rows = list[tuple[str, str]]
BATCH = 128
ADD_S = 60.0
FOOTING_S = 1200.0


@dataclass(frozen=True)
class Parts:
    """Rows (text, intent) of the intents that are known from the start, and of those that are added."""

    known: dict[str, Rows]
    added: dict[str, Rows]


def run(asked: Asked) -> Measured:
    """Trains without the drawn intents, serves, asks, adds them one by one, asks again."""
    from trivet.bench.measures import Measured
    from trivet.bench.record import Baseline
    from trivet.bench.served import read_modules, running_service
    from trivet.data.sources import open_dataset
    from trivet.evaluation.compare import compare_paired

    assert asked.recipe is not None
    count, examples = int(str(asked.options["added"])), int(str(asked.options["examples"]))
    parts = part(open_dataset(asked.recipe.data, asked.settings), count, seed=asked.seed)
    folder = asked.work / "rows"
    for table, rows in parts.known.items():
        _write(folder / f"{table}.csv", rows)
    data = asked.recipe.data.model_copy(update={"dataset": str(folder.resolve())})
    path = asked.train(asked.recipe.model_copy(update={"data": data}))
    old, new = parts.known["test"], parts.added["test"]
    with tempfile.TemporaryDirectory(prefix="trivet-") as home:
        words, modules = ("support", "--insecure", "--model", f"support={path}"), Path(home) / "modules"
        with running_service(words, asked.settings, home=Path(home), modules=modules) as service:
            before = ask(service.client, old)
            seconds = add(service.client, parts.added["train"], examples=examples)
            after, told = ask(service.client, old), ask(service.client, new)
        ran = read_modules(modules)
    kept: dict[str, Any] = {
        "before": before,
        "after": after,
        "truth": [label for _, label in old],
        "new": told,
        "new_truth": [label for _, label in new],
        "seconds": seconds,
    }
    was, stays, learnt = _right(before, kept["truth"]), _right(after, kept["truth"]), _right(told, kept["new_truth"])
    lost = compare_paired(was, stays, seed=asked.seed)
    baselines = {
        "old intents before, accuracy": Baseline(value=float(was.mean()), paired_p=lost.p),
        "new intents after, accuracy": Baseline(value=float(learnt.mean())),
        "seconds until a new intent answers": Baseline(value=float(np.median(seconds))),
    }
    return Measured(kept, 100 * lost.low, 100 * lost.high, baselines, ran)


def recompute(kept: dict[str, Any]) -> float:
    """Points of accuracy that the old intents have lost; below 0 they have gained."""
    was, stays = _right(kept["before"], kept["truth"]), _right(kept["after"], kept["truth"])
    return 100 * float((was - stays).mean())


def part(dataset: Dataset, count: int, *, seed: int) -> Parts:
    """The rows of the train, validation and test tables, those of `count` intents apart; the seed draws these."""
    tables = {
        table: list(zip(dataset.frame(table)["text"], dataset.frame(table)["label"], strict=True))
        for table in ("train", "validation", "test")
    }
    names = sorted({label for _, label in tables["train"]})
    drawn = set(np.random.default_rng(seed).choice(names, count, replace=False).tolist())
    return Parts(
        {table: [row for row in rows if row[1] not in drawn] for table, rows in tables.items()},
        {table: [row for row in rows if row[1] in drawn] for table, rows in tables.items()},
    )


def ask(client: httpx.Client, rows: Rows) -> list[str]:
    """The intent that each text gets."""
    found: list[str] = []
    for at in range(0, len(rows), BATCH):
        texts = [text for text, _ in rows[at : at + BATCH]]
        answer = client.post("/v1/parse:batch", json={"texts": texts, "top": 1}, timeout=300).raise_for_status()
        found += [item["intent"]["name"] for item in answer.json()["items"]]
    return found


def add(client: httpx.Client, rows: Rows, *, examples: int) -> list[float]:
    """Puts each intent in with its first rows; seconds from the request to the first answer that names it.

    All but the first are added once the service knows how the model's own labels spread, as it does from then on.
    """
    seconds = []
    for at, label in enumerate(sorted({label for _, label in rows})):
        texts = [text for text, other in rows if other == label][:examples]
        began = time.perf_counter()
        body, asked = {"examples": texts}, {"force": "true", "reason": "a measurement"}
        client.put(f"/v1/intents/{label}", json=body, params=asked, timeout=ADD_S).raise_for_status()
        while ask(client, [(texts[0], label)]) != [label]:
            if time.perf_counter() - began > ADD_S:
                break
            time.sleep(0.02)
        seconds.append(time.perf_counter() - began)
        if not at:
            _await_footing(client, label)
    return seconds


def _await_footing(client: httpx.Client, label: str) -> None:
    end = time.monotonic() + FOOTING_S
    while client.get(f"/v1/intents/{label}/effect", timeout=ADD_S).raise_for_status().json()["footing"] == "preparing":
        assert time.monotonic() < end, "the service never learnt how the model's labels spread"
        time.sleep(0.5)


def _write(path: Path, rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(rows)


def _right(told: Sequence[str], truth: Sequence[str]) -> np.ndarray:
    if len(told) != len(truth) or not len(truth):
        raise ValueError(f"{len(told)} answers for {len(truth)} rows")
    return (np.asarray(told, dtype=object) == np.asarray(truth, dtype=object)).astype(np.float64)


measure = ServiceMeasure(run, recompute)
