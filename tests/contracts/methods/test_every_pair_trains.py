"""The table of tasks and methods is true: each pair in it trains on a few rows, every other one is refused when read.

A new task needs rows in `VALUES` and `write_rows`; a new method nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from trivet.artifact.artifact import Artifact
from trivet.backbone.tiny import write_tiny_encoder
from trivet.errors import RecipeError
from trivet.recipe import Recipe, build_recipe
from trivet.recipe.method import Method
from trivet.recipe.recipe import SUPPORTED
from trivet.recipe.task import Task
from trivet.settings import Settings

README = Path(__file__).resolve().parents[3] / "packages" / "trivet" / "README.md"
WORDS = ("card", "money", "lost", "late", "stolen", "sent", "new", "old", "my", "the", "is", "please", "and", "thing")
ROWS = 60


def kinds_of(union: Any) -> tuple[str, ...]:
    """The kinds of a discriminated union, in the order of the source."""
    return tuple(model.model_fields["kind"].default for model in get_args(get_args(union)[0]))


TASKS, METHODS = kinds_of(Task), kinds_of(Method)
# What a recipe of each kind of task needs beside its kind.
VALUES: Mapping[str, Callable[[Path], dict[str, Any]]] = {
    "classification": lambda folder: {"data": {"dataset": f"{folder}/labels.csv"}},
    "multilabel": lambda folder: {"data": {"dataset": f"{folder}/several.csv"}},
    "regression": lambda folder: {"data": {"dataset": f"{folder}/numbers.csv"}},
    "tagging": lambda folder: {"data": {"dataset": f"{folder}/spans.jsonl"}},
    "pretraining": lambda folder: {"data": {"dataset": f"{folder}/labels.csv"}},
    "similarity": lambda folder: {"data": {"dataset": f"{folder}/shop"}, "task": {"pairs": 32}},
    "next_item": lambda folder: {"data": {"dataset": f"{folder}/shop"}, "task": {"dim": 16}},
    "multitask": lambda folder: {
        "data": {"dataset": f"{folder}/labels.csv"},
        "task": {
            "parts": [
                {"name": "topic", "data": {"dataset": f"{folder}/labels.csv"}},
                {"name": "mood", "data": {"dataset": f"{folder}/moods.csv"}},
            ]
        },
    },
}


def values_of(task: str, method: str, folder: Path, encoder: str) -> dict[str, Any]:
    own = VALUES[task](folder)
    return {
        "name": "toy",
        "data": own["data"],
        "task": {"kind": task, "max_tokens": 16, **own.get("task", {})},
        "encoder": {"name": encoder},
        "method": {"kind": method},
        "training": {"epochs": 1, "batch_size": 16, "bf16": "off"},
        "export": {"precision": "fp32", "calibration_rows": 16},
    }


def write_rows(folder: Path) -> Path:
    """A file of rows for each kind of task: two labels that a word tells apart, and a shop of ten things."""
    random = np.random.default_rng(0)
    topics = [("card", "money")[at % 2] for at in range(ROWS)]
    texts = [f"{topic} {' '.join(random.choice(WORDS[2:], size=3))}" for topic in topics]
    moods = [("calm", "cross")[at // 2 % 2] for at in range(ROWS)]
    write_table(folder / "labels.csv", "text,label", zip(texts, topics))
    write_table(folder / "moods.csv", "text,label", zip(texts, moods))
    write_table(folder / "several.csv", "text,labels", zip(texts, map("|".join, zip(topics, moods))))
    write_table(folder / "numbers.csv", "text,score", zip(texts, (str(at % 5) for at in range(ROWS))))
    spans = [
        {"text": text, "spans": [{"start": 0, "end": len(topic), "label": topic}]} for text, topic in zip(texts, topics)
    ]
    (folder / "spans.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in spans), encoding="utf-8")
    (folder / "shop").mkdir()
    write_table(folder / "shop" / "items.csv", "item,text", ((f"i{at}", f"{WORDS[at]} thing") for at in range(10)))
    events = [
        (f"u{user}", f"i{(user + step) % 10}", f"2026-01-{step + 1:02d}") for user in range(12) for step in range(6)
    ]
    write_table(folder / "shop" / "events.csv", "user,item,time", events)
    return folder


def write_table(path: Path, header: str, rows: Any) -> None:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module", name="encoder")
def _encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_tiny_encoder(tmp_path_factory.mktemp("tiny") / "encoder", WORDS).path)


@pytest.fixture(scope="module", name="settings")
def _settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    return Settings(home=home, cache=home / "cache", threads=1, offline=True)


def test_the_table_names_kinds_that_there_are_and_each_has_a_partner() -> None:
    assert {task for task, _ in SUPPORTED} == set(TASKS) == VALUES.keys()
    assert {method for _, method in SUPPORTED} == set(METHODS)


@pytest.mark.parametrize(("task", "method"), sorted(SUPPORTED))
def test_a_pair_in_the_table_trains(
    task: str, method: str, folder: Path, encoder: str, settings: Settings, tmp_path: Path
) -> None:
    recipe = build_recipe(values_of(task, method, folder, encoder))
    out = tmp_path / "out"
    if task == "pretraining":
        assert (pretrain_on(recipe, out, settings) / "model.safetensors").is_file()
        return
    from trivet.train import train

    train(recipe, out=out, settings=settings).close()
    artifact = Artifact.load(out, threads=1)
    assert (artifact.header.task, artifact.recipe.method.kind) == (task, method)
    artifact.close()


def pretrain_on(recipe: Recipe, out: Path, settings: Settings) -> Path:
    from trivet.pretrain import pretrain

    return pretrain(recipe, out=out, settings=settings).path


@pytest.mark.parametrize(
    ("task", "method"), [(task, method) for task in TASKS for method in METHODS if (task, method) not in SUPPORTED]
)
def test_every_other_pair_is_refused_as_the_recipe_is_read(task: str, method: str, folder: Path, encoder: str) -> None:
    with pytest.raises(RecipeError, match=f"method {method!r} does not go with task {task!r}; use "):
        build_recipe(values_of(task, method, folder, encoder))


def test_the_guide_shows_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    shown = text.split("<!-- pairs -->", 1)[1].split("<!-- pairs end -->", 1)[0]
    rows = [re.split(r"\s*\|\s*", line.strip("| \n")) for line in shown.splitlines() if line.startswith("|")]
    header, body = rows[0][1:], rows[2:]
    assert [name.strip("`") for name in header] == list(METHODS)
    assert [row[0].strip("`") for row in body] == list(TASKS)
    pairs = {
        (row[0].strip("`"), name.strip("`")) for row in body for name, mark in zip(header, row[1:]) if mark == "yes"
    }
    assert pairs == SUPPORTED
