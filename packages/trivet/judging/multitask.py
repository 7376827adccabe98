"""Several tasks by one model: the answer of each to the test rows of its own set, beside simpler ways."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace

import numpy as np

from trivet.answers.multitask import MultitaskAnswer, MultitaskFacts
from trivet.artifact.artifact import Artifact
from trivet.data.dataset import Dataset
from trivet.data.frames import check_labels
from trivet.data.parts import open_parts, part_of
from trivet.data.splits import test_rows
from trivet.errors import DataError
from trivet.evaluation.build import build_ranking_report
from trivet.evaluation.report import Report, Subject
from trivet.judging.case import Case
from trivet.judging.labels import baseline_labels
from trivet.recipe.task import Multitask, TaskPart


def judge_multitask(case: Case, facts: MultitaskFacts) -> Report:
    """The report of a model of several tasks: accuracy over the test rows of all of them, and of each.

    Raises:
        DataError: another set was asked for than those it learnt from, or one lacks test rows or has a foreign label.
    """
    recipe = case.artifact.recipe
    assert isinstance(recipe.task, Multitask)
    if case.data != recipe.data:
        raise DataError(
            "a model of several tasks is judged on the sets of its own tasks.",
            where=case.data.dataset,
            todo="Leave the data set out.",
        )
    dataset = open_parts({part.name: part.data for part in recipe.task.parts}, case.settings)
    names: list[str] = []
    tasks: list[str] = []
    right: list[float] = []
    theirs: dict[str, list[float]] = {}
    seconds = 0.0
    for part in recipe.task.parts:
        own = part_of(dataset, part.name)
        rows = test_rows(own, part.data)
        check_labels(facts.tasks[part.name].labels, rows)
        truth = np.asarray(list(rows["label"]), dtype=object)
        began = time.perf_counter()
        labels = predict_task(case.artifact, list(rows["text"]), part.name)
        seconds += time.perf_counter() - began
        names += [f"{part.name} {row}" for row in range(len(rows))]
        tasks += [part.name] * len(rows)
        right += _outcomes(labels, truth)
        if case.with_baselines:
            alone = recipe.model_copy(update={"data": part.data})
            for name, guessed in baseline_labels(alone, own, rows, settings=case.settings).items():
                theirs.setdefault(name, []).extend(_outcomes(guessed, truth))
    report = build_ranking_report(
        _subject(case, dataset, recipe.task.parts),
        names,
        {"accuracy": right},
        baselines=theirs,
        columns={"task": tasks},
        seconds=seconds,
        notes={"tasks": ", ".join(facts.tasks)},
        seed=case.data.seed,
    )
    return replace(report, kind="multitask")


def predict_task(artifact: Artifact, texts: list[str], task: str) -> list[str]:
    """The likeliest label of each text by the head of one task."""
    answers = artifact.predict(texts, top=1)
    return [answer.answers[task].label for answer in answers if isinstance(answer, MultitaskAnswer)]


def _outcomes(labels: list[str], truth: np.ndarray) -> list[float]:
    return (np.asarray(labels, dtype=object) == truth).astype(float).tolist()


def _subject(case: Case, dataset: Dataset, parts: tuple[TaskPart, ...]) -> Subject:
    tables = [f"{part.name}.{'test' if f'{part.name}.test' in dataset.tables else 'train'}" for part in parts]
    digest = hashlib.sha256("".join(dataset.sha256(table) for table in tables).encode()).hexdigest()
    return Subject(case.artifact.recipe.name, case.version, dataset.name, "test", digest)
