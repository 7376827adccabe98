"""How often a customer of Bitext's shop reads a reply of the question's intent, with every variable filled.

The questions are split by template, the replies are the responses to questions that are not tested. A real server is
asked over HTTP; whatever else it says (a question back, a fall-back, a person) counts as wrong.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from trivet.bench.service_measure import Asked, Option, ServiceMeasure
from trivet_support.bitext.asking import ask_for_replies
from trivet_support.bitext.rows import Row, hash_set, read_rows, split_rows

if TYPE_CHECKING:
    from pathlib import Path

    from trivet.bench.measures import Measured
    from trivet.settings import Settings


def run(asked: Asked) -> Measured:
    """The intent of the reply to each tested question, beside two simpler ways; the interval resamples questions."""
    from trivet.bench.measures import Measured
    from trivet.bench.record import Baseline
    from trivet.evaluation.compare import compare_paired
    from trivet.evaluation.intervals import bootstrap_interval

    assert asked.recipe is not None
    train, test = split_rows(read_rows(asked.settings))
    asked.say(f"{len(train)} questions to learn from, {len(test)} of other templates to answer")
    folder = asked.work / "rows"
    shutil.rmtree(folder, ignore_errors=True)
    _write(folder, train, test)
    recipe = asked.recipe.model_copy(
        update={"data": asked.recipe.data.model_copy(update={"dataset": str(folder.resolve())})}
    )
    replied = ask_for_replies(asked.train(recipe), train, test, asked.settings, home=asked.work / "home")
    truth = [row.intent for row in test]
    right = _hits(truth, replied.intents)
    interval = bootstrap_interval(right.astype(float), seed=asked.seed)
    baselines = {}
    for name, guessed in {"majority": _majority(train, test), "TF-IDF nearest": _nearest(train, test)}.items():
        theirs = _hits(truth, guessed)
        baselines[name] = Baseline(
            value=float(theirs.mean()), paired_p=compare_paired(right, theirs, seed=asked.seed).p
        )
    kept = {"truth": truth, "replied": replied.intents, "kinds": replied.kinds}
    return Measured(kept, interval.low, interval.high, baselines, replied.modules)


def recompute(kept: dict[str, Any]) -> float:
    """The share of questions whose reply was one of their intent; an empty string was none."""
    return float(_hits(kept["truth"], kept["replied"]).mean())


def hash_data(options: Mapping[str, Option], settings: Settings) -> str:
    """Of the set's file, as its card has it."""
    del options, settings
    return hash_set()


def _hits(truth: Sequence[str], said: Sequence[str]) -> Any:
    return np.asarray([one == other for one, other in zip(truth, said, strict=True)])


def _write(folder: Path, train: Sequence[Row], test: Sequence[Row]) -> None:
    folder.mkdir(parents=True)
    for name, rows in {"train": train, "test": test}.items():
        lines = (json.dumps({"text": row.question, "label": row.intent}, ensure_ascii=False) for row in rows)
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _majority(train: Sequence[Row], test: Sequence[Row]) -> list[str]:
    """A reply of the intent that most questions have."""
    intents = [row.intent for row in train]
    return [max(sorted(set(intents)), key=intents.count)] * len(test)


def _nearest(train: Sequence[Row], test: Sequence[Row]) -> list[str]:
    """The very response that was written to the nearest question by TF-IDF."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2))
    known = vectorizer.fit_transform([row.question for row in train])
    near = np.asarray((vectorizer.transform([row.question for row in test]) @ known.T).argmax(axis=1)).ravel()
    return [train[at].intent for at in near]


measure = ServiceMeasure(run, recompute, hash_data)
