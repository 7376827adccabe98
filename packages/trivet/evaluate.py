"""Judges an artifact on test rows: opens them, answers them, sets simpler ways beside the answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.answers.classification import ClassificationFacts
from trivet.artifact.artifact import Artifact
from trivet.data.dataset import Dataset
from trivet.data.frames import check_labels
from trivet.data.histories import all_histories, hold_out_last
from trivet.data.overlap import measure_overlap
from trivet.data.sources import open_dataset
from trivet.data.splits import catalogue_rows, test_rows, training_rows
from trivet.evaluation.baselines import frozen_logistic, majority, tfidf_logistic
from trivet.evaluation.build import build_ranking_report, build_report
from trivet.evaluation.metrics.ranking import hit_rate_at_places, ndcg_at_places
from trivet.evaluation.rankers import place_targets, rank_by_neighbours, rank_by_popularity, rank_by_text
from trivet.evaluation.report import Report, Subject
from trivet.evaluation.rows import JudgedRows
from trivet.methods.features import embed_frozen
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

TOP = 10
MAJORITY, WORDS, FROZEN = "majority", "tfidf-logistic", "frozen-logistic"
POPULAR, NEIGHBOURS, FROZEN_TEXT = "popular", "item-knn", "frozen-text"


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
    dataset = open_dataset(data, settings)
    if isinstance(artifact.facts, ClassificationFacts):
        return _judge_labels(artifact, artifact.facts, dataset, data, settings, version, with_baselines)
    return _judge_ranking(artifact, dataset, data, settings, version)


def baseline_labels(
    artifact: Artifact, dataset: Dataset, rows: pd.DataFrame, *, settings: Settings
) -> dict[str, list[str]]:
    """Labels of the rows by the majority, by words, and by the encoder as it was before training."""
    train = training_rows(dataset, artifact.recipe.data)
    texts, labels = list(train["text"]), list(train["label"])
    asked, seed = list(rows["text"]), artifact.recipe.data.seed
    learnt, unseen = np.split(embed_frozen(artifact.recipe, [*texts, *asked], settings), [len(texts)])
    return {
        MAJORITY: majority(labels, len(asked)),
        WORDS: tfidf_logistic(texts, labels, asked, seed=seed),
        FROZEN: frozen_logistic(learnt, labels, unseen, seed=seed),
    }


def _judge_labels(
    artifact: Artifact,
    facts: ClassificationFacts,
    dataset: Dataset,
    data: DataRecipe,
    settings: Settings,
    version: int,
    with_baselines: bool,
) -> Report:
    rows = test_rows(dataset, data)
    check_labels(facts.labels, rows)
    train = training_rows(open_dataset(artifact.recipe.data, settings), artifact.recipe.data)
    began = time.perf_counter()
    answers = artifact.predict(list(rows["text"]), top=len(facts.labels))
    seconds = time.perf_counter() - began
    foreign = "out_of_scope_test" if "out_of_scope_test" in dataset.tables else ""
    own = open_dataset(artifact.recipe.data, settings)
    return build_report(
        _subject(artifact, dataset, data, version),
        JudgedRows(
            truth=list(rows["label"]),
            columns={"kind": list(rows["kind"])} if "kind" in rows else {},
            train_labels=list(train["label"]),
            overlap=measure_overlap(list(train["text"]), list(rows["text"])),
        ),
        answers,
        facts,
        baselines=baseline_labels(artifact, own, rows, settings=settings) if with_baselines else {},
        out_of_scope=artifact.predict(list(dataset.frame(foreign)["text"]), top=len(facts.labels)) if foreign else (),
        seconds=seconds,
        seed=data.seed,
    )


def _judge_ranking(artifact: Artifact, dataset: Dataset, data: DataRecipe, settings: Settings, version: int) -> Report:
    """Next item by text alone, each user's last one held out, the whole catalogue ranked, the history left out."""
    items = catalogue_rows(dataset, data)
    train = training_rows(dataset, data)
    asked = hold_out_last(train, test_rows(dataset, data), items)
    learnt = all_histories(train, items)
    texts = list(items["text"])
    began = time.perf_counter()
    places = place_targets(rank_by_text(artifact.embed(texts)), asked.before, asked.targets)
    seconds = time.perf_counter() - began
    rankers = {
        POPULAR: rank_by_popularity(learnt, len(items)),
        NEIGHBOURS: rank_by_neighbours(learnt, len(items)),
        FROZEN_TEXT: rank_by_text(embed_frozen(artifact.recipe, texts, settings)),
    }
    theirs = {
        name: ndcg_at_places(place_targets(ranker, asked.before, asked.targets), TOP).tolist()
        for name, ranker in rankers.items()
    }
    return build_ranking_report(
        _subject(artifact, dataset, data, version),
        asked.users,
        {
            f"ndcg@{TOP}": ndcg_at_places(places, TOP).tolist(),
            f"hr@{TOP}": hit_rate_at_places(places, TOP).tolist(),
        },
        baselines=theirs,
        columns={"history": [_length(history) for history in asked.before]},
        seconds=seconds,
        notes={
            "protocol": "leave one out, full ranking, history masked, ties against the target",
            "items": str(len(items)),
        },
        seed=data.seed,
    )


def _subject(artifact: Artifact, dataset: Dataset, data: DataRecipe, version: int) -> Subject:
    table = "test" if "test" in dataset.tables else "train" if "train" in dataset.tables else "interactions"
    return Subject(artifact.recipe.name, version, data.dataset, "test", dataset.sha256(table))


def _length(history: tuple[int, ...]) -> str:
    return "1-2 items" if len(history) < 3 else "3-9 items" if len(history) < 10 else "10 items or more"


def headline(name: str, report: Report) -> str:
    """Name, what was told apart, the score with its interval and the baseline of words or popularity, on one line."""
    score = report.main_score
    if report.kind == "classification":
        what, metric, baseline, label = f"{len(report.labels)} labels", "accuracy", WORDS, "TF-IDF"
    else:
        what, metric, baseline, label = f"{report.notes['items']} items", report.main.upper(), POPULAR, "popular"
    shown = f"{name:<10} {what:<11} {metric} {_percent(score.value)} [{_percent(score.low)}-{_percent(score.high)}]"
    if baseline in report.baselines:
        shown += f"  {label} {_percent(report.baselines[baseline].score)}"
    return shown


def remarks(report: Report) -> list[str]:
    """What else a person should know about a score: baselines, overlap, truncation, the promise."""
    lines = [
        f"{name}: {_percent(one.score)}, ours is {one.verdict} (paired p {one.p:.2g})"
        for name, one in report.baselines.items()
    ]
    if report.overlap is not None:
        lines.append(report.overlap.line())
    if report.truncated:
        lines.append(f"{report.truncated} of {report.rows} test texts were truncated.")
    lines += _kept(report)
    return lines


def _kept(report: Report) -> list[Any]:
    promise = report.promise
    if promise is None:
        return []
    if not promise.held or promise.wrong is None:
        return [f"no promise of at most {_percent(promise.risk)} % wrong could be made on so few held-out rows"]
    return [
        f"promised at most {_percent(promise.risk)} % wrong; on the test rows {_percent(promise.wrong.value)} % of the"
        f" answers were, and {_percent(promise.coverage.value)} % were answered"
    ]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
