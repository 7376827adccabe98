from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trivet.backbone.tiny import write_tiny_encoder
from trivet.encoders.catalogue import EncoderSource
from trivet.recipe import Recipe, build_recipe
from trivet.settings import Settings

FILLERS = [f"filler{at}" for at in range(30)]
THINGS = [f"thing{at}" for at in range(12)]
TRAINING: dict[str, Any] = {
    "epochs": 4,
    "batch_size": 16,
    "learning_rate": 2e-3,
    "head_learning_rate": 1e-2,
    "bf16": "off",
    "label_smoothing": 0.0,
}


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> EncoderSource:
    folder: Path = tmp_path_factory.mktemp("tiny")
    return write_tiny_encoder(folder, ["card", "money", *FILLERS, *THINGS, *(f"{thing}s" for thing in THINGS)])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", cache=tmp_path / "cache", threads=1, offline=True)


def recipe_of(
    source: EncoderSource, *, task: str = "classification", method: dict[str, Any], **training: Any
) -> Recipe:
    return build_recipe(
        {
            "name": "toy",
            "data": {"dataset": "toy"},
            "task": {"kind": task, "max_tokens": 32},
            "encoder": {"name": str(source.path)},
            "method": method,
            "training": {**TRAINING, **training},
        }
    )


@pytest.fixture
def recipe(source: EncoderSource) -> Any:
    """Builds a recipe over the tiny encoder."""
    return lambda **knobs: recipe_of(source, **knobs)


def order_rows(count: int, *, seed: int) -> pd.DataFrame:
    """The label says which of two words comes first, so a bag of words knows nothing and the encoder has to learn."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for at in range(count):
        first, second = (("card", "money"), ("money", "card"))[at % 2]
        filler = random.choice(FILLERS, size=2)
        texts.append(f"{first} {filler[0]} {second}" if at % 3 else f"{first} {second} {filler[1]}")
        labels.append(f"{first} first")
    return pd.DataFrame({"text": texts, "label": labels})


def pair_rows(repeats: int, *, seed: int) -> pd.DataFrame:
    """A thing belongs to its plural, which is another word to the tokenizer."""
    random = np.random.default_rng(seed)
    rows = [(f"{thing} {random.choice(FILLERS)}", f"{random.choice(FILLERS)} {thing}s") for thing in THINGS * repeats]
    return pd.DataFrame(rows, columns=["anchor", "positive"])


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    return order_rows(240, seed=1)


@pytest.fixture(scope="session")
def held_out() -> pd.DataFrame:
    return order_rows(60, seed=2)


@pytest.fixture(scope="session")
def pairs() -> pd.DataFrame:
    return pair_rows(20, seed=3)


@pytest.fixture(scope="session")
def held_out_pairs() -> pd.DataFrame:
    return pair_rows(1, seed=4)
