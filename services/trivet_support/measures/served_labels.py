"""Micro F1 of what a model of several labels a text answers over HTTP: that which it was judged by, or not."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.bench.service_measure import Asked, ServiceMeasure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from trivet.bench.measures import Measured

BATCH = 64


def run(asked: Asked) -> Measured:
    """Labels of every test text as `/v1/parse:batch` tells them, beside those of the model that is asked directly."""
    from trivet.answers.multilabel import MultilabelAnswer, MultilabelFacts
    from trivet.artifact.artifact import Artifact
    from trivet.bench.measures import Measured
    from trivet.bench.record import Baseline
    from trivet.bench.served import read_modules, running_service
    from trivet.data.label_sets import hot_labels
    from trivet.data.sources import open_dataset
    from trivet.data.splits import test_rows
    from trivet.evaluation.metrics.label_sets import count_hits, micro_f1
    from trivet.evaluation.resample import compare_rounds, middle, resample_sums

    assert asked.recipe is not None
    path, rows = (
        asked.train(asked.recipe),
        test_rows(open_dataset(asked.recipe.data, asked.settings), asked.recipe.data),
    )
    texts = list(rows["text"])
    with closing(Artifact.load(path, threads=asked.settings.threads)) as artifact:
        assert isinstance(artifact.facts, MultilabelFacts), "the recipe is one of several labels a text"
        labels = artifact.facts.labels
        direct = [
            [label for label, _ in one.labels] for one in artifact.predict(texts) if isinstance(one, MultilabelAnswer)
        ]
    with tempfile.TemporaryDirectory(prefix="trivet-") as home:
        words, modules = ("support", "--insecure", "--model", f"support={path}"), Path(home) / "modules"
        with running_service(words, asked.settings, home=Path(home), modules=modules) as service:
            served = ask(service.client, texts)
        ran = read_modules(modules)
    truth = hot_labels(list(rows["labels"]), labels)
    ours, theirs = (count_hits(truth, hot_labels(sets, labels)) for sets in (served, direct))
    drawn, value = micro_f1(resample_sums(ours, seed=asked.seed)), float(micro_f1(theirs.sum(axis=0)))
    difference = float(micro_f1(ours.sum(axis=0))) - value
    test = compare_rounds(drawn, micro_f1(resample_sums(theirs, seed=asked.seed)), difference=difference)
    differ = sum(set(one) != set(other) for one, other in zip(served, direct, strict=True))
    baselines = {
        "asked directly": Baseline(value=value, paired_p=test.p),
        "texts answered otherwise": Baseline(value=differ / len(texts)),
    }
    place = {label: at for at, label in enumerate(labels)}
    kept = {
        "labels": list(labels),
        "truth": [np.flatnonzero(row).tolist() for row in truth],
        "predicted": [sorted(place[label] for label in one) for one in served],
    }
    ends = middle(drawn)
    return Measured(kept, ends.low, ends.high, baselines, ran)


def recompute(kept: dict[str, Any]) -> float:
    """Micro F1 of the label sets that were kept."""
    from trivet.bench.measure_label_sets import recompute_micro_f1

    return recompute_micro_f1(kept)


def ask(client: httpx.Client, texts: Sequence[str]) -> list[list[str]]:
    """The intents that each text is told to want."""
    found: list[list[str]] = []
    for at in range(0, len(texts), BATCH):
        answer = client.post("/v1/parse:batch", json={"texts": texts[at : at + BATCH]}, timeout=300).raise_for_status()
        found += [[one["name"] for one in item["intents"]] for item in answer.json()["items"]]
    return found


measure = ServiceMeasure(run, recompute)
