"""How well a library of questions with answers is searched: BANKING77 as a FAQ of a few questions an intent.

Options: `questions`, how many of an intent's training questions the FAQ has; `figure`: `mrr` (reciprocal rank of the
first answer of the right intent among five), `top1`, `right` (of the answers that are claimed, those of the right
intent) or `refused` (of CLINC150's questions that belong nowhere, those to which nothing is claimed). The threshold was
chosen on the samples alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Literal, assert_never

import numpy as np

from trivet.bench.service_measure import Asked, ServiceMeasure
from trivet.heads.prototypes import normalise
from trivet_support.knowledge.document import Document
from trivet_support.knowledge.formats import compose_pairs
from trivet_support.knowledge.library import Library
from trivet_support.knowledge.passage import cut_passages

if TYPE_CHECKING:
    from pandas import DataFrame

    from trivet.artifact.artifact import Artifact
    from trivet.bench.measures import Measured

Figure = Literal["mrr", "top1", "right", "refused"]
FOREIGN = "clinc150"
_DEPTH = 5


def run(asked: Asked) -> Measured:
    """Which answers each question finds, beside those that words alone find; the interval resamples questions."""
    from trivet.artifact.artifact import Artifact
    from trivet.bench.measures import Measured
    from trivet.bench.record import Baseline
    from trivet.data.sources import open_dataset
    from trivet.data.splits import test_rows
    from trivet.evaluation.intervals import bootstrap_interval

    assert asked.recipe is not None
    figure, data = _figure(str(asked.options["figure"])), asked.recipe.data
    dataset = open_dataset(data, asked.settings)
    questions, truth = _columns(test_rows(dataset, data))
    if figure == "refused":
        others = open_dataset(data.model_copy(update={"dataset": FOREIGN}), asked.settings)
        questions = [str(text) for text in others.frame("out_of_scope_test")["text"]]
        truth = [""] * len(questions)
    with closing(Artifact.load(asked.train(asked.recipe), threads=asked.settings.threads)) as artifact:
        library, intents = _compose(dataset.frame("train"), int(str(asked.options["questions"])), artifact)
        vectors = normalise(artifact.embed(questions))
    found = {
        "ours": [_search(library, intents, text, vector) for text, vector in zip(questions, vectors, strict=True)],
        "words alone": [_search(library, intents, text, None) for text in questions],
    }
    kept = {"figure": figure, "truth": truth, "found": found}
    values = {name: _values(figure, truth, answers) for name, answers in found.items()}
    interval = bootstrap_interval(values["ours"], seed=asked.seed)
    baselines = {"words alone": Baseline(value=float(values["words alone"].mean()))}
    return Measured(kept, interval.low, interval.high, baselines)


def recompute(kept: dict[str, Any]) -> float:
    """The figure of what was found."""
    return float(_values(_figure(kept["figure"]), kept["truth"], kept["found"]["ours"]).mean())


def _columns(rows: DataFrame) -> tuple[list[str], list[str]]:
    return [str(text) for text in rows["text"]], [str(label) for label in rows["label"]]


def _compose(rows: DataFrame, count: int, artifact: Artifact) -> tuple[Library, Mapping[str, str]]:
    """A FAQ of the first `count` questions of each intent, and the intent of each of its questions."""
    few = rows.groupby("label", sort=True).head(count)
    texts, labels = _columns(few)
    content = compose_pairs(
        (text, f"About {label.replace('_', ' ')}.") for text, label in zip(texts, labels, strict=True)
    )
    passages = cut_passages(Document("faq", "FAQ", "faq", content.text, content.sections, 0.0, 0.0))
    vectors = normalise(artifact.embed([passage.read for passage in passages]))
    given = {passage.digest: vector for passage, vector in zip(passages, vectors, strict=True)}
    intents = {" ".join(text.split()): label for text, label in zip(texts, labels, strict=True)}
    return Library(passages, given, encoder="measured"), intents


def _search(library: Library, intents: Mapping[str, str], text: str, vector: Any) -> list[Any]:
    """The intents of the nearest answers, best first, and whether the first is claimed."""
    hits = library.search(text, vector, count=_DEPTH)
    return [[intents[hit.passage.heading] for hit in hits], hits[0].is_claimed]


def _values(figure: Figure, truth: Sequence[str], found: Sequence[Sequence[Any]]) -> Any:
    """A number a question; of `right` one for each that is claimed."""
    match figure:
        case "mrr":
            ranks = [
                names.index(label) + 1 if label in names else 0 for label, (names, _) in zip(truth, found, strict=True)
            ]
            return np.asarray([1.0 / rank if rank else 0.0 for rank in ranks])
        case "top1":
            return np.asarray([float(names[0] == label) for label, (names, _) in zip(truth, found, strict=True)])
        case "right":
            pairs = zip(truth, found, strict=True)
            return np.asarray([float(names[0] == label) for label, (names, is_claimed) in pairs if is_claimed])
        case "refused":
            return np.asarray([float(not is_claimed) for _, is_claimed in found])
        case _:
            assert_never(figure)


def _figure(name: str) -> Figure:
    match name:
        case "mrr" | "top1" | "right" | "refused":
            return name
        case _:
            raise ValueError(f"{name!r} is no figure of a library")


measure = ServiceMeasure(run, recompute)
