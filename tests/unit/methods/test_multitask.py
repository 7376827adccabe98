from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trivet.answers.multitask import MultitaskAnswer, MultitaskFacts
from trivet.artifact.artifact import Artifact
from trivet.encoders.catalogue import EncoderSource
from trivet.errors import ArtifactError, DataError, RecipeError
from trivet.evaluate import evaluate
from trivet.evaluation.gates import check_gates
from trivet.evaluation.lines import headline
from trivet.recipe import Recipe, build_recipe
from trivet.recipe.data import DataRecipe
from trivet.runtime.graphs import GraphPool
from trivet.settings import Settings
from trivet.train import train

FILLERS = [f"filler{at}" for at in range(30)]


def write_rows(path: Path, labels: dict[str, str], *, seed: int) -> Path:
    """Texts of a word that says the label and two that say nothing."""
    random = np.random.default_rng(seed)
    rows = [
        (f"{word} {' '.join(random.choice(FILLERS, size=2))}", label)
        for word, label in labels.items()
        for _ in range(40)
    ]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    write_rows(folder / "topic.csv", {"card": "cards", "money": "transfers"}, seed=1)
    write_rows(folder / "thing.csv", {"thing1": "one", "thing2": "two", "thing3": "three"}, seed=2)
    return folder


def recipe_of(source: EncoderSource, folder: Path, **training: Any) -> Recipe:
    parts = [{"name": name, "data": {"dataset": str(folder / f"{name}.csv")}} for name in ("topic", "thing")]
    return build_recipe(
        {
            "name": "both",
            "task": {"kind": "multitask", "max_tokens": 16, "parts": parts, "balance": "uncertainty"},
            "encoder": {"name": str(source.path)},
            "method": {"kind": "full"},
            "training": {"epochs": 3, "batch_size": 16, "learning_rate": 2e-3, "bf16": "off", **training},
            "export": {"max_int8_loss": 0.5, "onnx": True},
        }
    )


@pytest.fixture(scope="module")
def artifact(source: EncoderSource, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    place = tmp_path_factory.mktemp("both")
    settings = Settings(home=place / "home", cache=place / "cache", threads=1, offline=True)
    return train(recipe_of(source, folder, refit=True), out=place / "both", settings=settings)


def test_one_pass_answers_every_task(artifact: Artifact) -> None:
    assert set(artifact.graph.manifest.outputs) == {"embedding", "logits.topic", "logits.thing"}
    (answer,) = artifact.predict(["card thing3 filler1"], top=3)
    assert isinstance(answer, MultitaskAnswer)
    assert {name: part.label for name, part in answer.answers.items()} == {"topic": "cards", "thing": "three"}
    assert {name: len(part.ranking) for name, part in answer.answers.items()} == {"topic": 2, "thing": 3}


def test_every_task_has_its_own_labels_and_calibration(artifact: Artifact) -> None:
    facts = artifact.facts
    assert isinstance(facts, MultitaskFacts)
    assert {name: own.labels for name, own in facts.tasks.items()} == {
        "topic": ("cards", "transfers"),
        "thing": ("one", "three", "two"),
    }
    assert all(own.operating_point is not None for own in facts.tasks.values())
    assert all(own.novelty_threshold is not None for own in facts.tasks.values())


def test_the_card_names_both_sets(artifact: Artifact) -> None:
    assert artifact.card.data.name == "topic.csv, thing.csv"
    assert set(artifact.card.data.sha256) == {"topic.train", "thing.train"}
    assert set(artifact.card.notes["validation_accuracy"]) == {"topic", "thing"}
    assert artifact.card.int8 is not None
    assert artifact.card.int8.batch_flips == 0


def test_engines_agree_on_every_task(artifact: Artifact) -> None:
    texts = ["card filler1", "money thing2", "thing1 thing1 filler7 filler8"]
    exact = Artifact.load(artifact.path, pool=GraphPool(), precision="fp32", threads=1)
    portable = Artifact.load(artifact.path, pool=GraphPool(), engine="onnx", threads=1)
    for one, other in zip(exact.predict(texts), portable.predict(texts), strict=True):
        assert isinstance(one, MultitaskAnswer)
        assert isinstance(other, MultitaskAnswer)
        for name, part in one.answers.items():
            assert other.answers[name].label == part.label
            assert other.answers[name].confidence == pytest.approx(part.confidence, abs=1e-4)


def test_it_is_judged_on_the_test_rows_of_every_task(artifact: Artifact, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)
    report = evaluate(artifact, settings=settings)
    assert (report.kind, report.main, report.rows) == ("multitask", "accuracy", 16 + 24)
    assert {(one.by, one.name, one.rows) for one in report.slices} == {("task", "topic", 16), ("task", "thing", 24)}
    assert set(report.baselines) == {"majority", "tfidf-logistic", "frozen-logistic"}
    # The larger label of two, or one of three: what guessing gets.
    assert report.baselines["majority"].score == pytest.approx((8 + 8) / 40)
    assert report.main_score.value > report.baselines["majority"].score
    assert headline("both", report).startswith("both       2 tasks     accuracy ")
    assert check_gates(report, artifact.recipe.gates, live=report).passed


def test_it_is_not_judged_on_another_set(artifact: Artifact, folder: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)
    with pytest.raises(DataError, match="the sets of its own tasks"):
        evaluate(artifact, settings=settings, data=DataRecipe(dataset=str(folder / "thing.csv")))


def test_a_graph_that_lacks_a_task_is_refused(artifact: Artifact) -> None:
    with pytest.raises(ArtifactError, match="logits for every task"):
        artifact.answering.check(("embedding", "logits.topic"))


def test_adapters_learn_several_tasks_too(source: EncoderSource, folder: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)
    values = recipe_of(source, folder, epochs=1).model_dump()
    recipe = build_recipe({**values, "method": {"kind": "lora", "rank": 2}, "export": {"precision": "fp32"}})
    artifact = train(recipe, out=tmp_path / "both", settings=settings)
    (answer,) = artifact.predict(["card thing1"])
    assert isinstance(answer, MultitaskAnswer)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([{"name": "a", "data": {"dataset": "banking77"}}], "at least 2"),
        ([{"name": "a", "data": {"dataset": "banking77"}}] * 2, "one name"),
    ],
)
def test_one_task_and_two_of_one_name_are_refused(parts: list[Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        build_recipe({"name": "both", "task": {"kind": "multitask", "parts": parts}, "method": {"kind": "full"}})


def test_a_part_without_labels_of_one_a_text_is_refused(source: EncoderSource, folder: Path, tmp_path: Path) -> None:
    values = recipe_of(source, folder).model_dump()
    values["task"]["parts"] = [*values["task"]["parts"], {"name": "films", "data": {"dataset": "sample-recommend"}}]
    settings = Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)
    with pytest.raises(DataError, match="set of interactions"):
        train(build_recipe(values), out=tmp_path / "both", settings=settings)
