"""A desk's model whose training rows lie in a file, once as a head and once as a graph that answers logits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trivet.artifact.artifact import Artifact
from trivet.artifact.save import save_artifact
from trivet.data.sources import open_dataset
from trivet.recipe.data import DataRecipe
from trivet.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)


@pytest.fixture(scope="session")
def rows_file(tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The training rows: text and label, under a header, so the first stands in line 2."""
    path = tmp_path_factory.mktemp("rows") / "train.csv"
    labels = [label for label, texts in tiny.topics.items() for _ in texts]
    lines = [f"{text},{label}" for text, label in zip(tiny.texts, labels, strict=True)]
    path.write_text("\n".join(["text,label", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def desk_parts(tiny_parts: Any, rows_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tiny classifier as one that learnt from that file."""
    data = DataRecipe(dataset=str(rows_file), split="given", test=str(rows_file))
    sha256 = open_dataset(data, Settings(cache=tmp_path_factory.mktemp("cache"))).sha256("train")
    card = tiny_parts.card.model_copy(
        update={"data": tiny_parts.card.data.model_copy(update={"sha256": {"train": sha256}})}
    )
    return replace(tiny_parts, recipe=tiny_parts.recipe.model_copy(update={"data": data}), card=card)


@pytest.fixture(scope="session")
def desk_path(desk_parts: Any, tiny: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model with a head: to read, not to change."""
    return save_artifact(desk_parts, tmp_path_factory.mktemp("desk") / "desk", golden_texts=tiny.texts)


@pytest.fixture(scope="session")
def desk(desk_path: Path) -> Artifact:
    """That model, loaded."""
    return Artifact.load(desk_path, threads=1)


@pytest.fixture(scope="session")
def desk_with_logits(
    desk_parts: Any, tiny_logits: Path, tiny: Any, tmp_path_factory: pytest.TempPathFactory
) -> Artifact:
    """The same over a graph that answers logits itself."""
    facts = replace(desk_parts.facts, novelty_threshold=None)
    parts = replace(desk_parts, graph=tiny_logits, head=None, prototypes=None, facts=facts)
    path = save_artifact(parts, tmp_path_factory.mktemp("logits") / "desk", golden_texts=tiny.texts)
    return Artifact.load(path, threads=1)
